import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { Server as Engine, uServer, type BaseServer, type ServerOptions } from "engine.io";
import { listening } from "../support/listening.ts";
import { ScriptedApp } from "../support/scripted-uws.ts";
import { upgradeRequest } from "../support/upgrade-request.ts";
import { ENGINE, exchange, pollingSid, request } from "./peer.ts";

const POLLING = "EIO=4&transport=polling";
const WEBSOCKET = "EIO=4&transport=websocket";
const CLOSE = "Connection: close\r\n";

/** Lets the test say what time it is, in ms. */
function clockOf(engine: BaseServer): { now: number } {
  const clock = { now: 1000 };
  engine.sweep.now = () => clock.now;
  return clock;
}

/** An engine on an app of uWebSockets.js without sockets; the header x-for names the address. */
function scripted(t: TestContext, options: ServerOptions) {
  const app = new ScriptedApp();
  const engine = new uServer({ addressOf: (req) => String(req.headers["x-for"]), ...options });
  engine.attach(app);
  t.after(() => engine.close());
  const clock = clockOf(engine);
  const asks = (address: string, query = POLLING, method = "get"): string =>
    ((app.request(method, query, { "x-for": address }).written[0] ?? "waits") as string).slice(0, 3);
  const { addressRates } = engine as unknown as { addressRates: { size: number } };
  return { app, engine, clock, asks, addressRates };
}

