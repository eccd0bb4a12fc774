import assert from "node:assert/strict";
import test from "node:test";
import { accept, connected, FakeManager, logOf, opening, record } from "./fake-engine.ts";

test("a first connection that fails is tried again, and the events come in their order", () => {
  const { manager, log, socket } = opening({ reconnectionAttempts: 1 });
  record(log, manager, "error", "reconnect_attempt", "reconnect_error", "reconnect_failed", "open");
  manager.wire.fail(new Error("refused"));
  assert.deepEqual(log.splice(0), [
    ["connect_error", "refused"],
    ["error", "refused"],
  ]);
  assert.equal(socket.active, true);
  manager.clock.advance(1000);
  manager.wire.fail(new Error("again"));
  manager.clock.advance(100_000);
  assert.deepEqual(log, [
    ["reconnect_attempt", 1],
    ["connect_error", "again"],
    ["error", "again"],
    ["reconnect_failed"],
    ["reconnect_error", "again"],
  ]);
  assert.equal(manager.engines.length, 2);
});

test("a lost connection comes back: reconnect_attempt, open, reconnect, connect", () => {
  const { manager, log, socket } = connected();
  record(log, manager, "close", "open", "reconnect_attempt", "reconnect");
  const [first] = manager.engines;
  manager.wire.end("transport close", { description: "gone" });
  assert.equal(socket.connected, false);
  manager.clock.advance(999);
  assert.equal(manager.wire, first);
  manager.clock.advance(1);
  manager.wire.open();
  manager.wire.receive('0{"sid":"other"}');
  assert.deepEqual(log, [
    ["disconnect", "transport close", { description: "gone" }],
    ["close", "transport close", { description: "gone" }],
    ["reconnect_attempt", 1],
    ["open"],
    ["reconnect", 1],
    ["connect"],
  ]);
  assert.equal(socket.id, "other");
});

test("attempts are counted and the delay doubles until one succeeds, and begin anew after the next loss", () => {
  const { manager } = connected();
  const attempts = logOf(manager, "reconnect_attempt", "reconnect");
  manager.wire.end("transport close");
  for (const delayMs of [1000, 2000, 4000, 5000, 5000]) {
    const count = manager.engines.length;
    manager.clock.advance(delayMs - 1);
    assert.equal(manager.engines.length, count);
    manager.clock.advance(1);
    assert.equal(manager.engines.length, count + 1);
    manager.wire.fail(new Error("refused"));
  }
  manager.clock.advance(5000);
  manager.wire.open();
  assert.equal(manager.backoff.attempts, 0);
  assert.deepEqual(attempts.splice(0).slice(-2), [
    ["reconnect_attempt", 6],
    ["reconnect", 6],
  ]);
  manager.wire.end("ping timeout");
  manager.clock.advance(1000);
  assert.deepEqual(attempts, [["reconnect_attempt", 1]]);
});

test("after reconnect_failed the attempts begin anew when opened again", () => {
  const { manager, socket } = connected({ reconnectionAttempts: 2 });
  const log = logOf(manager, "reconnect_attempt", "reconnect_failed");
  const runOut = () => {
    for (let i = 0; i < 2; i++) {
      manager.clock.advance(10_000);
      manager.wire.fail(new Error("refused"));
    }
    manager.clock.advance(100_000);
  };
  manager.wire.end("transport close");
  runOut();
  const once = [["reconnect_attempt", 1], ["reconnect_attempt", 2], ["reconnect_failed"]];
  assert.deepEqual(log.splice(0), once);
  assert.equal(socket.active, true);
  socket.connect();
  manager.wire.fail(new Error("refused"));
  runOut();
  assert.deepEqual(log, once);
});

test("reconnection: false makes no attempt", () => {
  const { manager } = connected({ reconnection: false });
  manager.wire.end("transport close");
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
});

test("reconnection(false) ends the wait for the next attempt, and a Socket may connect by hand", () => {
  const { manager, socket } = connected();
  manager.wire.end("transport close");
  manager.reconnection(false);
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
  socket.connect();
  accept(manager);
  assert.equal(socket.connected, true);
});

test("reconnection(false) lets the attempt under way be the last", () => {
  const { manager } = connected();
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.reconnection(false);
  manager.wire.fail(new Error("refused"));
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 2);
});

