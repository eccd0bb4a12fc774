import assert from "node:assert/strict";
import test from "node:test";
import { accept, connected, opening } from "./fake-engine.ts";

/** A callback that records its calls, errors as their messages. */
function recorder() {
  const calls: unknown[][] = [];
  const callback = (...args: unknown[]) =>
    void calls.push(args.map((arg) => (arg instanceof Error ? arg.message : arg)));
  return { calls, callback };
}

test("emit() sends the event with all its arguments and returns true", () => {
  const { manager, socket } = connected();
  assert.equal(socket.emit("a", 1, "2", null, { x: [] }), true);
  assert.deepEqual(manager.wire.written, ['2["a",1,"2",null,{"x":[]}]']);
});

test("send() emits 'message' and returns the Socket", () => {
  const { manager, socket } = connected();
  assert.equal(socket.send("a", 1), socket);
  assert.deepEqual(manager.wire.written, ['2["message","a",1]']);
});

test("the names of our own events are reserved, and no others", () => {
  const { socket } = connected();
  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
    assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
  }
  for (const name of ["connection", "error", "ping", "toString", "__proto__"]) assert.equal(socket.emit(name), true);
});

test("events emitted while not connected are kept, and sent in order just before connect", () => {
  const { manager, socket, log } = opening();
  socket.emit("a", 1);
  socket.emit("b");
  assert.deepEqual(
    socket.sendBuffer.map((packet) => packet.data),
    [["a", 1], ["b"]],
  );
  manager.wire.open();
  socket.on("connect", () => assert.deepEqual(manager.wire.written, ["0", '2["a",1]', '2["b"]']));
  manager.wire.receive('0{"sid":"id"}');
  assert.deepEqual([log, socket.sendBuffer], [[["connect"]], []]);
});

test("kept events survive disconnect()", () => {
  const { manager, socket } = connected();
  socket.disconnect();
  socket.emit("a");
  socket.disconnect();
  socket.connect();
  accept(manager);
  assert.deepEqual(manager.wire.written, ['2["a"]']);
});

test("the buffer may be emptied by the application", () => {
  const { manager, socket } = opening();
  socket.emit("a");
  socket.sendBuffer = [];
  accept(manager);
  assert.deepEqual(manager.wire.written, []);
});

test("one kept event that can't be encoded does not hold up the others", (t) => {
  const thrown = t.mock.method(globalThis, "queueMicrotask", () => {});
  const { manager, socket, log } = opening();
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  socket.emit("bad", circular);
  socket.emit("good");
  accept(manager);
  assert.deepEqual([manager.wire.written, log], [['2["good"]'], [["connect"]]]);
  assert.equal(thrown.mock.callCount(), 1);
});

test("an event emitted while the heartbeat is overdue is kept for the next connection", () => {
  const { manager, socket } = connected();
  manager.wire.pingExpired = true;
  socket.emit("a");
  assert.deepEqual([manager.wire.written, socket.sendBuffer.length], [[], 1]);
  manager.wire.end("ping timeout");
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual(manager.wire.written, ['2["a"]']);
});

test("volatile events are dropped if they can't leave at once", () => {
  const { manager, socket } = opening();
  socket.volatile.emit("before");
  accept(manager);
  manager.wire.transport.writable = false;
  socket.volatile.emit("busy");
  socket.emit("kept by the engine");
  manager.wire.transport.writable = true;
  socket.volatile.emit("now");
  assert.deepEqual(manager.wire.written, ['2["kept by the engine"]', '2["now"]']);
  assert.deepEqual(socket.sendBuffer, []);
});

test("compress() counts for one event", () => {
  const { manager, socket } = connected();
  assert.equal(socket.compress(false), socket);
  socket.emit("a");
  assert.deepEqual(manager.wire.options, { compress: false });
  socket.emit("a");
  assert.deepEqual(manager.wire.options, { compress: true });
});

test("flags can be read before they count, and count for one event", () => {
  const { socket } = connected({ ackTimeout: 7 });
  const { flags } = socket.timeout(5) as unknown as { flags: { timeout: number } };
  assert.equal(flags.timeout, 5);
  assert.equal(socket._opts.ackTimeout, 7);
  socket.emit("a", () => {});
  assert.deepEqual((socket as unknown as { flags: object }).flags, {});
});

