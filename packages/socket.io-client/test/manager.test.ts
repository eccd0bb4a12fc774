import assert from "node:assert/strict";
import test from "node:test";
import { Manager, type ManagerOptions } from "socket.io-client";
import { Decoder, Encoder } from "socket.io-parser";
import { accept, connected, FakeManager, logOf, opening, record } from "./fake-engine.ts";

function idle(options: Partial<ManagerOptions> = {}): FakeManager {
  return new FakeManager("http://localhost", { randomizationFactor: 0, autoConnect: false, ...options });
}

test("the defaults of the options are those that are documented", () => {
  const manager = new Manager({ autoConnect: false });
  assert.deepEqual(
    [
      manager.opts.path,
      manager.reconnection(),
      manager.reconnectionAttempts(),
      manager.reconnectionDelay(),
      manager.reconnectionDelayMax(),
      manager.randomizationFactor(),
      manager.timeout(),
    ],
    ["/socket.io", true, Infinity, 1000, 5000, 0.5, 20_000],
  );
});

test("zero means the default where it makes no sense, and is kept where it does", () => {
  const manager = new Manager({
    autoConnect: false,
    path: "",
    reconnectionAttempts: 0,
    reconnectionDelay: 0,
    reconnectionDelayMax: 0,
    randomizationFactor: 0,
    timeout: false,
  });
  assert.deepEqual(
    [
      manager.opts.path,
      manager.reconnectionAttempts(),
      manager.reconnectionDelay(),
      manager.reconnectionDelayMax(),
      manager.randomizationFactor(),
      manager.timeout(),
    ],
    ["/socket.io", Infinity, 1000, 5000, 0, false],
  );
});

test("every setting can be read, and set in a chain", () => {
  const manager = idle();
  assert.equal(
    manager
      .reconnection(false)
      .reconnectionAttempts(3)
      .reconnectionDelay(10)
      .reconnectionDelayMax(20)
      .randomizationFactor(0.25)
      .timeout(30),
    manager,
  );
  assert.deepEqual(
    [
      manager.reconnection(),
      manager.reconnectionAttempts(),
      manager.reconnectionDelay(),
      manager.reconnectionDelayMax(),
      manager.randomizationFactor(),
      manager.timeout(),
    ],
    [false, 3, 10, 20, 0.25, 30],
  );
});

test("a Manager opens on creation unless told not to", () => {
  assert.equal(new FakeManager("http://localhost", {}).engines.length, 1);
  assert.equal(idle().engine, undefined);
});

test("opening twice makes one engine; the callback is told of success", () => {
  const manager = idle();
  const told: unknown[] = [];
  assert.equal(
    manager.open((error) => told.push(error)),
    manager,
  );
  manager.connect((error) => told.push(error));
  manager.wire.open();
  assert.equal(manager.engines.length, 1);
  assert.deepEqual(told, [undefined]);
});

test("a failed open with a callback is not tried again by itself", () => {
  const manager = idle();
  const told: (Error | undefined)[] = [];
  manager.open((error) => told.push(error));
  const failure = new Error("refused");
  manager.wire.fail(failure);
  manager.clock.advance(100_000);
  assert.deepEqual(told, [failure]);
  assert.equal(manager.engines.length, 1);
});

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

test("ping and packet tell of heartbeats and of packets for whatever namespace", () => {
  const { manager } = connected();
  const log = logOf(manager, "ping", "packet");
  manager.wire.receiver!.ping();
  manager.wire.receive('2/other,["a"]');
  assert.deepEqual(log, [["ping"], ["packet", { type: 2, nsp: "/other", data: ["a"] }]]);
});

test("what cannot be decoded closes with 'parse error' and the error, and is connected again", () => {
  const garbage = ["9", "2{}", '2["connect"]', "51-x", '0"x"', "2[", new Uint8Array([1])];
  for (const message of garbage) {
    const { manager, log } = connected();
    const { wire } = manager;
    wire.receive(message);
    assert.equal(log.length, 1, String(message));
    assert.deepEqual(log[0]!.slice(0, 2), ["disconnect", "parse error"]);
    assert.equal(typeof log[0]![2], "string");
    assert.equal(wire.readyState, "closed");
    manager.clock.advance(1000);
    assert.equal(manager.engines.length, 2);
  }
});

test("half a binary packet is forgotten with its connection", () => {
  const { manager, socket } = connected();
  manager.wire.receive('51-["a",{"_placeholder":true,"num":0}]');
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  accept(manager);
  assert.equal(socket.connected, true);
});

test("a parser of another make is used for both directions", () => {
  class Shouting extends Encoder {
    override encode(packet: Parameters<Encoder["encode"]>[0]) {
      return super.encode(packet).map((chunk) => `!${String(chunk)}`);
    }
  }
  class Whispering extends Decoder {
    override add(chunk: unknown) {
      super.add(String(chunk).slice(1));
    }
  }
  const { manager, socket } = opening({ parser: { Encoder: Shouting, Decoder: Whispering } });
  const log = logOf(socket, "hello");
  manager.wire.open();
  manager.wire.receive('!0{"sid":"id"}', '!2["hello",1]');
  socket.emit("hello", 2);
  assert.deepEqual(log, [["hello", 1]]);
  assert.deepEqual(manager.wire.written, ["!0", '!2["hello",2]']);
});

test("socket() gives the Socket that exists, connected again if need be", () => {
  const { manager, socket } = connected();
  const named = manager.socket("b");
  assert.equal(manager.socket("/"), socket);
  assert.equal(named.nsp, "b");
  socket.disconnect();
  assert.equal(socket.active, false);
  assert.equal(manager.socket("/").active, true);
});

test("a Socket may be named like what objects have anyway", () => {
  const { manager } = connected();
  for (const name of ["constructor", "__proto__"]) assert.equal(manager.socket(name).nsp, name);
});

test("the connection closes when the last active Socket left", () => {
  const { manager, socket } = connected();
  const other = manager.socket("/other");
  manager.wire.take();
  socket.disconnect();
  assert.deepEqual(manager.wire.take(), ["1"]);
  assert.equal(manager.wire.readyState, "open");
  manager.wire.receive('0/other,{"sid":"x"}');
  other.disconnect();
  assert.deepEqual(manager.wire.take(), ["1/other,"]);
  assert.equal(manager.wire.readyState, "closed");
});

test("every active Socket joins again after a loss, with its own auth", () => {
  const { manager } = connected();
  manager.socket("/a", { auth: { n: 1 } });
  manager.socket("/b").disconnect();
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ["0", '0/a,{"n":1}']);
});

test("packets for namespaces without a Socket are ignored, however they are named", () => {
  const { manager, log } = connected();
  manager.wire.receive('2/none,["a"]', "2/__proto__,[1]", '2/constructor,["a"]', "1/none,", '4/none,{"message":"x"}');
  assert.deepEqual(log, []);
});

test("with autoUnref no timer keeps the process alive, and otherwise all do", () => {
  for (const autoUnref of [true, false]) {
    const { manager, socket } = opening({ autoUnref });
    manager.wire.fail(new Error("refused"));
    socket.timeout(10).emit("a", () => {});
    assert.equal(manager.unrefs, autoUnref ? 3 : 0);
  }
});
