import assert from "node:assert/strict";
import test from "node:test";
import { accept, connected, logOf, opening, record } from "./fake-engine.ts";

test("events reach their listeners with all arguments, in wire order", () => {
  const { manager, socket } = connected();
  const log = logOf(socket, "a", "b", "5", "error", "connection", "__proto__");
  manager.wire.receive('2["a",1,{"x":[true,null]}]', '2["b"]', '2["a"]', '2[5,"n"]', '2["error"]', '2["__proto__",1]');
  assert.deepEqual(log, [["a", 1, { x: [true, null] }], ["b"], ["a"], ["5", "n"], ["error"], ["__proto__", 1]]);
});

test("binary at any depth crosses in both directions", () => {
  const { manager, socket } = connected();
  const bytes = new Uint8Array([1, 2, 3]);
  const log = logOf(socket, "b");
  manager.wire.receive('51-["b",{"x":[{"_placeholder":true,"num":0}]}]', bytes);
  assert.deepEqual(log, [["b", { x: [bytes] }]]);
  socket.emit("b", { x: [bytes] });
  assert.deepEqual(manager.wire.written, ['51-["b",{"x":[{"_placeholder":true,"num":0}]}]', bytes]);
});

test("an event may be answered once", () => {
  const { manager, socket } = connected();
  socket.on("q", (value: number, answer: (...args: unknown[]) => void) => {
    answer(value + 1, "x");
    answer("again");
  });
  manager.wire.receive('237["q",1]');
  assert.deepEqual(manager.wire.written, ['337[2,"x"]']);
});

test("an answer that comes after its connection ended is not sent into the next", () => {
  const { manager, socket } = connected();
  const answers: (() => void)[] = [];
  socket.on("q", (answer: () => void) => answers.push(answer));
  manager.wire.receive('20["q"]');
  manager.wire.end("transport close");
  answers[0]!();
  manager.wire.receive('21["q"]');
  manager.clock.advance(1000);
  accept(manager);
  answers[0]!();
  assert.deepEqual(manager.wire.written, []);
});

test("after leaving a namespace nothing is sent or heard in its name", () => {
  const { manager, socket } = connected();
  manager.socket("/other");
  const answers: (() => void)[] = [];
  socket.on("q", (answer: () => void) => answers.push(answer));
  manager.wire.receive('20["q"]');
  socket.disconnect();
  manager.wire.take();
  answers[0]!();
  manager.wire.receive('21["q"]', '0{"sid":"late"}', "4");
  assert.deepEqual(manager.wire.written, []);
  assert.deepEqual([answers.length, socket.receiveBuffer, socket.connected], [1, [], false]);
});

test("events before CONNECT wait, frozen, and are delivered just before connect", () => {
  const { manager, socket, log } = opening();
  socket.on("early", () => assert.equal(socket.connected, true));
  record(log, socket, "early");
  manager.wire.open();
  manager.wire.receive('2["early",1]', '2["early",2]');
  assert.deepEqual(
    [log, socket.receiveBuffer],
    [
      [],
      [
        ["early", 1],
        ["early", 2],
      ],
    ],
  );
  assert.ok(Object.isFrozen(socket.receiveBuffer[0]));
  manager.wire.receive('0{"sid":"id"}');
  assert.deepEqual(log, [["early", 1], ["early", 2], ["connect"]]);
  assert.deepEqual(socket.receiveBuffer, []);
});

test("events of a connection that was never made are not delivered in the next", () => {
  const { manager, log, socket } = opening();
  record(log, socket, "early");
  manager.wire.open();
  manager.wire.receive('2["early",1]');
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual(log, [["disconnect", "transport close", undefined], ["connect"]]);
});

test("a server that sends events without end before CONNECT is cut off", () => {
  const { manager, socket } = opening();
  manager.wire.open();
  for (let i = 0; i < 100_001; i++) manager.wire.receive('2["early"]');
  assert.equal(manager.engines[0]!.readyState, "closed");
  assert.equal(socket.receiveBuffer.length, 0);
});

