import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { connected, serve, ticks } from "./support/fake-engine.ts";

test("a listener answers an event with an id, once, with any arguments", async () => {
  const { socket, peer } = await connected();
  socket.on("a", (value: unknown, ack: (...args: unknown[]) => void) => {
    ack(value, "two");
    ack("again");
  });
  peer.receive('212["a",1]', '20["a",null]');
  await ticks();
  assert.deepEqual(peer.take(), ['312[1,"two"]', '30[null,"two"]']);
});

test("an answer may hold binary", async () => {
  const { socket, peer } = await connected();
  socket.on("a", (ack: (data: Buffer) => void) => ack(Buffer.from([7])));
  peer.receive('25["a"]');
  await ticks();
  assert.deepEqual(peer.take(), ['61-5[{"_placeholder":true,"num":0}]', Buffer.from([7])]);
});

test("an answer that cannot be encoded throws, and another may be given", async () => {
  const { socket, peer } = await connected();
  socket.on("a", (ack: (answer: unknown) => void) => {
    assert.throws(() => ack(1n), TypeError);
    ack("instead");
    ack("again");
  });
  peer.receive('25["a"]');
  await ticks();
  assert.deepEqual(peer.take(), ['35["instead"]']);
});

test("an answer after the socket has left is dropped", async () => {
  const { socket, peer } = await connected();
  let answer: () => void = () => {};
  socket.on("a", (ack: () => void) => {
    answer = ack;
  });
  peer.receive('25["a"]');
  await ticks();
  socket.disconnect();
  peer.take();
  answer();
  assert.deepEqual(peer.take(), []);
});

test("ids of acknowledgements count from 0, for all sockets of a namespace together", async () => {
  const { io, engine, peer, socket } = await connected();
  const other = engine.connect();
  const otherSocket = io.sockets.sockets.get(await other.join())!;
  socket.emit("a", () => {});
  otherSocket.emit("a", () => {});
  socket.emit("a", () => {});
  assert.deepEqual(peer.take(), ['20["a"]', '22["a"]']);
  assert.deepEqual(other.take(), ['21["a"]']);
});

test("the callback gets the answer once; unknown ids and answers without id are ignored", async () => {
  const { socket, peer } = await connected();
  const answers: unknown[][] = [];
  socket.emit("a", (...args: unknown[]) => answers.push(args));
  peer.receive("399[1]", "3[1]", '30["x",{"y":1}]', '30["again"]');
  await ticks();
  assert.deepEqual(answers, [["x", { y: 1 }]]);
  assert.equal(peer.readyState, "open");
});

test("emitWithAck resolves with the first argument of the answer", async () => {
  const { socket, peer } = await connected();
  const answer = socket.emitWithAck("a", 1);
  assert.deepEqual(peer.take(), ['20["a",1]']);
  peer.receive('30["first","second"]');
  assert.equal(await answer, "first");
});

test("emitWithAck rejects when the socket disconnects, or has", async () => {
  const { socket, peer } = await connected();
  const waiting = socket.emitWithAck("a");
  peer.end("transport close");
  await assert.rejects(waiting, /disconnected/);
  await assert.rejects(socket.emitWithAck("a"), /disconnected/);
});

test("a callback with a timeout gets null and the answer", async () => {
  const { socket, peer, clock } = await connected();
  const calls: unknown[][] = [];
  socket.timeout(1000).emit("a", (...args: unknown[]) => calls.push(args));
  peer.receive("30[1,2]");
  await ticks();
  clock.advance(5000);
  assert.deepEqual(calls, [[null, 1, 2]]);
});

test("a callback with a timeout gets an error when time is up, and a late answer is ignored", async () => {
  const { socket, peer, clock } = await connected();
  const calls: unknown[][] = [];
  socket.timeout(1000).emit("a", (...args: unknown[]) => calls.push(args));
  clock.advance(999);
  assert.equal(calls.length, 0);
  clock.advance(1);
  peer.receive("30[1]");
  await ticks();
  assert.equal(calls.length, 1);
  assert.equal((calls[0]![0] as Error).message, "operation has timed out");
  assert.deepEqual(
    calls.map((args) => args.length),
    [1],
  );
});

