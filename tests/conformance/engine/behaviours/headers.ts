import assert from "node:assert/strict";
import { overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import { message } from "../codec.ts";
import type { EngineRequest } from "../engine.ts";
import { firstAnswer } from "../first-answer.ts";

type Headers = Record<string, string | string[]>;

/** What applications add to answers, cookies, sub-protocols (protocols.md 1.13; rows E-30, E-37, E-38). */
export const headers: Behaviours = {
  "headers of listeners are on the first answer": async (stage) => {
    stage.engine.on("initial_headers", (sent: Headers, req: EngineRequest) => {
      sent["X-Initial"] = String(req.headers["x-mine"]);
    });
    stage.engine.on("headers", (sent: Headers) => (sent["X-Each"] = "each"));
    const lines = await firstAnswer(stage, {}, { "X-Mine": "mine" });
    assert.deepEqual([lines("x-initial"), lines("x-each")], [["mine"], ["each"]]);
  },

  "initial_headers comes before headers, with the same object": async (stage) => {
    const seen: unknown[] = [];
    stage.engine.on("initial_headers", (sent: Headers) => seen.push("initial", sent));
    stage.engine.on("headers", (sent: Headers) => seen.push("each", sent));
    await firstAnswer(stage);
    assert.deepEqual([seen[0], seen[2]], ["initial", "each"]);
    assert.equal(seen[1], seen[3]);
  },

  "over polling headers are asked for at each answer, initial ones once": {
    cells: overPolling,
    async run(stage) {
      const seen: string[] = [];
      stage.engine.on("initial_headers", () => seen.push("initial"));
      stage.engine.on("headers", (_sent: Headers, { method }: EngineRequest) => seen.push(method!));
      const session = await stage.connect();
      session.socket.send("a");
      await session.peer.receive(1);
      await session.peer.send(message("b"));
      assert.deepEqual(seen, ["initial", "GET", "GET", "POST"]);
    },
  },

  "an upgrade has headers, but no initial ones": {
    cells: overWebSocket,
    async run(stage) {
      const session = await stage.connectBy("polling");
      const seen: string[] = [];
      stage.engine.on("initial_headers", () => seen.push("initial"));
      stage.engine.on("headers", (sent: Headers) => {
        seen.push("each");
        sent["X-Each"] = "each";
      });
      assert.match(await stage.websocket(session.socket.id).opened(), /^X-Each: each\r$/m);
      assert.deepEqual(seen, ["each"]);
    },
  },

  "several values of a header are several lines": {
    upstreamDiffers: ({ transport }) => (transport === "websocket" ? "Q-19" : undefined),
    async run(stage) {
      stage.engine.on("headers", (sent: Headers) => (sent["Set-Cookie"] = ["a=1", "b=2"]));
      assert.deepEqual((await firstAnswer(stage))("set-cookie"), ["a=1", "b=2"]);
    },
  },

  "the cookie": {
    options: { cookie: true },
    upstreamDiffers: ({ transport }) => (transport === "websocket" ? "9.2, 14; Q-20" : undefined),
    async run(stage) {
      const lines = await firstAnswer(stage);
      const [sid] = Object.keys(stage.engine.clients);
      assert.deepEqual(lines("set-cookie"), [`io=${sid}; Path=/; HttpOnly; SameSite=Lax`]);
    },
  },

  "the cookie with attributes of one's own": {
    options: {
      cookie: {
        name: "mine",
        path: "/there",
        maxAge: 10,
        expires: new Date(0),
        domain: "example.com",
        httpOnly: false,
        secure: true,
        partitioned: true,
        priority: "high",
        sameSite: "strict",
        encode: (sid: string) => `<${sid.length}>`,
      },
    },
    upstreamDiffers: ({ transport }) => (transport === "websocket" ? "9.2, 14; Q-20" : undefined),
    run: async (stage) =>
      assert.deepEqual((await firstAnswer(stage))("set-cookie"), [
        "mine=<20>; Max-Age=10; Domain=example.com; Path=/there; Expires=Thu, 01 Jan 1970 00:00:00 GMT; " +
          "Secure; Partitioned; Priority=High; SameSite=Strict",
      ]),
  },

  "no cookie by default": async (stage) => assert.deepEqual((await firstAnswer(stage))("set-cookie"), []),

  "the cookie is on the first answer alone": {
    cells: overPolling,
    options: { cookie: true },
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a");
      assert.equal((await session.polling.poll().answer).headers["set-cookie"], undefined);
    },
  },

  "of the protocols that are offered the first one is taken": {
    cells: overWebSocket,
    async run(stage) {
      const lines = await firstAnswer(stage, {}, { "Sec-WebSocket-Protocol": "one, two" });
      assert.deepEqual(lines("sec-websocket-protocol"), ["one"]);
    },
  },
};