test("what a listener throws becomes an uncaught exception and harms nobody else", (t) => {
  const thrown: unknown[] = [];
  t.mock.method(globalThis, "queueMicrotask", (rethrow: () => void) => {
    try {
      rethrow();
    } catch (error) {
      thrown.push((error as Error).message);
    }
  });
  const { manager, socket } = connected();
  const other = manager.socket("/other");
  const log = logOf(other, "disconnect");
  const boom = (where: string) => () => {
    throw new Error(where);
  };
  socket.on("a", boom("listener"));
  socket.onAny(boom("any"));
  socket.onAnyOutgoing(boom("outgoing"));
  socket.on("disconnect", boom("disconnect"));
  manager.on("close", boom("close"));
  manager.wire.take();
  socket.emit("q", boom("ack"));
  manager.wire.receive('2["a"]', "30[]", '0/other,{"sid":"x"}');
  assert.equal(other.connected, true);
  assert.deepEqual(manager.wire.take(), ['20["q"]']);
  manager.wire.end("transport close");
  assert.deepEqual(log, [["disconnect", "transport close", undefined]]);
  assert.deepEqual(thrown, ["outgoing", "any", "listener", "ack", "disconnect", "close"]);
  manager.clock.advance(1000);
  assert.equal(manager.engines.length, 2);
});

test("catch-all listeners hear everything before the listeners of the event", () => {
  const { manager, socket } = connected();
  const log: unknown[][] = [];
  socket.on("a", (...args: unknown[]) => log.push(["on", ...args]));
  const last = (...args: unknown[]) => log.push(["last", ...args]);
  const first = (...args: unknown[]) => log.push(["first", ...args]);
  assert.equal(socket.onAny(last).prependAny(first), socket);
  manager.wire.receive('2["a",1]', '2["b"]');
  assert.deepEqual(log.splice(0), [
    ["first", "a", 1],
    ["last", "a", 1],
    ["on", 1],
    ["first", "b"],
    ["last", "b"],
  ]);
  assert.deepEqual(socket.listenersAny(), [first, last]);
  socket.offAny(first);
  socket.offAny(() => {});
  assert.deepEqual(socket.listenersAny(), [last]);
  assert.equal(socket.offAny(), socket);
  assert.deepEqual(socket.listenersAny(), []);
});

test("an event does not leave once an outgoing catch-all listener has disconnected its socket", () => {
  const { manager, socket } = connected();
  manager.socket("/other");
  manager.wire.receive('0/other,{"sid":"x"}');
  manager.wire.take();
  socket.onAnyOutgoing(() => socket.disconnect());
  socket.emit("a");
  assert.deepEqual(manager.wire.take(), ["1"]);
});

test("outgoing catch-all listeners hear of events when they are sent, not of answers and dropped ones", () => {
  const { manager, socket } = opening();
  const log: unknown[][] = [];
  const last = (...args: unknown[]) => log.push(["last", ...args]);
  const first = (...args: unknown[]) => log.push(["first", ...args]);
  assert.equal(socket.onAnyOutgoing(last).prependAnyOutgoing(first), socket);
  assert.deepEqual(socket.listenersAnyOutgoing(), [first, last]);
  socket.offAnyOutgoing(last);
  socket.emit("buffered", 1);
  assert.deepEqual(log, []);
  accept(manager);
  socket.emit("now", 2);
  manager.wire.transport.writable = false;
  socket.volatile.emit("dropped");
  socket.on("q", (answer: () => void) => answer());
  manager.wire.receive('21["q"]');
  assert.deepEqual(log, [
    ["first", "buffered", 1],
    ["first", "now", 2],
  ]);
  socket.offAnyOutgoing();
  assert.deepEqual(socket.listenersAnyOutgoing(), []);
});
