import assert from "node:assert/strict";
import test from "node:test";
import { connected, ticks } from "./support/fake-engine.ts";

test("an emit takes any arguments and returns true", async () => {
  const { socket, peer } = await connected();
  assert.equal(socket.emit("a", 1, "two", null, undefined, true, { b: [1] }, new Date(0)), true);
  assert.equal(socket.emit("bare"), true);
  assert.deepEqual(peer.take(), ['2["a",1,"two",null,null,true,{"b":[1]},"1970-01-01T00:00:00.000Z"]', '2["bare"]']);
});

test("a listener gets the arguments of the event", async () => {
  const { socket, peer } = await connected();
  const calls: unknown[][] = [];
  socket.on("a", (...args: unknown[]) => calls.push(args));
  peer.receive('2["a",1,"two",null,{"b":[true]}]', '2["a"]');
  await ticks();
  assert.deepEqual(calls, [[1, "two", null, { b: [true] }], []]);
});

test("numbers are event names too", async () => {
  const { socket, peer } = await connected();
  const calls: unknown[][] = [];
  (socket as unknown as NodeJS.EventEmitter).on(5 as unknown as string, (...args: unknown[]) => calls.push(args));
  peer.receive('2[5,"x"]');
  await ticks();
  assert.deepEqual(calls, [["x"]]);
});

test("binary is sent at any depth", async () => {
  const { socket, peer } = await connected();
  socket.emit("bin", Buffer.from([1, 2]), { deep: [{ er: new Uint8Array([3]) }] });
  const [text, ...attachments] = peer.take();
  assert.equal(text, '52-["bin",{"_placeholder":true,"num":0},{"deep":[{"er":{"_placeholder":true,"num":1}}]}]');
  assert.deepEqual(
    attachments.map((attachment) => Buffer.from(attachment as Buffer).toString("hex")),
    ["0102", "03"],
  );
});

test("binary is received at any depth, in one event", async () => {
  const { socket, peer } = await connected();
  const calls: unknown[][] = [];
  socket.on("bin", (...args: unknown[]) => calls.push(args));
  peer.receive('52-["bin",{"a":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]');
  await ticks();
  assert.deepEqual(calls, []);
  peer.receive(Buffer.from([1]), Buffer.from([2, 3]));
  await ticks();
  assert.deepEqual(calls, [[{ a: [Buffer.from([2, 3])] }, Buffer.from([1])]]);
});

test("send and write emit a message and return the socket", async () => {
  const { socket, peer } = await connected();
  assert.equal(socket.send(1), socket);
  assert.equal(socket.write(2), socket);
  assert.deepEqual(peer.take(), ['2["message",1]', '2["message",2]']);
});

test("reserved names throw; connection, error and new_namespace are not reserved", async () => {
  const { socket, peer, io } = await connected();
  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
    const expected = { message: `"${name}" is a reserved event name` };
    assert.throws(() => socket.emit(name), expected);
    assert.throws(() => io.emit(name), expected);
    assert.throws(() => io.of("/").emit(name), expected);
    assert.throws(() => io.to("room").emit(name), expected);
  }
  for (const name of ["connection", "error", "new_namespace"]) socket.emit(name);
  assert.deepEqual(peer.take(), ['2["connection"]', '2["error"]', '2["new_namespace"]']);
});

test("volatile packets are dropped while the transport is busy, attachments included", async () => {
  const { socket, peer } = await connected();
  socket.volatile.emit("a");
  peer.transport.writable = false;
  socket.volatile.emit("b", Buffer.from([1]));
  socket.emit("c");
  peer.transport.writable = true;
  socket.volatile.emit("d");
  assert.deepEqual(peer.take(), ['2["a"]', '2["c"]', '2["d"]']);
});

test("compress and volatile hold for the next packet only", async () => {
  const { socket, peer } = await connected();
  peer.writeOptions.splice(0);
  assert.equal(socket.compress(false), socket);
  socket.emit("a");
  socket.emit("b");
  socket.volatile.compress(true).emit("c");
  assert.deepEqual(
    peer.writeOptions.map((options) => ({ ...options })),
    [
      { volatile: undefined, compress: false },
      { volatile: undefined, compress: undefined },
      { volatile: true, compress: true },
    ],
  );
});

test("onAny hears every event before the middlewares, those that are refused too", async () => {
  const { socket, peer } = await connected();
  const log: unknown[] = [];
  const listener = (...args: unknown[]) => log.push(["any", ...args]);
  socket.use((_event, next) => next(new Error("no")));
  socket.on("error", (error) => log.push(error.message));
  assert.equal(socket.onAny(listener), socket);
  assert.equal(
    socket.prependAny(() => log.push("first")),
    socket,
  );
  peer.receive('2["a",1]');
  await ticks();
  assert.deepEqual(log, ["first", ["any", "a", 1], "no"]);
  assert.equal(socket.listenersAny().length, 2);
  socket.offAny(listener);
  assert.equal(socket.listenersAny().length, 1);
  socket.offAny();
  assert.deepEqual(socket.listenersAny(), []);
});