describe("rateLimit.connections", () => {
  test("beyond it handshakes of an address are answered 429 with Retry-After, by every transport, and sessions go on", async (t) => {
    const http = createServer();
    const engine = new Engine({ rateLimit: { connections: { perSecond: 0.5, burst: 2 } } });
    engine.attach(http);
    const port = await listening(t, http, engine);
    const clock = clockOf(engine);
    const refusals: unknown[] = [];
    let asked = 0;
    engine.on("connection_error", ({ code, context }) => refusals.push([code, context.name]));
    engine.use((_req, _res, next) => {
      asked++;
      next();
    });
    const sid = await pollingSid(t, port);
    await pollingSid(t, port);
    assert.equal(asked, 2);

    const polled = await exchange(t, port, request("GET", `${ENGINE}&transport=polling`, null, CLOSE));
    assert.match(polled, /^HTTP\/1\.1 429 Too Many Requests\r\n/);
    assert.match(polled, /\r\nRetry-After: 2\r\n/);
    assert.ok(polled.includes('{"code":4,"message":"Too many connections"}'), polled);
    const upgraded = await exchange(t, port, upgradeRequest(`${ENGINE}&transport=websocket`));
    assert.match(upgraded, /^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: 2\r\nConnection: close\r\n/);
    assert.deepEqual(refusals, [
      [4, "TOO_MANY_CONNECTIONS"],
      [4, "TOO_MANY_CONNECTIONS"],
    ]);
    assert.equal(engine.limitsReached.get("rateLimit.connections"), 2);
    assert.equal(asked, 2);

    const target = `${ENGINE}&transport=polling&sid=${sid}`;
    const posted = await exchange(t, port, request("POST", target, "4x", `Content-Type: text/plain\r\n${CLOSE}`));
    assert.match(posted, /^HTTP\/1\.1 200 OK/);
    clock.now += 2000;
    await pollingSid(t, port);
    assert.equal(engine.clientsCount, 3);
  });

  test("on uWebSockets.js too", (t) => {
    const { app, engine, clock, asks } = scripted(t, { rateLimit: { connections: { perSecond: 0.1, burst: 1 } } });
    engine.opts.addressOf = undefined as never;
    assert.equal(asks(""), "200");
    assert.deepEqual(app.request("get", POLLING).written.slice(0, 3), [
      "429 Too Many Requests",
      "Content-Type: application/json",
      "Retry-After: 10",
    ]);
    assert.equal(app.upgrade(WEBSOCKET).written[0], "429 Too Many Requests");
    clock.now += 10_000;
    assert.ok(app.upgrade(WEBSOCKET).webSocket !== undefined);
    assert.equal(engine.limitsReached.get("rateLimit.connections"), 2);
  });

  test("addresses count each for itself: IPv6 by its first 64 bits, IPv4 in whatever form", (t) => {
    for (const [first, second, areOne] of [
      ["1.2.3.4", "1.2.3.5", false],
      ["1.2.3.4", "::ffff:1.2.3.4", true],
      ["1.2.3.4", "0000:0000:0000:0000:0000:ffff:0102:0304", true],
      ["::ffff:1.2.3.4", "::ffff:1.2.3.5", false],
      ["2001:db8::1", "2001:db8::2:0:0:0", true],
      ["2001:db8:0:1::1", "2001:DB8::1:a:b:c:d", true],
      ["2001:db8:0:1::1", "2001:db8:0:2::1", false],
      ["fe80::1%eth0", "fe80::2%eth1", true],
      ["x".repeat(64), "x".repeat(70), true],
    ] as const) {
      const { asks } = scripted(t, { rateLimit: { connections: { perSecond: 1 } } });
      assert.equal(asks(first), "200");
      assert.equal(asks(second), areOne ? "429" : "200", `${first} and ${second}`);
    }
  });

  test("requests with an unknown id count, preflight requests and those of a session don't", (t) => {
    const { engine, asks } = scripted(t, { rateLimit: { connections: { perSecond: 1, burst: 3 } }, cors: true });
    assert.equal(asks("a"), "200");
    const [sid] = Object.keys(engine.clients);
    for (let at = 0; at < 10; at++) {
      assert.equal(asks("a", POLLING, "options"), "204");
      assert.equal(asks("a", `${POLLING}&sid=${sid}`, "put"), "500");
    }
    assert.deepEqual(
      [1, 2, 3].map((at) => asks("a", `${POLLING}&sid=guess${at}`)),
      ["400", "400", "429"],
    );
  });

  test("50,000 addresses are forgotten but for maxAddresses, those first that have been silent longest", (t) => {
    const { asks, addressRates } = scripted(t, { rateLimit: { connections: { perSecond: 0.001, maxAddresses: 100 } } });
    asks("a flood");
    asks("another");
    for (let at = 0; at < 50_000; at++) {
      // An id that nobody has: no session is made.
      asks(`address ${at}`, `${POLLING}&sid=x`);
      if (at % 50 === 0) assert.equal(asks("a flood"), "429");
    }
    assert.equal(addressRates.size, 100);
    assert.equal(asks("a flood"), "429");
    assert.equal(asks("another"), "200");
  });

  test("addresses that have all their tokens again are forgotten", (t) => {
    const { asks, addressRates, clock } = scripted(t, { rateLimit: { connections: { perSecond: 1, burst: 5 } } });
    for (let at = 0; at < 1000; at++) asks(`address ${at}`, `${POLLING}&sid=x`);
    assert.equal(addressRates.size, 1000);
    clock.now += 1000;
    asks("late");
    assert.equal(addressRates.size, 1);
  });

  test("an addressOf that throws ends nothing: such clients count as one address", (t) => {
    const warnings: string[] = [];
    t.mock.method(process, "emitWarning", (text: string) => warnings.push(text));
    const { asks } = scripted(t, {
      rateLimit: { connections: { perSecond: 1, burst: 2 } },
      addressOf: () => {
        throw new Error("no header");
      },
    });
    assert.deepEqual([asks("a"), asks("b"), asks("c")], ["200", "200", "429"]);
    assert.equal(warnings[0], "engine.io: addressOf failed: Error: no header");
  });

  test("a rate that makes no sense is refused when the server is made", () => {
    assert.throws(
      () => new Engine({ rateLimit: { connections: { perSecond: 0 } } }),
      /rateLimit\.connections: perSecond/,
    );
  });
});
