import assert from "node:assert/strict";
import test from "node:test";
import type { Socket } from "socket.io-client";
import { accept, connected, type FakeManager, logOf, opening } from "./fake-engine.ts";

const MAX_EVENTS = 10_000;
const MAX_BYTES = 16 * 2 ** 20;
/** What an event of one name and one value takes besides their contents: 8 bytes for each value, the list itself among them. */
const OVERHEAD = 3 * 8;

interface Refusal extends Error {
  code?: string;
}

/** A callback, and what it was called with. */
function recorder() {
  const calls: unknown[][] = [];
  return { calls, callback: (...args: unknown[]) => void calls.push(args) };
}

/** The only error of the only call. */
function refusalOf(calls: readonly unknown[][]): { code: string | undefined; message: string } {
  assert.equal(calls.length, 1);
  assert.equal(calls[0]!.length, 1);
  const { code, message } = calls[0]![0] as Refusal;
  return { code, message };
}

function emitMany(socket: Socket, count: number): void {
  for (let at = 0; at < count; at++) socket.emit("n", at);
}

function written(manager: FakeManager): number {
  return manager.wire.take().length;
}

for (const [name, options] of [
  ["sendBuffer", {}],
  ["the queue of retries", { retries: 1, ackTimeout: 60_000 }],
] as const) {
  test(`${name} takes ${MAX_EVENTS} events, and refuses the next by its callback`, () => {
    const { manager, socket } = opening(options);
    emitMany(socket, MAX_EVENTS - 1);
    const last = recorder();
    const excess = recorder();
    socket.timeout(60_000).emit("last", last.callback);
    socket.timeout(60_000).emit("excess", "text", excess.callback);
    assert.deepEqual(excess.calls, [], "emit() itself tells nothing");
    manager.clock.advance(0);
    const { code, message } = refusalOf(excess.calls);
    assert.equal(code, "ERR_BUFFER_FULL");
    assert.match(message, /^"excess" \(\d+ bytes\) exceeds .*\(10000\/10000 events, \d+\/16777216 bytes\)$/);
    assert.deepEqual(last.calls, []);
  });

  test(`${name} takes 16 MiB, text and bytes together, and refuses what exceeds them`, () => {
    const { manager, socket } = opening(options);
    const errors = logOf(manager, "error");
    const half = MAX_BYTES / 2 - OVERHEAD - 1;
    socket.emit("a", "x".repeat(half));
    socket.emit("b", new Uint8Array(half - 1));
    socket.emit("c", { deep: [new Uint8Array(10)] });
    manager.clock.advance(0);
    assert.deepEqual(
      errors.map(([event, text]) => [event, /^"c" \(\d+ bytes\) exceeds .* \d+\/16777216 bytes/.test(String(text))]),
      [["error", true]],
    );
  });
}

test("an event of exactly 16 MiB is kept, one of a byte more is not, be it text or binary", () => {
  for (const content of [(bytes: number) => "x".repeat(bytes), (bytes: number) => new ArrayBuffer(bytes)]) {
    const { manager, socket } = opening();
    const errors = logOf(manager, "error");
    const room = MAX_BYTES - OVERHEAD - "a".length;
    socket.emit("a", content(room + 1));
    socket.emit("a", content(room));
    manager.clock.advance(0);
    assert.deepEqual([errors.length, socket.sendBuffer.length], [1, 1]);
  }
});

test("what was kept before and what is emitted afterwards arrives, in order", () => {
  const { manager, socket } = opening();
  emitMany(socket, MAX_EVENTS + 5);
  accept(manager);
  assert.equal(written(manager), MAX_EVENTS);
  manager.wire.end("transport close");
  emitMany(socket, 2);
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual(manager.wire.take(), ['2["n",0]', '2["n",1]']);
});

test("room that is made is used again: by timeouts, by the application, by answers to retried events", () => {
  const big = "x".repeat(MAX_BYTES - 100);
  const { manager, socket } = opening();
  const errors = logOf(manager, "error");
  socket.timeout(10).emit("a", big, () => {});
  manager.clock.advance(10);
  socket.emit("b", big);
  socket.sendBuffer = [];
  socket.emit("c", big);
  manager.clock.advance(0);
  assert.deepEqual([errors.length, socket.sendBuffer.length], [0, 1]);

  const retried = opening({ retries: 1 });
  const told = logOf(retried.manager, "error");
  retried.socket.emit("a", big);
  accept(retried.manager);
  retried.manager.wire.receive("30[]");
  retried.socket.emit("b", big);
  retried.manager.clock.advance(0);
  assert.deepEqual(told, []);
});

test("a callback without a timeout and a promise get the error of a full buffer too", async () => {
  const { manager, socket } = opening();
  emitMany(socket, MAX_EVENTS);
  const plain = recorder();
  socket.emit("plain", plain.callback);
  const promised = assert.rejects(socket.emitWithAck("promised"), { code: "ERR_BUFFER_FULL", message: /"promised"/ });
  manager.clock.advance(0);
  assert.equal(refusalOf(plain.calls).code, "ERR_BUFFER_FULL");
  await promised;
});

