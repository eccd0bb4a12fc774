import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { clientOf, MAKERS } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { SERVER, startProgram, suiteScope, type Program, type Scope } from "./support/program.ts";

interface Facts {
  port: number;
}

for (const maker of MAKERS) {
  describe(`NestJS over our server, ${maker === "ours" ? "our" : "upstream's"} client`, () => {
    const client = clientOf(maker);
    const scope = suiteScope();
    let program: Program<Facts>;
    let url: string;
    let ownUrl: string;
    before(async () => {
      ({ program, url, ownUrl } = await nest(scope));
    });

    test("gateways answer by acknowledgements, events and streams, with binary and rooms", async (t) => {
      const socket = client.connect(t, url);
      const [welcome] = await next<[{ id: string; initialised: boolean }]>(socket, "welcome");
      assert.deepEqual(welcome, { id: socket.id, initialised: true });

      assert.equal(await socket.emitWithAck("sum", [1, 2, 3]), 6);
      socket.emit("later", "text");
      assert.deepEqual(await next(socket, "answer"), ["TEXT"]);
      const byHand = new Promise((resolve) => socket.emit("byHand", 0, (...args: unknown[]) => resolve(args)));
      assert.deepEqual(await byHand, ["first", Buffer.from([1, 2, 3])]);
      assert.deepEqual(await socket.emitWithAck("size", Buffer.alloc(70_000)), { isBuffer: true, length: 70_000 });

      const parts: unknown[] = [];
      const streamed = new Promise<void>((resolve) =>
        socket.on("part", (part) => void (parts.push(part) === 3 && resolve())),
      );
      socket.emit("stream", 3);
      await streamed;
      assert.deepEqual(parts, [0, 1, 2]);

      socket.emit("tell", "room 5");
      assert.deepEqual(await next(socket, "told"), ["room 5"]);
    });

    test("exceptions and refusals of guards reach the client as `exception`", async (t) => {
      const socket = client.connect(t, url);
      socket.emit("refuse");
      const [refused] = await next<[{ status: string; message: string }]>(socket, "exception");
      assert.equal(`${refused.status}: ${refused.message}`, "error: not like this");
      socket.emit("guarded");
      const [guarded] = await next<[{ message: string }]>(socket, "exception");
      assert.equal(guarded.message, "Forbidden resource");
      // The stream of an event survives what one message did to it.
      const inside = client.connect(t, url, { auth: { key: "let me in" } });
      assert.equal(await inside.emitWithAck("guarded"), "inside");
    });

    test("gateways of namespaces named by a string and by a RegExp", async (t) => {
      const news = client.connect(t, `${url}/news`);
      assert.deepEqual(await next(news, "where"), ["/news"]);
      const said = next(news, "said");
      assert.equal(await news.emitWithAck("say", "hello"), "/news");
      assert.deepEqual(await said, ["hello"]);
      const tenant = client.connect(t, `${url}/tenant-12`);
      assert.deepEqual(await next(tenant, "where"), ["/tenant-12"]);
      assert.equal(await tenant.emitWithAck("say", "hello"), "/tenant-12: hello");
      const stranger = client.connect(t, `${url}/tenant-x`);
      const [error] = await next<[Error]>(stranger, "connect_error");
      assert.equal(error.message, "Invalid namespace");
    });

    test("a gateway on a port of its own", async (t) => {
      const socket = client.connect(t, ownUrl, { path: "/own", transports: ["websocket"] });
      assert.equal(await socket.emitWithAck("say", "four"), 4);
    });

    test("the disconnect hook learns the reason", async (t) => {
      const [one, other] = [client.connect(t, url), client.connect(t, url)];
      await Promise.all([next(one, "welcome"), next(other, "welcome")]);
      const ids = [one.id, other.id];
      one.disconnect();
      other.io.engine.close();
      assert.equal(await program.ask("reason", ids[0]), "client namespace disconnect");
      assert.equal(await program.ask("reason", ids[1]), "transport close");
    });

    test("`cors` of an adapter reaches the server", async () => {
      const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, {
        headers: { Origin: "http://app.example" },
      });
      assert.equal(answer.headers.get("access-control-allow-origin"), "http://app.example");
      assert.equal(answer.headers.get("access-control-allow-credentials"), "true");
      await answer.text();
    });

    // The last one: the application is gone then.
    test("app.close() ends with sockets still connected, and tells them", async (t) => {
      const socket = client.connect(t, url, { reconnection: false });
      const news = client.connect(t, `${url}/news`, { reconnection: false });
      await Promise.all([next(socket, "welcome"), next(news, "where")]);
      const ends = Promise.all([next(socket, "disconnect"), next(news, "disconnect")]);
      assert.deepEqual(await program.ask("close"), { listening: false, namespaceClose: "undefined" });
      await ends;
      assert.equal(socket.connected || news.connected, false);
    });
  });
}

async function nest(scope: Scope) {
  const ownPort = await freePort();
  const program = await startProgram<Facts>(scope, "nest.mjs", SERVER, { OWN_PORT: String(ownPort) });
  return { program, url: `http://127.0.0.1:${program.facts.port}`, ownUrl: `http://127.0.0.1:${ownPort}` };
}
