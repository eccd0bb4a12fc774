import assert from "node:assert/strict";
import { upgradeRequest } from "../../../support/upgrade-request.ts";
import { overPlainPolling, overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import type { EngineRequest } from "../engine.ts";
import { BytePeer } from "../../../support/websocket-bindings.ts";
import { readRefusal, refusalOf, type Stage } from "../stage.ts";

/** Requests that do not get what they ask for (protocols.md 1.2). */
export const refusals: Behaviours = {
  "an unknown transport": (stage) => refuses(stage, { transport: "abc" }, 0, "Transport unknown", { transport: "abc" }),
  "no transport at all": (stage) =>
    refuses(stage, { transport: null }, 0, "Transport unknown", { transport: undefined }),
  "WebTransport by HTTP": (stage) =>
    refuses(stage, { transport: "webtransport" }, 0, "Transport unknown", { transport: "webtransport" }),
  "the name of a member of every object as transport": (stage) =>
    refuses(stage, { transport: "constructor" }, 0, "Transport unknown", { transport: "constructor" }),

  "a transport that is not enabled": {
    options: { transports: ["websocket"] },
    cells: overPolling,
    run: (stage) => refuses(stage, {}, 0, "Transport unknown", { transport: "polling" }),
  },

  "a WebSocket where only polling is enabled is a plain request": {
    options: { transports: ["polling"] },
    cells: overWebSocket,
    async run(stage) {
      const answer = readRefusal(await stage.tcp(upgradeRequest(stage.target(), { Connection: "Upgrade, close" })));
      assert.deepEqual([answer.status, answer.contentType], [400, "application/json"]);
      assert.match(answer.body, /\{"code":0,"message":"Transport unknown"\}/);
    },
  },

  "an unknown session": (stage) => refuses(stage, { sid: "nobody" }, 1, "Session ID unknown", { sid: "nobody" }),
  "the name of a member of every object as session": async (stage) => {
    for (const sid of ["constructor", "__proto__", "toString"]) {
      stage.reported.length = 0;
      await refuses(stage, { sid }, 1, "Session ID unknown", { sid });
    }
  },

  "methods other than GET before there is a session": {
    cells: overPolling,
    async run(stage) {
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const answer = refusalOf(await stage.ask(method));
        assert.deepEqual(answer, stage.refusal(2, "Bad handshake method"));
        const context = { method };
        assert.deepEqual(stage.reported.splice(0), [{ code: 2, message: "Bad handshake method", context }]);
      }
    },
  },

  "WebSocket without a request to upgrade": {
    cells: overWebSocket,
    async run(stage) {
      const { status, body } = await stage.ask("GET");
      assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
      const context = { name: "TRANSPORT_HANDSHAKE_ERROR" };
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context }]);
    },
  },

  "plain requests for a session that is not polling": {
    cells: overWebSocket,
    async run(stage) {
      const session = await stage.connect();
      for (const method of ["GET", "POST"]) {
        const answer = await stage.ask(method, { sid: session.socket.id, transport: "polling" });
        assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
        const context = { name: "TRANSPORT_MISMATCH", transport: "polling", previousTransport: "websocket" };
        assert.deepEqual(stage.reported.splice(0), [{ code: 3, message: "Bad request", context }]);
      }
      assert.equal(await session.echo("still here"), "still here");
    },
  },

  "plain requests of another transport for a polling session": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      const answer = refusalOf(await stage.ask("GET", { sid: session.socket.id, transport: "websocket" }));
      assert.deepEqual(answer, stage.refusal(3, "Bad request"));
      const context = { name: "TRANSPORT_MISMATCH", transport: "websocket", previousTransport: "polling" };
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context }]);
      assert.equal(await session.echo("still here"), "still here");
    },
  },

  "requests of another revision than the session's": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      const [previousProtocol, protocol] = stage.cell.revision === 3 ? [3, 4] : [4, 3];
      const answer = refusalOf(await stage.ask("GET", { sid: session.socket.id, EIO: String(protocol) }));
      assert.deepEqual(answer, stage.refusal(3, "Bad request"));
      const context = { name: "PROTOCOL_MISMATCH", protocol, previousProtocol };
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context }]);
      assert.equal(await session.echo("still here"), "still here");
    },
  },

  "revision 3 unless it is allowed": {
    cells: ({ revision }) => revision === 3,
    options: { allowEIO3: false },
    upstreamDiffers: ({ transport }) => (transport === "websocket" ? "9.1, 4; Q-15" : undefined),
    run: (stage) => refuses(stage, {}, 5, "Unsupported protocol version", { protocol: 3 }),
  },

  "revision 4 is served without allowing anything": {
    cells: ({ revision }) => revision === 4,
    options: { allowEIO3: false },
    run: async (stage) => assert.equal(await (await stage.connect()).echo("hello"), "hello"),
  },

  "allowRequest that says no": {
    options: { allowRequest: (_req: unknown, done: (error: null, success: boolean) => void) => done(null, false) },
    run: (stage) => refuses(stage, {}, 4, "Forbidden", { message: null }),
  },

  "allowRequest that says why": {
    options: {
      allowRequest: (_req: unknown, done: (error: string, success: boolean) => void) => done("go away", false),
    },
    async run(stage) {
      assert.deepEqual(await stage.refused(), stage.refusal(4, "go away"));
      assert.deepEqual(stage.reported, [{ code: 4, message: "Forbidden", context: { message: "go away" } }]);
    },
  },

  "a middleware that passes an error": async (stage) => {
    stage.engine.use((_req, _res, next) => next(new Error("no")));
    await refuses(stage, {}, 3, "Bad request", { name: "MIDDLEWARE_FAILURE" });
  },

  "a middleware that throws": async (stage) => {
    stage.engine.use(() => {
      throw new Error("no");
    });
    await refuses(stage, {}, 3, "Bad request", { name: "MIDDLEWARE_FAILURE" });
  },

  "a middleware that rejects": async (stage) => {
    stage.engine.use(() => Promise.reject(new Error("no")));
    await refuses(stage, {}, 3, "Bad request", { name: "MIDDLEWARE_FAILURE" });
  },

  "connection_error is a plain object, with the request": async (stage) => {
    let seen: { req?: EngineRequest } = {};
    stage.engine.on("connection_error", (error: { req: EngineRequest }) => (seen = error));
    await stage.refused({ transport: "abc" }, { "X-Mine": "yes" });
    const { req, ...rest } = seen;
    assert.deepEqual(rest, { code: 0, message: "Transport unknown", context: { transport: "abc" } });
    assert.equal(Object.getPrototypeOf(seen), Object.prototype);
    assert.deepEqual([req?.headers["x-mine"], req?._query["transport"]], ["yes", "abc"]);
  },

  "a refusal opens no session": async (stage) => {
    let connections = 0;
    stage.engine.on("connection", () => connections++);
    await stage.refused({ transport: "abc" });
    await stage.refused({ sid: "nobody" });
    assert.deepEqual([connections, stage.engine.clientsCount, stage.engine.clients], [0, 0, {}]);
  },

  "an Origin outside of latin1 and below the space": {
    cells: overPlainPolling,
    async run(stage) {
      // Node's client would not send it. Node's server may refuse it first, which is an answer as well.
      const target = stage.target();
      const text = await stage.tcp(
        `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: a\u0001b\r\n\r\n`,
      );
      assert.match(text, /^HTTP\/1.1 400 /);
      assert.equal(stage.engine.clientsCount, 0);
    },
  },

  "the bytes of a refused upgrade": {
    cells: overWebSocket,
    async run(stage) {
      assert.equal(
        await stage.tcp(upgradeRequest(stage.target({ transport: "abc" }))),
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: 17\r\n\r\n" +
          "Transport unknown",
      );
    },
  },

  "an upgrade to polling is accepted and closed, and not reported": {
    cells: overWebSocket,
    async run(stage) {
      const peer = new BytePeer(stage.port, undefined, upgradeRequest(stage.target({ transport: "polling" })));
      assert.match((await peer.opened()).head, /^HTTP\/1.1 101 /);
      assert.deepEqual(await peer.received(1), ["close"]);
      peer.socket.destroy();
      assert.deepEqual([stage.reported, stage.engine.clientsCount], [[], 0]);
    },
  },

  "an upgrade without a key": {
    cells: overWebSocket,
    async run(stage) {
      const request = upgradeRequest(stage.target()).replace(/Sec-WebSocket-Key: .*\r\n/, "");
      const answer = readRefusal(await stage.tcp(request));
      assert.deepEqual([answer.status, answer.body], [400, "Missing or invalid Sec-WebSocket-Key header"]);
    },
  },
};

async function refuses(
  stage: Stage,
  query: Record<string, string | null>,
  code: number,
  message: string,
  context: object,
): Promise<void> {
  assert.deepEqual(await stage.refused(query), stage.refusal(code, message));
  assert.deepEqual(stage.reported, [{ code, message, context }]);
}