test("acknowledgements reach their callbacks, each once, whatever the order", () => {
  const { manager, socket } = connected();
  const a = recorder();
  const b = recorder();
  socket.emit("a", a.callback);
  socket.emit("b", 1, b.callback);
  assert.deepEqual(manager.wire.written, ['20["a"]', '21["b",1]']);
  manager.wire.receive('31["x",{"y":1}]', "30[]", '30["again"]', "399[]", "3[]", '31["again"]');
  assert.deepEqual([a.calls, b.calls], [[[]], [["x", { y: 1 }]]]);
});

test("plain callbacks are forgotten with the connection", () => {
  const { manager, socket } = connected();
  const { calls, callback } = recorder();
  socket.emit("a", callback);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  accept(manager);
  manager.wire.receive("30[]");
  assert.deepEqual(calls, []);
});

test("callbacks of kept events stay", () => {
  const { manager, socket } = connected();
  const plain = recorder();
  const timed = recorder();
  manager.wire.pingExpired = true;
  socket.emit("a", plain.callback);
  socket.timeout(5000).emit("b", timed.callback);
  manager.wire.end("ping timeout");
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual(manager.wire.written, ['20["a"]', '21["b"]']);
  manager.wire.receive("30[1]", "31[2]");
  assert.deepEqual([plain.calls, timed.calls], [[[1]], [[null, 2]]]);
});

test("with timeout() the callback takes an error first: null, if the answer came in time", () => {
  const { manager, socket } = connected();
  const { calls, callback } = recorder();
  assert.equal(socket.timeout(100), socket);
  socket.emit("a", callback);
  manager.clock.advance(99);
  manager.wire.receive('30["x","y"]');
  manager.clock.advance(1000);
  assert.deepEqual(calls, [[null, "x", "y"]]);
});

test("without an answer in time the callback gets the error alone, and a later answer is ignored", () => {
  const { manager, socket } = connected();
  const { calls, callback } = recorder();
  socket.timeout(100).emit("a", callback);
  manager.clock.advance(99);
  assert.deepEqual(calls, []);
  manager.clock.advance(1);
  manager.wire.receive('30["late"]');
  assert.deepEqual(calls, [["operation has timed out"]]);
});

test("an event that times out in the buffer is not sent any more", () => {
  const { manager, socket } = opening();
  const { calls, callback } = recorder();
  socket.timeout(100).emit("a", callback);
  socket.emit("b");
  manager.clock.advance(100);
  accept(manager);
  assert.deepEqual(calls, [["operation has timed out"]]);
  assert.deepEqual(manager.wire.written, ['2["b"]']);
});

test("a callback with a timeout is told at once when the connection ends, and not again", () => {
  const { manager, socket } = connected();
  const { calls, callback } = recorder();
  socket.timeout(100).emit("a", callback);
  manager.wire.end("transport close");
  assert.deepEqual(calls, [["socket has been disconnected"]]);
  manager.clock.advance(1000);
  assert.equal(calls.length, 1);
});

test("callbacks that emit again when the connection ends do so once", () => {
  const { manager, socket } = connected();
  let calls = 0;
  const again = () => {
    calls++;
    socket.timeout(100_000).emit("a", again);
  };
  again();
  manager.wire.end("transport close");
  assert.deepEqual([calls, socket.sendBuffer.length], [2, 1]);
});

test("ackTimeout is the timeout of all events with a callback, and timeout() replaces it", () => {
  const { manager, socket } = connected({ ackTimeout: 100 });
  const a = recorder();
  const b = recorder();
  const c = recorder();
  socket.emit("a", a.callback);
  socket.emit("b", b.callback);
  socket.timeout(300).emit("c", c.callback);
  manager.wire.receive("30[1]");
  manager.clock.advance(100);
  assert.deepEqual([a.calls, b.calls, c.calls], [[[null, 1]], [["operation has timed out"]], []]);
  manager.clock.advance(200);
  assert.deepEqual(c.calls, [["operation has timed out"]]);
});

test("emitWithAck() resolves with the first value", async () => {
  const { manager, socket } = connected();
  const plain = socket.emitWithAck("a", 1);
  const timed = socket.timeout(100).emitWithAck("b");
  assert.deepEqual(manager.wire.written, ['20["a",1]', '21["b"]']);
  manager.wire.receive('30["x","y"]', "31[]");
  assert.deepEqual(await Promise.all([plain, timed]), ["x", undefined]);
});

