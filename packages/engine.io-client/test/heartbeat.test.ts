import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { Socket } from "engine.io-client";
import { journal, nextTick } from "./support/events.ts";
import { fakeClock, inMemory } from "./support/fake-clock.ts";

describe("heartbeat of the client", () => {
  test("closes with 'ping timeout' 45 s after the server was heard last", async (t) => {
    const tick = fakeClock(t);
    const { socket, transport } = await inMemory();
    const log = journal(socket);
    tick(30_000);
    transport.receive("2");
    tick(44_999);
    assert.deepEqual(log, []);
    tick(1);
    assert.deepEqual(log, ["close: ping timeout"]);
    assert.equal(transport.closes, 1);
    assert.deepEqual(
      transport.sent.map(({ type }) => type),
      ["pong"],
    );
  });

  test("the answer to a ping is announced, and leaves before the ping is told of", async (t) => {
    fakeClock(t);
    const { socket, transport } = await inMemory();
    const log: string[] = [];
    socket.on("packetCreate", ({ type }) => log.push(`packetCreate ${type}`));
    for (const name of ["flush", "ping", "pong"] as const) socket.on(name, () => log.push(name));
    socket.once("ping", () => socket.send("a"));
    transport.receive("2");
    assert.deepEqual(log.slice(0, 3), ["packetCreate pong", "flush", "ping"]);
    assert.equal(transport.sent[0]?.type, "pong");
  });

  test("an hour of pings, each of which sets one timer in place of the last", async (t) => {
    const tick = fakeClock(t);
    const running = new Set<unknown>();
    let timers = 0;
    const { setTimeout, clearTimeout } = globalThis;
    globalThis.setTimeout = ((callback: () => void, ms: number) => {
      timers++;
      const timer = setTimeout(callback, ms);
      running.add(timer);
      return timer;
    }) as typeof setTimeout;
    globalThis.clearTimeout = ((timer: never) => {
      running.delete(timer);
      clearTimeout(timer);
    }) as typeof clearTimeout;
    t.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }));
    const { socket, transport } = await inMemory();
    for (let minute = 0; minute < 60; minute++) {
      for (let n = 0; n < 12; n++) {
        tick(5000);
        transport.receive("2");
      }
    }
    assert.equal(socket.readyState, "open");
    assert.equal(transport.sent.length, 720);
    assert.ok(timers <= 722, `${timers} timers`);
    assert.equal(running.size, 1);
    socket.close();
    assert.equal(running.size, 0);
  });

  test("delays of weeks do not make the timer fire without end", async (t) => {
    const tick = fakeClock(t);
    let timers = 0;
    const { setTimeout } = globalThis;
    globalThis.setTimeout = ((callback: () => void, ms: number) => {
      timers++;
      // Node and browsers let longer ones fire at once.
      return setTimeout(callback, ms > 2 ** 31 - 1 ? 1 : ms);
    }) as typeof setTimeout;
    t.after(() => (globalThis.setTimeout = setTimeout));
    const { socket } = await inMemory({}, { pingInterval: 1e15, pingTimeout: 1e15 });
    tick(1000);
    assert.equal(timers, 1);
    assert.equal(socket.readyState, "open");
    socket.close();
  });

  test("_hasPingExpired sees at once what a throttled timer has not said, and the session closes", async (t) => {
    fakeClock(t);
    const { socket } = await inMemory();
    const log = journal(socket);
    assert.equal(socket._hasPingExpired(), false);
    // The clock goes on, the timers don't: a laptop that slept.
    mock.timers.setTime(1_000_000 + 44_999);
    assert.equal(socket._hasPingExpired(), false);
    mock.timers.reset();
    mock.timers.enable({ apis: ["Date"], now: 1_000_000 + 45_000 });
    assert.equal(socket._hasPingExpired(), true);
    assert.equal(socket._hasPingExpired(), true);
    assert.deepEqual(log, []);
    await nextTick();
    assert.deepEqual(log, ["close: ping timeout"]);
    assert.equal(socket._hasPingExpired(), false);
  });

  test("a socket that is closed leaves no timer", async (t) => {
    const tick = fakeClock(t);
    const { socket } = await inMemory();
    const log = journal(socket);
    socket.close();
    tick(1e6);
    assert.deepEqual(log, ["close: forced close"]);
  });

  test("useNativeTimers keeps the timers from before somebody replaced them", async (t) => {
    const { setTimeout } = globalThis;
    t.after(() => (globalThis.setTimeout = setTimeout));
    globalThis.setTimeout = (() => assert.fail("the replaced one is not used")) as unknown as typeof setTimeout;
    const socket = new Socket("http://localhost:1", { useNativeTimers: true, transports: ["polling"] });
    socket.close();
    await new Promise<void>((resolve) => socket.setTimeoutFn(resolve, 1));
  });
});
