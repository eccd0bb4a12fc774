import assert from "node:assert/strict";
import crypto from "node:crypto";
import { createServer } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { Server as Engine, type ServerOptions } from "engine.io";
import { http as ask } from "../support/raw-peer.ts";
import { upgradeRequest } from "../support/upgrade-request.ts";
import { ENGINE, Peer, webSocketPeer } from "./peer.ts";
import { listening } from "../support/listening.ts";

const POLLING = `${ENGINE}&transport=polling`;
const UNKNOWN = '{"code":1,"message":"Session ID unknown"}';

type Headers = Record<string, string>;

async function serve(t: TestContext, options: ServerOptions) {
  const http = createServer();
  const engine = new Engine(options);
  engine.attach(http);
  const port = await listening(t, http, engine);
  const heard: unknown[] = [];
  engine.on("connection", (socket) => socket.on("message", (data: unknown) => heard.push(data)));
  const handshake = async (headers: Headers): Promise<string> => {
    const { body } = await ask(port, "GET", POLLING, undefined, headers);
    return (JSON.parse(body.slice(1)) as { sid: string }).sid;
  };
  /** Status line of the answer to an upgrade request. */
  const upgrade = async (sid: string, headers: Headers): Promise<string> => {
    const peer = new Peer(t, port, upgradeRequest(`${ENGINE}&transport=websocket&sid=${sid}`, headers));
    await peer.sees("\r\n\r\n");
    return `${peer.text.slice(0, 12)} ${peer.text.split("\r\n\r\n")[1]}`.trim();
  };
  return { engine, port, heard, handshake, upgrade };
}

/** To what a session is bound, the headers of its owner, and those of others. */
const BINDINGS: Record<string, { options: ServerOptions; owner: Headers; others: readonly Headers[] }> = {
  "an address": {
    options: { bindSession: "address", addressOf: (req) => String(req.headers["x-for"]) },
    owner: { "x-for": "10.0.0.1" },
    others: [{ "x-for": "10.0.0.2" }, {}],
  },
  "a cookie": {
    options: { bindSession: { cookie: "login" } },
    owner: { cookie: "a=1; login=secret" },
    others: [{ cookie: "login=guess" }, { cookie: "a=secret" }, { cookie: "login=" }, {}],
  },
  "what a function says": {
    options: { bindSession: (req) => req.headers.authorization },
    owner: { authorization: "Bearer 1" },
    others: [{ authorization: "Bearer 2" }, {}],
  },
};

describe("bindSession", () => {
  for (const [what, { options, owner, others }] of Object.entries(BINDINGS)) {
    test(`a session bound to ${what} is unknown to others, who do it no harm`, async (t) => {
      const { engine, port, heard, handshake, upgrade } = await serve(t, options);
      const sid = await handshake(owner);
      const url = `${POLLING}&sid=${sid}`;
      const held = ask(port, "GET", url, undefined, owner);
      for (const headers of others) {
        for (const method of ["GET", "POST"]) {
          const { status, body } = await ask(port, method, url, method === "POST" ? "1" : undefined, headers);
          assert.deepEqual([status, body], [400, UNKNOWN], JSON.stringify(headers));
        }
        assert.equal(await upgrade(sid, headers), "HTTP/1.1 400 Session ID unknown");
      }
      assert.equal(engine.limitsReached.get("bindSession"), 3 * others.length);
      assert.equal((await ask(port, "POST", url, "4hello", owner)).body, "ok");
      assert.deepEqual(heard, ["hello"]);
      engine.clients[sid]!.send("back");
      assert.equal((await held).body, "4back");
      assert.match(await upgrade(sid, owner), /^HTTP\/1.1 101/);
    });
  }

  test("with the engine's own cookie an id alone is not enough: the cookie has to come back", async (t) => {
    const { port, handshake } = await serve(t, { cookie: { name: "sid" }, bindSession: { cookie: "sid" } });
    const [sid, other] = [await handshake({}), await handshake({})];
    const url = `${POLLING}&sid=${sid}`;
    for (const cookie of ["", `sid=${other}`]) {
      assert.equal((await ask(port, "POST", url, "4x", { cookie })).body, UNKNOWN);
    }
    assert.equal((await ask(port, "POST", url, "4x", { cookie: `sid=${sid}` })).body, "ok");
  });

  test("what cannot be bound does not begin by polling, and by WebSocket it has one connection for good", async (t) => {
    t.mock.method(process, "emitWarning", () => {});
    const fails = (): never => {
      throw new Error("no idea");
    };
    for (const bindSession of [{ cookie: "login" }, () => undefined, fails] as const) {
      const { engine, port } = await serve(t, { bindSession });
      const refusals: unknown[] = [];
      engine.on("connection_error", ({ context }) => refusals.push(context.name));
      const { status, body } = await ask(port, "GET", POLLING);
      assert.deepEqual([status, body, refusals], [400, '{"code":3,"message":"Bad request"}', ["SESSION_NOT_BOUND"]]);
      await webSocketPeer(t, port);
      const [sid] = Object.keys(engine.clients);
      assert.equal((await ask(port, "GET", `${POLLING}&sid=${sid}`)).body, UNKNOWN);
      assert.equal(engine.clientsCount, 1);
    }
  });
});

describe("ids of sessions", () => {
  test("are bytes of the operating system's random source, and no two are alike", async (t) => {
    const filled: string[] = [];
    const { randomFillSync } = crypto;
    t.mock.method(crypto, "randomFillSync", (bytes: Buffer) => {
      randomFillSync(bytes);
      filled.push(bytes.toString("base64url"));
      return bytes;
    });
    const engine = new Engine();
    // What was fetched before is used up first.
    for (let at = 0; at < 128; at++) void engine.generateId({} as never);
    const ids = Array.from({ length: 1000 }, () => engine.generateId({} as never) as string);
    assert.equal(new Set(ids).size, 1000);
    const fetched = filled.join("");
    for (const id of ids) assert.ok(fetched.includes(id) && id.length === 20, id);
  });

  test("an id in use is not given twice, and those of the past are unknown", async (t) => {
    const { engine, port, handshake } = await serve(t, {});
    const sid = await handshake({});
    engine.generateId = () => sid;
    const refusals: string[] = [];
    engine.on("connection_error", ({ context }) => refusals.push(context.name));
    assert.equal((await ask(port, "GET", POLLING)).status, 400);
    assert.deepEqual(refusals, ["ID_GENERATION_ERROR"]);
    engine.clients[sid]!.close(true);
    assert.equal((await ask(port, "GET", `${POLLING}&sid=${sid}`)).body, UNKNOWN);
  });

  test("are looked up among the sessions alone, whatever an application does to the prototype of objects", async (t) => {
    const { engine, port, handshake } = await serve(t, {});
    const sid = await handshake({});
    Object.defineProperty(Object.prototype, "polluted", { value: engine.clients[sid], configurable: true }); // oxlint-disable-line no-extend-native -- that is the attack
    t.after(() => Reflect.deleteProperty(Object.prototype, "polluted"));
    for (const name of ["polluted", "__proto__", "constructor"]) {
      assert.equal((await ask(port, "GET", `${POLLING}&sid=${name}`)).body, UNKNOWN);
    }
  });
});
