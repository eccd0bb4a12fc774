import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { http, tcp } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { POLLING, RawConnection, WEBSOCKET, headerLines, pollingSession, serve, websocketSession } from "./support.ts";

type Next = (error?: unknown) => void;

const REFUSED_UPGRADE =
  "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-type: text/html\r\nContent-Length: 11\r\n\r\nBad request";

/** Ways in which a middleware says no. */
const FAILURES: readonly [string, (req: IncomingMessage, res: ServerResponse, next: Next) => unknown][] = [
  ["calls next with an error", (_req, _res, next) => next(new Error("no"))],
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no"))],
  ["rejects with nothing", () => Promise.reject()],
];

describe("engine middlewares", () => {
  test("run in order, for every request, before the checks", async (t) => {
    const served = await serve(t);
    const log: string[] = [];
    served.engine.use((req: IncomingMessage, _res: unknown, next: Next) => {
      log.push(`first ${req.method}`);
      next();
    });
    served.engine.use(async (_req: IncomingMessage, res: ServerResponse, next: Next) => {
      await Promise.resolve();
      log.push("second");
      res.setHeader("x-second", "1");
      next();
    });
    const peer = served.polling();
    await peer.handshake();
    await peer.post("4x");
    const refused = await http(served.port, "GET", `${POLLING}&sid=nope`);
    assert.equal(refused.headers["x-second"], "1");
    assert.deepEqual(log, ["first GET", "second", "first POST", "second", "first GET", "second"]);
  });

  for (const [how, middleware] of FAILURES) {
    test(`one that ${how} refuses requests and upgrades with code 3`, async (t) => {
      const served = await serve(t);
      served.engine.use(middleware);
      const answer = await http(served.port, "GET", POLLING);
      assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
      assert.equal(await tcp(served.port, upgradeRequest(WEBSOCKET)), REFUSED_UPGRADE);
      const refusal = { code: 3, message: "Bad request", context: { name: "MIDDLEWARE_FAILURE" } };
      assert.deepEqual(served.refusals, [refusal, refusal]);
    });
  }

  test("one that answers keeps the request to itself", async (t) => {
    const served = await serve(t);
    served.engine.use((_req: IncomingMessage, res: ServerResponse) => {
      res.writeHead(503);
      res.end();
    });
    assert.equal((await http(served.port, "GET", POLLING)).status, 503);
    assert.equal(await tcp(served.port, upgradeRequest(WEBSOCKET)), "");
    assert.deepEqual([served.refusals, served.engine.clientsCount], [[], 0]);
  });

  test("one that answers and calls next all the same: the first answer stands", async (t) => {
    const served = await serve(t);
    served.engine.use((_req: IncomingMessage, res: ServerResponse, next: Next) => {
      res.writeHead(503);
      res.end();
      next();
    });
    assert.equal((await http(served.port, "GET", POLLING)).status, 503);
    assert.equal(await tcp(served.port, upgradeRequest(WEBSOCKET)), "");
    assert.equal(served.engine.clientsCount, 0);
  });

  test("calling next twice, or failing after it, counts once", async (t) => {
    const served = await serve(t);
    served.engine.use((_req: IncomingMessage, _res: unknown, next: Next) => {
      next();
      next(new Error("too late"));
      throw new Error("too late");
    });
    served.engine.use(async (_req: IncomingMessage, _res: unknown, next: Next) => {
      next();
      throw new Error("too late");
    });
    let behind = 0;
    served.engine.use((_req: IncomingMessage, _res: unknown, next: Next) => {
      behind++;
      next();
      next();
    });
    const answer = await http(served.port, "GET", POLLING);
    assert.equal(answer.status, 200);
    const [peer] = await websocketSession(served);
    assert.deepEqual([behind, served.engine.clientsCount, served.refusals.length], [2, 2, 0]);
    peer.close();
  });

  test("headers set on the stand-in response of an upgrade join the 101, a line for each value", async (t) => {
    const served = await serve(t);
    served.engine.use((_req: IncomingMessage, res: ServerResponse, next: Next) => {
      res.setHeader("X-One", "1");
      res.setHeader("set-cookie", ["a=1; Path=/", "b=2"]);
      res.setHeader("X-Gone", "1");
      res.removeHeader("x-gone");
      assert.equal(res.getHeader("x-one"), "1");
      next();
    });
    const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    assert.deepEqual(headerLines(await peer.received("\r\n\r\n")).slice(4), [
      "X-One: 1",
      "set-cookie: a=1; Path=/",
      "set-cookie: b=2",
    ]);
    peer.socket.destroy();
  });

  test("whoever waits for the end of an upgrade's response hears of the end of the connection", async (t) => {
    const served = await serve(t);
    const log: string[] = [];
    const ended = new Promise<void>((resolve) => {
      served.engine.use((_req: IncomingMessage, res: ServerResponse, next: Next) => {
        res.on("finish", () => log.push("finish"));
        res.on("close", () => resolve());
        next();
      });
    });
    const [peer] = await websocketSession(served);
    assert.deepEqual(log, []);
    peer.close();
    await ended;
    assert.deepEqual(log, ["finish"]);
  });

  test("a context that is entered around next holds for connection listeners", async (t) => {
    const served = await serve(t);
    const storage = new AsyncLocalStorage<string>();
    served.engine.use((_req: IncomingMessage, _res: unknown, next: Next) => storage.run("inside", next));
    const seen: unknown[] = [];
    served.engine.on("connection", () => seen.push(storage.getStore()));
    const [peer] = await websocketSession(served);
    await pollingSession(served);
    assert.deepEqual(seen, ["inside", "inside"]);
    peer.close();
  });

  test("an error of a connection listener behind an asynchronous middleware is not swallowed", async (t) => {
    const served = await serve(t);
    served.engine.use(async (_req: IncomingMessage, _res: unknown, next: Next) => {
      await Promise.resolve();
      next();
    });
    served.engine.on("connection", () => {
      throw new Error("the application's own");
    });
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const thrown = new Promise<Error>((resolve) => process.once("uncaughtException", resolve));
    const answer = await http(served.port, "GET", POLLING);
    assert.equal((await thrown).message, "the application's own");
    for (const listener of listeners) process.on("uncaughtException", listener);
    assert.equal(answer.status, 200);
  });
});