test("an attempt that takes too long fails with 'timeout', and its engine is closed and no longer heard", () => {
  const { manager, log } = opening({ timeout: 300 });
  const [first] = manager.engines;
  manager.clock.advance(299);
  assert.deepEqual(log, []);
  manager.clock.advance(1);
  assert.deepEqual(log.splice(0), [["connect_error", "timeout"]]);
  assert.equal(first!.readyState, "closed");
  first!.open();
  assert.equal(manager._readyState, "closed");
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual(log, [["connect"]]);
});

test("timeout: false waits as long as it takes", () => {
  const { manager, log } = opening({ timeout: false });
  manager.clock.advance(10_000_000);
  accept(manager);
  assert.deepEqual(log, [["connect"]]);
});

test("the time of an attempt ends with its success", () => {
  const { manager, log } = connected({ timeout: 300 });
  record(log, manager, "error", "close");
  manager.clock.advance(10_000);
  assert.deepEqual(log, []);
});

test("an engine that closes while opening counts as a failed attempt", () => {
  const { manager, log } = opening();
  manager.wire.end("transport close");
  assert.deepEqual(log, [["connect_error", "transport close"]]);
  manager.clock.advance(1000);
  assert.equal(manager.engines.length, 2);
});

test("an engine that closes again and again brings one attempt at a time", () => {
  const { manager } = connected();
  for (let i = 0; i < 5; i++) {
    const { wire } = manager;
    wire.end("transport close");
    wire.receiver?.close("transport close");
    wire.receiver?.error(new Error("late"));
    manager.clock.advance(1000);
    assert.equal(manager.engines.length, i + 2);
    manager.wire.open();
  }
});

test("closing the engine by hand is a loss like others: 'forced close', then a new attempt", () => {
  const { manager, log } = connected();
  manager.engine.close();
  assert.deepEqual(log, [["disconnect", "forced close", undefined]]);
  manager.clock.advance(1000);
  assert.equal(manager.engines.length, 2);
});

test("_close() closes for good", () => {
  const { manager, log } = connected();
  const closes = logOf(manager, "close");
  manager._close();
  manager.clock.advance(100_000);
  assert.deepEqual(
    [log, closes],
    [[["disconnect", "forced close", undefined]], [["close", "forced close", undefined]]],
  );
  assert.equal(manager.skipReconnect, true);
  assert.equal(manager.engines.length, 1);
});

test("closing from a reconnect_attempt listener stops the attempt", () => {
  const { manager, socket } = connected();
  manager.once("reconnect_attempt", () => socket.disconnect());
  manager.wire.end("transport close");
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
  socket.connect();
  accept(manager);
  assert.equal(socket.connected, true);
});

test("opening by hand during the wait takes its place", () => {
  const { manager } = connected();
  const log = logOf(manager, "reconnect_attempt", "reconnect");
  manager.wire.end("transport close");
  manager.open();
  manager.wire.open();
  manager.clock.advance(100_000);
  assert.deepEqual(log, [["reconnect", 1]]);
  assert.equal(manager.engines.length, 2);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  assert.equal(manager.engines.length, 3);
});

test("connecting from a disconnect listener takes the place of the first attempt, and of no later one", () => {
  const { manager, socket } = connected({ timeout: 300 });
  const log = logOf(manager, "reconnect_attempt", "reconnect", "error");
  socket.once("disconnect", () => socket.connect());
  manager.wire.end("transport close");
  assert.equal(manager.engines.length, 2);
  manager.clock.advance(300);
  assert.deepEqual(log.splice(0), [["error", "timeout"]]);
  manager.clock.advance(1000);
  assert.deepEqual(log, [["reconnect_attempt", 1]]);
  accept(manager);
  assert.equal(socket.connected, true);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  assert.equal(manager.engines.length, 4);
});

test("options changed meanwhile count at the next attempt", () => {
  const seen: unknown[] = [];
  class Watching extends FakeManager {
    override _createEngine() {
      seen.push(this.opts.query);
      return super._createEngine();
    }
  }
  const manager = new Watching("http://localhost", { query: { token: "old" } });
  manager.socket("/");
  manager.opts.query = { token: "new" };
  manager.wire.fail(new Error("refused"));
  manager.clock.advance(1500);
  assert.deepEqual(seen, [{ token: "old" }, { token: "new" }]);
});
