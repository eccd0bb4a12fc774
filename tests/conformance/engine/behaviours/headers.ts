import assert from "node:assert/strict";
import { message } from "../codec.ts";
import { overPlainPolling, overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import type { EngineRequest, MiddlewareResponse } from "../engine.ts";
import { tcp } from "../../../support/raw-peer.ts";
import { WebSocketPeer } from "../peers.ts";
import { upgradeRequest, type Query, type Stage } from "../stage.ts";

type Headers = Record<string, string | string[]>;

/** Headers, cookies, CORS and middlewares (protocols.md 1.13; rows E-17, E-28, E-30, E-37, E-38). */
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
      assert.match(await stage.candidate(session.socket.id).opened(), /^X-Each: each\r$/m);
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

  "no CORS headers by default": async (stage) => {
    const lines = await firstAnswer(stage, {}, { Origin: "https://example.com" });
    assert.deepEqual([lines("access-control-allow-origin"), lines("vary")], [[], []]);
  },

  "CORS for any origin": {
    options: { cors: true },
    run: async (stage) =>
      assert.deepEqual((await firstAnswer(stage, {}, { Origin: "https://a.b" }))("access-control-allow-origin"), ["*"]),
  },

  "CORS for one origin, with credentials": {
    options: { cors: { origin: "https://example.com", credentials: true } },
    async run(stage) {
      const lines = await firstAnswer(stage, {}, { Origin: "https://other.example" });
      assert.deepEqual(lines("access-control-allow-origin"), ["https://example.com"]);
      assert.deepEqual(lines("vary"), ["Origin"]);
      assert.deepEqual(lines("access-control-allow-credentials"), ["true"]);
    },
  },

  "CORS for a list of origins serves others without headers": {
    options: { cors: { origin: ["https://a.example", /\.b\.example$/] } },
    async run(stage) {
      const allowed = async (Origin: string): Promise<string[]> =>
        (await firstAnswer(stage, {}, { Origin }))("access-control-allow-origin");
      assert.deepEqual(await allowed("https://a.example"), ["https://a.example"]);
      assert.deepEqual(await allowed("https://x.b.example"), ["https://x.b.example"]);
      assert.deepEqual(await allowed("https://c.example"), []);
    },
  },

  "CORS headers are on refusals": {
    cells: overPolling,
    options: { cors: { origin: "https://example.com" } },
    async run(stage) {
      const { status, headers } = await stage.ask("GET", { transport: "abc" });
      assert.deepEqual([status, headers["access-control-allow-origin"]], [400, "https://example.com"]);
    },
  },

  "a preflight is answered": {
    cells: overPolling,
    options: { cors: { origin: "https://example.com", methods: ["GET", "POST"], maxAge: 60 } },
    async run(stage) {
      const asked = { Origin: "https://example.com", "Access-Control-Request-Headers": "x-mine" };
      const { status, headers, body } = await stage.ask("OPTIONS", { transport: null }, undefined, asked);
      assert.deepEqual([status, body, headers["content-length"]], [204, "", "0"]);
      assert.equal(headers["access-control-allow-origin"], "https://example.com");
      assert.equal(headers["access-control-allow-methods"], "GET,POST");
      assert.equal(headers["access-control-allow-headers"], "x-mine");
      assert.equal(headers["access-control-max-age"], "60");
    },
  },

  "CORS by a function that refuses": {
    options: {
      cors: { origin: (_origin: unknown, done: (error: Error) => void): void => done(new Error("no")) },
    },
    async run(stage) {
      assert.deepEqual(await stage.refused(), stage.refusal(3, "Bad request"));
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context: { name: "MIDDLEWARE_FAILURE" } }]);
    },
  },

  "middlewares run in order, before anything is checked": async (stage) => {
    const seen: string[] = [];
    stage.engine.use((req, _res, next) => {
      seen.push(`one ${req._query["transport"]}`);
      next();
    });
    stage.engine.use((_req, _res, next) => {
      seen.push("two");
      next();
    });
    await stage.refused({ transport: "abc" });
    assert.deepEqual(seen, ["one abc", "two"]);
    seen.length = 0;
    await stage.connect();
    assert.equal(seen.length, 2);
  },

  "middlewares may take their time": async (stage) => {
    stage.engine.use(async (_req, _res, next) => {
      await new Promise((resolve) => setImmediate(resolve));
      next();
    });
    assert.equal(await (await stage.connect()).echo("hello"), "hello");
  },

  "middlewares may write on the request": async (stage) => {
    stage.engine.use((req, _res, next) => {
      (req as { user?: string }).user = "me";
      next();
    });
    assert.equal(((await stage.connect()).socket.request as { user?: string }).user, "me");
  },

  "headers that middlewares set are on the answer": async (stage) => {
    stage.engine.use((_req, res, next) => {
      res.setHeader("X-Middleware", "yes");
      next();
    });
    assert.deepEqual((await firstAnswer(stage))("x-middleware"), ["yes"]);
  },

  "listeners of an upgrade's headers see those that middlewares set": {
    cells: overWebSocket,
    async run(stage) {
      stage.engine.use((_req, res, next) => {
        res.setHeader("x-middleware", "one");
        next();
      });
      stage.engine.on("headers", (sent: Headers) => (sent["x-middleware"] += ", two"));
      assert.deepEqual((await firstAnswer(stage))("x-middleware"), ["one, two"]);
    },
  },

  "middlewares run for each request of a session": {
    cells: overPlainPolling,
    async run(stage) {
      const seen: string[] = [];
      stage.engine.use((req, _res, next) => {
        seen.push(req.method!);
        next();
      });
      const session = await stage.connect();
      await session.echo("hello");
      assert.deepEqual(seen, ["GET", "POST", "GET"]);
    },
  },

  "a middleware may answer by itself": async (stage) => {
    stage.engine.use((_req, res: MiddlewareResponse) => {
      res.writeHead(503);
      res.end();
    });
    if (overWebSocket(stage.cell)) {
      // What stands in for a response there writes no head: the connection just ends.
      assert.equal(await tcp(stage.port, upgradeRequest(stage.target())), "");
    } else {
      assert.equal((await stage.ask("GET")).status, 503);
    }
    assert.deepEqual([stage.engine.clientsCount, stage.reported], [0, []]);
  },

  "what stands in for a response to an upgrade has headers and an end": {
    cells: overWebSocket,
    async run(stage) {
      const seen: unknown[] = [];
      stage.engine.use((_req, res) => {
        res.setHeader("X-Mine", "yes");
        seen.push(res.getHeader("X-Mine"));
        res.removeHeader("X-Mine");
        seen.push(res.getHeader("X-Mine"));
        res.once("finish", () => seen.push("finish"));
        res.writeHead(403);
        res.write("nobody sees it");
        res.end();
      });
      await tcp(stage.port, upgradeRequest(stage.target()));
      assert.deepEqual(seen, ["yes", undefined, "finish"]);
    },
  },

  "of the protocols that are offered the first one is taken": {
    cells: overWebSocket,
    async run(stage) {
      const lines = await firstAnswer(stage, {}, { "Sec-WebSocket-Protocol": "one, two" });
      assert.deepEqual(lines("sec-websocket-protocol"), ["one"]);
    },
  },

  "compression of frames is off by default": {
    cells: overWebSocket,
    async run(stage) {
      const lines = await firstAnswer(stage, {}, { "Sec-WebSocket-Extensions": "permessage-deflate" });
      assert.deepEqual(lines("sec-websocket-extensions"), []);
    },
  },

  "compression of frames is agreed on if both want it": {
    cells: overWebSocket,
    options: { perMessageDeflate: true },
    async run(stage) {
      const asked = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
      assert.deepEqual((await firstAnswer(stage, {}, asked))("sec-websocket-extensions"), ["permessage-deflate"]);
      assert.deepEqual((await firstAnswer(stage))("sec-websocket-extensions"), []);
    },
  },
};

/** Opens a session and gives the values of a header of the first answer, a line each. */
async function firstAnswer(
  stage: Stage,
  query: Query = {},
  sent: Record<string, string> = {},
): Promise<(name: string) => string[]> {
  if (overWebSocket(stage.cell)) {
    const peer = new WebSocketPeer(stage.port, upgradeRequest(stage.target(query), sent), stage.codec);
    const head = await peer.opened();
    return (name) =>
      head
        .split("\r\n")
        .filter((line) => line.toLowerCase().startsWith(`${name}: `))
        .map((line) => line.slice(name.length + 2));
  }
  const { headers } = await stage.ask("GET", query, undefined, sent);
  return (name) => [headers[name] ?? []].flat();
}