test("listeners of the Manager's error that emit again when the buffer is full do not make it call itself", () => {
  const { manager, socket } = opening();
  emitMany(socket, MAX_EVENTS);
  let errors = 0;
  manager.on("error", () => {
    if (++errors < 3) socket.emit("again");
  });
  socket.emit("first");
  assert.equal(errors, 0);
  manager.clock.advance(0);
  manager.clock.advance(0);
  manager.clock.advance(0);
  assert.equal(errors, 3);
});

test("what contains itself is kept like other events, since sending it tells of the fault", () => {
  const { socket } = opening();
  const circle: unknown[] = [];
  circle.push(circle);
  socket.emit("a", circle);
  assert.equal(socket.sendBuffer.length, 1);
});

test("without an offline buffer in use, events are not measured", (t) => {
  const { socket } = connected();
  const values = t.mock.method(Object, "values");
  socket.emit("a", { deep: [1, 2, 3] });
  assert.equal(values.mock.callCount(), 0);
});

test("an event larger than maxPayload is not sent: its callback gets ERR_TOO_LARGE with the sizes, and the others go on", () => {
  const { manager, socket } = connected();
  manager.wire.maxPayload = 20;
  const fits = recorder();
  const excess = recorder();
  // Type of the engine's packet, type of the packet, id, brackets, name: 12 bytes of text besides the argument.
  socket.timeout(1000).emit("ab", "x".repeat(8), fits.callback);
  socket.timeout(1000).emit("ab", "x".repeat(9), excess.callback);
  socket.emit("c");
  assert.deepEqual(manager.wire.take(), ['20["ab","xxxxxxxx"]', '2["c"]']);
  manager.clock.advance(0);
  assert.deepEqual(refusalOf(excess.calls), {
    code: "ERR_TOO_LARGE",
    message: '"ab" (21 bytes) exceeds maxPayload (20 bytes)',
  });
  manager.wire.receive("30[]");
  manager.clock.advance(10_000);
  assert.deepEqual([fits.calls, excess.calls.length], [[[null]], 1]);
});

test("each attachment is measured by itself, and nothing of a packet leaves if one is too large", () => {
  const { manager, socket } = connected();
  const errors = logOf(manager, "error");
  const text = '452-["excess",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
  manager.wire.maxPayload = text.length - 1;
  socket.emit("excess", new Uint8Array(1), new Uint8Array(1));
  assert.equal(written(manager), 0, "the text alone has more");
  manager.wire.maxPayload = 130;
  socket.emit("fits", new Uint8Array(130), new Uint8Array(130));
  assert.equal(written(manager), 3);
  socket.emit("excess", new Uint8Array(1), new Uint8Array(131));
  assert.equal(written(manager), 0);
  manager.clock.advance(0);
  assert.deepEqual(errors.at(-1), ["error", '"excess" (131 bytes) exceeds maxPayload (130 bytes)']);
});

test("kept events that prove too large once connected are refused, and those around them are sent", () => {
  const { manager, socket, log } = opening();
  const { calls, callback } = recorder();
  socket.emit("before");
  socket.emit("excess", "x".repeat(100), callback);
  socket.emit("after");
  manager.wire.maxPayload = 50;
  accept(manager);
  manager.clock.advance(0);
  assert.deepEqual(manager.wire.take(), ['2["before"]', '2["after"]']);
  assert.equal(refusalOf(calls).code, "ERR_TOO_LARGE");
  assert.deepEqual(log, [["connect"]]);
});

test("retries: an event that is too large is not tried again, and the next one is sent", () => {
  const { manager, socket } = connected({ retries: 5, ackTimeout: 1000 });
  const errors = logOf(manager, "error");
  const { calls, callback } = recorder();
  manager.wire.maxPayload = 50;
  socket.emit("told", "x".repeat(100), callback);
  socket.emit("untold", "x".repeat(100));
  socket.emit("next");
  for (let turn = 0; turn < 4; turn++) manager.clock.advance(0);
  assert.deepEqual(manager.wire.take(), ['22["next"]']);
  assert.equal(refusalOf(calls).code, "ERR_TOO_LARGE");
  assert.deepEqual(errors, [["error", '"untold" (116 bytes) exceeds maxPayload (50 bytes)']]);
});

test("an answer that is too large is not sent, and settles no callback of ours", () => {
  const { manager, socket } = connected();
  const errors = logOf(manager, "error");
  const { calls, callback } = recorder();
  socket.emit("ours", callback);
  manager.wire.take();
  manager.wire.maxPayload = 50;
  socket.on("theirs", (answer: (text: string) => void) => answer("x".repeat(100)));
  manager.wire.receive('20["theirs"]');
  manager.clock.advance(0);
  assert.deepEqual([written(manager), errors.length, calls], [0, 1, []]);
});