test("emitWithAck() rejects on timeout, and on disconnection even without a timeout", async () => {
  const { manager, socket } = connected();
  const timed = assert.rejects(socket.timeout(100).emitWithAck("a"), { message: "operation has timed out" });
  manager.clock.advance(100);
  await timed;
  const plain = assert.rejects(socket.emitWithAck("b"), { message: "socket has been disconnected" });
  manager.wire.end("transport close");
  await plain;
});

test("dropped volatile events leave no callback behind, and time out if they have a timeout", () => {
  const { manager, socket } = connected();
  const plain = recorder();
  const timed = recorder();
  manager.wire.transport.writable = false;
  socket.volatile.emit("a", plain.callback);
  socket.volatile.timeout(100).emit("b", timed.callback);
  assert.equal((socket as unknown as { acks: Map<number, unknown> }).acks.size, 1);
  manager.clock.advance(100);
  assert.deepEqual([plain.calls, timed.calls], [[], [["operation has timed out"]]]);
});

test("retries: one event in flight, the next once it is acknowledged", () => {
  const { manager, socket } = connected({ retries: 2, ackTimeout: 100 });
  const { calls, callback } = recorder();
  socket.emit("a");
  socket.emit("b", 1, callback);
  assert.deepEqual(manager.wire.take(), ['20["a"]']);
  manager.wire.receive("30[]");
  assert.deepEqual(manager.wire.take(), ['21["b",1]']);
  manager.wire.receive('31["ok"]');
  manager.clock.advance(1000);
  assert.deepEqual(calls, [[null, "ok"]]);
  assert.deepEqual(manager.wire.take(), []);
});

test("retries: an event that is not acknowledged is tried retries + 1 times, then given up for the next", () => {
  const { manager, socket } = connected({ retries: 2, ackTimeout: 100 });
  const { calls, callback } = recorder();
  socket.emit("a", callback);
  socket.emit("b");
  manager.clock.advance(299);
  assert.deepEqual([manager.wire.take(), calls], [['20["a"]', '21["a"]', '22["a"]'], []]);
  manager.clock.advance(1);
  assert.deepEqual([manager.wire.take(), calls], [['23["b"]'], [["operation has timed out"]]]);
});

test("retries: events emitted while not connected wait in the queue, not in sendBuffer", () => {
  const { manager, socket } = opening({ retries: 1, ackTimeout: 100 });
  socket.emit("a");
  socket.emit("b");
  assert.deepEqual(socket.sendBuffer, []);
  accept(manager);
  assert.deepEqual(manager.wire.take(), ['20["a"]']);
});

test("retries: after a reconnection the head is sent again at once, and that counts as a try", () => {
  const { manager, socket } = connected({ retries: 1 });
  const { calls, callback } = recorder();
  socket.emit("a", callback);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual([manager.wire.take(), calls], [['21["a"]'], []]);
  manager.wire.end("transport close");
  assert.deepEqual(calls, [["socket has been disconnected"]]);
});

test("retries: an answer to an earlier try counts once", () => {
  const { manager, socket } = connected({ retries: 3, ackTimeout: 100 });
  const { calls, callback } = recorder();
  socket.emit("a", callback);
  manager.clock.advance(100);
  manager.wire.receive("30[1]", "31[2]", "31[3]");
  manager.clock.advance(1000);
  assert.deepEqual([manager.wire.take(), calls], [['20["a"]', '21["a"]'], [[null, 2]]]);
});

test("retries: timeout() replaces ackTimeout for its event", () => {
  const { manager, socket } = connected({ retries: 1, ackTimeout: 100 });
  socket.timeout(300).emit("a");
  manager.clock.advance(299);
  assert.deepEqual(manager.wire.take(), ['20["a"]']);
  manager.clock.advance(1);
  assert.deepEqual(manager.wire.take(), ['21["a"]']);
});

test("retries: volatile events pass the queue", () => {
  const { manager, socket } = connected({ retries: 1 });
  socket.emit("a");
  socket.volatile.emit("b");
  assert.deepEqual(manager.wire.take(), ['20["a"]', '2["b"]']);
});

test("retries: emitWithAck() resolves with the answer to whichever try", async () => {
  const { manager, socket } = connected({ retries: 1, ackTimeout: 100 });
  const answer = socket.emitWithAck("a", 1);
  manager.clock.advance(100);
  assert.deepEqual(manager.wire.take(), ['20["a",1]', '21["a",1]']);
  manager.wire.receive('31["ok"]');
  assert.equal(await answer, "ok");
});
