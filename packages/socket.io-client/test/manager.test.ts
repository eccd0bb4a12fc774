import assert from "node:assert/strict";
import test from "node:test";
import { Manager, type ManagerOptions } from "socket.io-client";
import { Decoder, Encoder } from "socket.io-parser";
import { settingsOf } from "../../../tests/support/manager-settings.ts";
import { accept, connected, FakeManager, logOf, opening } from "./fake-engine.ts";

function idle(options: Partial<ManagerOptions> = {}): FakeManager {
  return new FakeManager("http://localhost", { randomizationFactor: 0, autoConnect: false, ...options });
}

test("the defaults of the options are those that are documented", () => {
  const manager = new Manager({ autoConnect: false });
  assert.equal(manager.opts.path, "/socket.io");
  assert.deepEqual(settingsOf(manager), [true, Infinity, 1000, 5000, 0.5, 20_000]);
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
  assert.equal(manager.opts.path, "/socket.io");
  assert.deepEqual(settingsOf(manager), [true, Infinity, 1000, 5000, 0, false]);
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
  assert.deepEqual(settingsOf(manager), [false, 3, 10, 20, 0.25, 30]);
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