test("onAny gets the function that answers", async () => {
  const { socket, peer } = await connected();
  socket.onAny((_name, value, ack) => ack(value));
  peer.receive('27["a",1]');
  await ticks();
  assert.deepEqual(peer.take(), ["37[1]"]);
});

test("onAnyOutgoing hears emits and broadcasts, without their callbacks", async () => {
  const { socket, peer, io } = await connected();
  const log: unknown[][] = [];
  const listener = (...args: unknown[]) => log.push(args);
  assert.equal(socket.onAnyOutgoing(listener), socket);
  socket.prependAnyOutgoing((...args) => log.push(["first", ...args]));
  socket.emit("a", 1, () => {});
  io.emit("b", 2);
  assert.deepEqual(log, [
    ["first", "a", 1],
    ["a", 1],
    ["first", "b", 2],
    ["b", 2],
  ]);
  socket.offAnyOutgoing(listener);
  assert.equal(socket.listenersAnyOutgoing().length, 1);
  socket.offAnyOutgoing();
  socket.emit("c");
  assert.equal(log.length, 4);
  assert.equal(peer.take().length, 3);
});

test("middlewares of a socket see events in order and may change them", async () => {
  const { socket, peer } = await connected();
  const calls: unknown[] = [];
  assert.equal(
    socket.use((event, next) => {
      event.push("added");
      next();
    }),
    socket,
  );
  socket.on("a", (...args: unknown[]) => calls.push(args));
  peer.receive('2["a",1]', '2["a",2]');
  await ticks();
  assert.deepEqual(calls, [
    [1, "added"],
    [2, "added"],
  ]);
});

test("an event that went through middlewares still comes before the disconnect that follows it", async () => {
  const { socket, peer } = await connected();
  const log: string[] = [];
  socket.use((_event, next) => next());
  socket.on("bye", () => log.push("bye"));
  socket.on("disconnect", (reason) => log.push(reason));
  peer.receive('2["bye"]', "1");
  await ticks();
  assert.deepEqual(log, ["bye", "client namespace disconnect"]);
});

test("events in flight when the server disconnects are not delivered", async () => {
  const { socket, peer } = await connected();
  const log: string[] = [];
  socket.on("kick", () => socket.disconnect());
  socket.on("late", () => log.push("late"));
  peer.receive('2["kick"]', '2["late"]');
  await ticks();
  assert.deepEqual(log, []);
});

test("events that wait for a middleware when the server disconnects are not delivered", async () => {
  const { socket, peer } = await connected();
  const log: string[] = [];
  let pass: () => void = () => {};
  socket.use((_event, next) => {
    pass = next;
  });
  socket.on("late", () => log.push("late"));
  peer.receive('2["late"]');
  await ticks();
  socket.disconnect();
  pass();
  await ticks();
  assert.deepEqual(log, []);
});

test("an error event from a peer never throws, even with all listeners removed", async () => {
  const { socket, peer } = await connected();
  assert.equal(socket.listenerCount("error"), 1);
  peer.receive('2["error","x"]');
  await ticks();
  socket.removeAllListeners();
  const names: string[] = [];
  socket.onAny((name) => names.push(name));
  peer.receive('2["error","x"]', '2["a",1]');
  await ticks();
  assert.deepEqual(names, ["error", "a"]);
  assert.equal(peer.readyState, "open");
});

test("names of object members are ordinary event names", async () => {
  const { socket, peer } = await connected();
  const names: string[] = [];
  socket.onAny((name) => names.push(name));
  peer.receive('2["__proto__"]', '2["constructor"]', '2["hasOwnProperty"]', '2["connection"]');
  await ticks();
  assert.deepEqual(names, ["__proto__", "constructor", "hasOwnProperty", "connection"]);
});

test("the socket is a Node EventEmitter, also by its prototype and older method names", async () => {
  const { EventEmitter } = await import("node:events");
  const { socket, peer } = await connected();
  const calls: unknown[] = [];
  const listener = (value: unknown) => calls.push(value);
  socket.addListener("a", listener);
  EventEmitter.prototype.emit.apply(socket, ["a", 1]);
  socket.removeListener("a", listener);
  EventEmitter.prototype.emit.apply(socket, ["a", 2]);
  assert.deepEqual(calls, [1]);
  assert.equal("addEventListener" in socket, false);
  assert.deepEqual(peer.take(), []);
});