test("emitWithAck with a timeout resolves with the answer or rejects when time is up", async () => {
  const { socket, peer, clock } = await connected();
  const answered = socket.timeout(10).emitWithAck("a");
  const late = socket.timeout(20).emitWithAck("a");
  peer.receive("30[1]");
  assert.equal(await answered, 1);
  clock.advance(20);
  await assert.rejects(late, { message: "operation has timed out" });
});

test("after a disconnect plain callbacks are forgotten and timed ones still time out", async () => {
  const { socket, peer, clock } = await connected();
  const log: string[] = [];
  socket.emit("a", () => log.push("plain"));
  socket.timeout(1000).emit("b", (error: Error) => log.push(error.message));
  peer.end("transport close");
  assert.equal(socket["acks"].size, 0);
  socket.timeout(500).emit("c", (error: Error) => log.push(`late ${error.message}`));
  clock.advance(1000);
  assert.deepEqual(log, ["late operation has timed out", "operation has timed out"]);
});

test("a timeout holds for the next emit only", async () => {
  const { socket, peer } = await connected();
  const calls: unknown[][] = [];
  socket.timeout(1000).emit("a");
  socket.emit("b", (...args: unknown[]) => calls.push(args));
  peer.receive("30[1]");
  await ticks();
  assert.deepEqual(calls, [[1]]);
});

test("a thousand timed acknowledgements need one timer", async () => {
  const { socket, clock } = await connected();
  for (let i = 0; i < 1000; i++) socket.timeout(1000 + i).emit("a", () => {});
  assert.equal(clock.timers, 1);
});

test("adapters may add to the acknowledgements by themselves", async () => {
  const { socket, peer } = await connected();
  const answers: unknown[][] = [];
  socket["acks"].set(77, (...args: unknown[]) => answers.push(args));
  peer.receive("377[1]");
  await ticks();
  assert.deepEqual(answers, [[1]]);
});

describe("acknowledgements of a peer that leaves", () => {
  test("promises are rejected, with a timeout or without, and nothing stays", async () => {
    const { socket, peer, clock } = await connected();
    const refusal = { message: "socket has been disconnected" };
    const waiting = [socket.emitWithAck("a"), socket.timeout(1000).emitWithAck("b")];
    socket.emit("c", () => assert.fail("plain callbacks are forgotten"));
    const late: unknown[] = [];
    socket.timeout(1000).emit("d", (...args: unknown[]) => late.push(args));
    peer.end("transport close");
    for (const each of waiting) await assert.rejects(each, refusal);
    await assert.rejects(socket.timeout(1000).emitWithAck("e"), refusal);
    assert.equal(socket["acks"].size, 0);
    assert.deepEqual(late, []);
    clock.advance(999);
    assert.deepEqual(late, []);
    clock.advance(1);
    assert.equal(String(late), "Error: operation has timed out");
    assert.equal(clock.timers, 0);
  });

  test("promises of a socket that is never let in are rejected as well", async () => {
    const { io, engine } = serve();
    const asked: Promise<unknown>[] = [];
    io.use((socket, next) => {
      asked.push(socket.emitWithAck("who"), socket.timeout(100).emitWithAck("who"));
      if (asked.length === 2) next(new Error("no"));
    });
    const peer = engine.connect();
    peer.receive("0");
    for (const each of asked) await assert.rejects(each, { message: "socket has been disconnected" });
    await ticks();
    peer.receive("0");
    peer.end("transport close");
    assert.equal(asked.length, 4);
    for (const each of asked) await assert.rejects(each, { message: "socket has been disconnected" });
  });

  test("an event that cannot be encoded throws, and nobody waits for its answer", async () => {
    const { socket, clock } = await connected();
    const circular: { self?: unknown } = {};
    circular.self = circular;
    assert.throws(() => socket.emit("a", circular, () => assert.fail("was never sent")));
    assert.throws(() => socket.timeout(10).emit("a", circular, () => assert.fail("was never sent")));
    await assert.rejects(socket.emitWithAck("a", circular));
    assert.equal(socket["acks"].size, 0);
    clock.advance(10);
  });
});
