import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deferred } from "../../../tests/support/deferred.ts";
import { http } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { POLLING, RawConnection, WEBSOCKET, headerLines, pollingSession } from "./support.ts";
import { skip } from "../../../tests/support/uws.ts";
import { serveApp } from "./uws-support.ts";

describe("uWebSockets.js: headers of answers", { skip }, () => {
  test("cors: on answers, refusals and the 101; preflight requests are answered", async (t) => {
    const served = await serveApp(t, { cors: { origin: "http://a", credentials: true } });
    for (const target of [POLLING, `${POLLING}&sid=nope`]) {
      const { headers } = await http(served.port, "GET", target, undefined, { origin: "http://a" });
      assert.equal(headers["access-control-allow-origin"], "http://a");
      assert.equal(headers["access-control-allow-credentials"], "true");
      assert.equal(headers["vary"], "Origin");
    }
    const preflight = await http(served.port, "OPTIONS", POLLING, undefined, { origin: "http://a" });
    assert.deepEqual([preflight.status, preflight.body], [204, ""]);
    assert.equal(preflight.headers["access-control-allow-methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
    const upgrade = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    assert.match(
      await upgrade.received("\r\n\r\n"),
      /^HTTP\/1\.1 101 .*\r\nAccess-Control-Allow-Origin: http:\/\/a\r\n/s,
    );
    upgrade.socket.destroy();
    assert.deepEqual(served.refusals.length, 1);
  });

  test("cookie, initial_headers and headers: on the first answer, on all, on the 101; a line for each value", async (t) => {
    const served = await serveApp(t, { cookie: true });
    served.engine.on("initial_headers", (headers: Record<string, unknown>) => (headers["x-first"] = "1"));
    served.engine.on("headers", (headers: Record<string, unknown>) => (headers["x-all"] = ["a", "b"]));
    const first = new RawConnection(served.port, `GET ${POLLING} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const answer = headerLines(await first.received("}"));
    const [sid] = Object.keys(served.engine.clients);
    for (const line of [
      `Set-Cookie: io=${sid}; Path=/; HttpOnly; SameSite=Lax`,
      "x-first: 1",
      "x-all: a",
      "x-all: b",
    ]) {
      assert.ok(answer.includes(line), line);
    }
    first.text = "";
    first.socket.write(`POST ${POLLING}&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n6`);
    const second = headerLines(await first.received("ok"));
    assert.deepEqual(
      second.filter((line) => /^(x-|Set-Cookie)/.test(line)),
      ["x-all: a", "x-all: b"],
    );
    first.socket.destroy();
    const upgrade = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    const switched = headerLines(await upgrade.received("\r\n\r\n"));
    assert.equal(switched[0], "HTTP/1.1 101 Switching Protocols");
    assert.equal(switched.filter((line) => /^(Set-Cookie: io=|x-first: 1|x-all: [ab])/.test(line)).length, 4);
    upgrade.socket.destroy();
  });
});

describe("uWebSockets.js: middlewares", { skip }, () => {
  test("headers that they set join whatever answer follows; what the answer says itself counts", async (t) => {
    const served = await serveApp(t);
    served.engine.use((_req, res, next) => {
      res.setHeader("X-A", "b");
      res.setHeader("cache-control", "private");
      assert.deepEqual([res.getHeader("x-a"), res.hasHeader("X-a"), res.headersSent], ["b", true, false]);
      next();
    });
    const { headers } = await http(served.port, "GET", POLLING);
    assert.deepEqual([headers["x-a"], headers["cache-control"]], ["b", "no-store"]);
    assert.equal((await http(served.port, "GET", `${POLLING}&sid=nope`)).headers["x-a"], "b");
    const upgrade = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    assert.match(await upgrade.received("\r\n\r\n"), /\r\nX-A: b\r\n/);
    upgrade.socket.destroy();
  });

  test("listeners of an upgrade's headers see those that they set, and may leave them out", async (t) => {
    const served = await serveApp(t);
    served.engine.use((_req, res, next) => {
      res.setHeader("X-A", "b");
      res.setHeader("X-C", "d");
      next();
    });
    served.engine.on("headers", (headers: Record<string, unknown>) => {
      headers["X-Seen"] = headers["X-A"];
      delete headers["X-C"];
    });
    const upgrade = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    const lines = headerLines(await upgrade.received("\r\n\r\n"));
    assert.deepEqual(
      lines.filter((line) => line.startsWith("X-")),
      ["X-A: b", "X-Seen: b"],
    );
    upgrade.socket.destroy();
  });

  test("may answer themselves, upgrade requests too; finish and close follow", async (t) => {
    const served = await serveApp(t);
    const events: string[] = [];
    served.engine.use((_req, res) => {
      for (const event of ["finish", "close"]) res.on(event, () => events.push(event));
      res.writeHead(418, { "X-A": "b" });
      res.write("te");
      res.end("a");
      res.end("again");
    });
    const { status, headers, body } = await http(served.port, "GET", POLLING);
    assert.deepEqual([status, headers["x-a"], body], [418, "b", "tea"]);
    const upgrade = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    assert.match(await upgrade.received("tea"), /^HTTP\/1\.1 418 I'm a Teapot\r\nX-A: b\r\n/);
    upgrade.socket.destroy();
    assert.deepEqual(events, ["finish", "close", "finish", "close"]);
    assert.equal(served.engine.clientsCount, 0);
  });

  test("an error, a throw and a rejection: code 3", async (t) => {
    for (const middleware of [
      (_req: unknown, _res: unknown, next: (error: unknown) => void) => next(new Error("no")),
      () => {
        throw new Error("no");
      },
      () => Promise.reject(new Error("no")),
    ]) {
      const served = await serveApp(t);
      served.engine.use(middleware);
      const { status, body } = await http(served.port, "GET", POLLING);
      assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
      assert.deepEqual(served.refusals.at(-1)?.context, { name: "MIDDLEWARE_FAILURE" });
    }
  });

  test("may take their time: the body of a POST that arrives meanwhile is not lost", async (t) => {
    const served = await serveApp(t);
    const [peer, socket] = await pollingSession(served);
    const asked = deferred();
    const goOn = deferred();
    served.engine.use(async (_req, _res, next) => {
      asked.resolve();
      await goOn.promise;
      next();
    });
    const messages: unknown[] = [];
    socket.on("message", (data) => messages.push(data));
    const post = peer.post("4late");
    await asked.promise;
    goOn.resolve();
    assert.equal((await post).body, "ok");
    assert.deepEqual(messages, ["late"]);
  });

  for (const [name, bytes] of [
    ["a request", `GET ${POLLING} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["an upgrade", upgradeRequest(WEBSOCKET)],
  ] as const) {
    test(`nothing is answered to who left ${name} while they took their time, and close says so`, async (t) => {
      const served = await serveApp(t);
      const closed = deferred();
      const asked = deferred<() => void>();
      served.engine.use((_req, res, next) => {
        res.once("close", () => closed.resolve());
        asked.resolve(next);
      });
      const connection = new RawConnection(served.port, bytes);
      const next = await asked.promise;
      connection.socket.destroy();
      await closed.promise;
      next();
      assert.deepEqual([served.engine.clientsCount, served.refusals], [0, []]);
    });
  }
});
