import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { Socket } from "socket.io-client";
import { clientOf, MAKERS } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { installation } from "./support/installation.ts";
import { SERVER, startProgram } from "./support/program.ts";

/** As much of a Feathers client as is used here. */
interface FeathersClient {
  configure(plugin: unknown): FeathersClient;
  service(name: string): Service;
}

interface Service {
  find(params?: object): Promise<unknown>;
  get(id: unknown, params?: object): Promise<unknown>;
  create(data: object): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): Service;
  once(event: string, listener: (...args: unknown[]) => void): Service;
  off(event: string, listener: (...args: unknown[]) => void): Service;
  removeListener(event: string, listener: (...args: unknown[]) => void): Service;
  removeAllListeners(event: string): Service;
  listeners(event: string): unknown[];
}

const require = createRequire(join(installation(), "package.json"));
const { feathers } = require("@feathersjs/feathers") as { feathers(): FeathersClient };
const socketioClient = require("@feathersjs/socketio-client") as (socket: Socket, options?: object) => unknown;

for (const maker of MAKERS) {
  describe(`Feathers over our server, its client over ${maker === "ours" ? "ours" : "upstream's"}`, () => {
    const client = clientOf(maker);

    test("methods of a service answer, with what middlewares know of the caller", async (t) => {
      const { program } = await application(t);
      const { messages, socket } = visit(t, "Ada", program.facts.port);
      assert.deepEqual(await messages.create({ text: "one" }), { id: 0, text: "one", by: "Ada" });
      assert.deepEqual(await messages.create({ text: "two" }), { id: 1, text: "two", by: "Ada" });
      assert.deepEqual(await messages.find({ query: { text: "two" } }), [{ id: 1, text: "two", by: "Ada" }]);
      assert.deepEqual(await messages.get(0), { id: 0, text: "one", by: "Ada" });
      assert.deepEqual(await messages.get("me"), { id: "me", provider: "socketio", visitor: "Ada", agent: "Ada!" });
      await assert.rejects(messages.get(7), { name: "NotFound", code: 404, message: "no message 7" });
      // By hand, as clients in other languages do it.
      const byHand = new Promise((resolve) =>
        socket.emit("get", "messages", 1, {}, (...args: unknown[]) => resolve(args)),
      );
      assert.deepEqual(await byHand, [null, { id: 1, text: "two", by: "Ada" }]);
    });

    test("events of a service reach everybody in the channel, until they leave it", async (t) => {
      const { program } = await application(t);
      const ada = visit(t, "Ada", program.facts.port);
      const bea = visit(t, "Bea", program.facts.port);
      await Promise.all([ada.messages.find(), bea.messages.find()]);
      const seen = next(bea.messages, "created");
      await ada.messages.create({ text: "to all" });
      assert.deepEqual(await seen, [{ id: 0, text: "to all", by: "Ada" }]);
      const shouted = next(ada.messages, "shouted");
      await program.ask("shout", "loud");
      assert.deepEqual(await shouted, [{ text: "loud" }]);
      bea.socket.disconnect();
      assert.equal(await program.ask("left", "Bea"), 1);
      ada.socket.io.engine.close();
      assert.equal(await program.ask("left", "Ada"), 0);
    });

    test("listeners come and go by every name that its client forwards", async (t) => {
      const { program } = await application(t);
      const { messages } = visit(t, "Ada", program.facts.port);
      const heard: string[] = [];
      const [on, off, removed, all] = ["on", "off", "removed", "all"].map((name) => () => void heard.push(name));
      messages.on("created", on!).on("created", off!).on("created", removed!);
      messages.off("created", off!).removeListener("created", removed!);
      assert.equal(messages.listeners("created").length, 1);
      const seen = next(messages, "created");
      await messages.create({ text: "one" });
      await seen;
      assert.deepEqual(heard, ["on"]);
      messages.on("created", all!).removeAllListeners("created");
      const again = next(messages, "created");
      await messages.create({ text: "two" });
      await again;
      assert.deepEqual(heard, ["on"]);
    });

    test("a call that nobody answers ends by the timeout of the socket or of the client's options", async (t) => {
      const { program } = await application(t);
      const late = { message: "operation has timed out" };
      const { messages, socket } = visit(t, "Ada", program.facts.port);
      await messages.find();
      socket.timeout(50);
      await assert.rejects(messages.get("never"), late);
      // It holds for the call that is answered as well.
      const patient = visit(t, "Bea", program.facts.port, { ackTimeout: 1000 });
      await next(patient.socket, "connect");
      await assert.rejects(patient.messages.get("never"), late);
      assert.deepEqual(await patient.messages.find(), []);
    });

    test("the server closes with clients connected", async (t) => {
      const { program } = await application(t);
      const { messages, socket } = visit(t, "Ada", program.facts.port);
      await messages.find();
      assert.equal(await program.ask("limits"), 64);
      const end = next(socket, "disconnect");
      assert.equal(await program.ask("close"), false);
      await end;
    });

    function visit(t: TestContext, name: string, port: number, options = {}): { messages: Service; socket: Socket } {
      const socket = client.connect(t, `http://127.0.0.1:${port}`, {
        auth: { name },
        extraHeaders: { "x-visitor": `${name}!` },
        reconnection: false,
        ...options,
      });
      return { socket, messages: feathers().configure(socketioClient(socket)).service("messages") };
    }
  });
}

async function application(t: TestContext) {
  return { program: await startProgram<{ port: number }>(t, "feathers.mjs", SERVER) };
}
