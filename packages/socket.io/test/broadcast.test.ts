import assert from "node:assert/strict";
import test from "node:test";
import type { Socket } from "socket.io";
import { serve, ticks, type FakeConnection } from "./support/fake-engine.ts";

interface Member {
  peer: FakeConnection;
  socket: Socket;
}

/** Members a, b, c, … of `/`, each in the rooms given for it. */
async function members(...rooms: string[][]) {
  const { io, engine, clock } = serve();
  const all: Member[] = [];
  for (const names of rooms) {
    const peer = engine.connect();
    const socket = io.sockets.sockets.get(await peer.join())!;
    void socket.join(names);
    all.push({ peer, socket });
  }
  /** How many packets each has got. */
  const received = () => all.map(({ peer }) => peer.take().length);
  return { io, engine, clock, all, received };
}

test("io.emit reaches everybody who is connected", async () => {
  const { io, all, engine } = await members([], []);
  const stranger = engine.connect();
  assert.equal(io.emit("a", 1), true);
  for (const { peer } of all) assert.deepEqual(peer.take(), ['2["a",1]']);
  assert.deepEqual(stranger.take(), []);
});

test("a socket in the middlewares gets no broadcasts, but its rooms are kept", async () => {
  const { io, engine } = serve();
  let agree: () => void = () => {};
  io.use((socket, next) => {
    void socket.join("early");
    agree = next;
  });
  const peer = engine.connect();
  peer.receive("0");
  io.emit("a");
  assert.deepEqual(peer.take(), []);
  agree();
  await ticks();
  peer.take();
  io.to("early").emit("b");
  assert.deepEqual(peer.take(), ['2["b"]']);
});

test("to and in reach the union of rooms, each socket once", async () => {
  const { io, received } = await members(["r1"], ["r2"], ["r1", "r2"], []);
  io.to("r1").emit("x");
  assert.deepEqual(received(), [1, 0, 1, 0]);
  io.to("r1").in("r2").emit("x");
  assert.deepEqual(received(), [1, 1, 1, 0]);
  io.to(["r1", "r2"]).emit("x");
  assert.deepEqual(received(), [1, 1, 1, 0]);
  io.to("nobody").emit("x");
  assert.deepEqual(received(), [0, 0, 0, 0]);
});

test("except leaves out whoever is in one of the rooms, by array or by chain", async () => {
  const { io, received } = await members(["r1"], ["r2"], ["r1", "r2"], []);
  io.except("r1").emit("x");
  assert.deepEqual(received(), [0, 1, 0, 1]);
  io.except(["r1", "r2"]).emit("x");
  assert.deepEqual(received(), [0, 0, 0, 1]);
  io.to("r1").except("r2").emit("x");
  assert.deepEqual(received(), [1, 0, 0, 0]);
  io.to(["r1", "r2"]).except("r2").emit("x");
  assert.deepEqual(received(), [1, 0, 0, 0]);
});

test("socket.broadcast and socket.to leave out the socket itself", async () => {
  const { all, received } = await members(["r1"], ["r1"], []);
  const { socket } = all[0]!;
  socket.broadcast.emit("x");
  assert.deepEqual(received(), [0, 1, 1]);
  socket.to("r1").emit("x");
  assert.deepEqual(received(), [0, 1, 0]);
  socket.except("r1").emit("x");
  assert.deepEqual(received(), [0, 0, 1]);
  socket.local.emit("x");
  assert.deepEqual(received(), [0, 1, 1]);
  socket.to(socket.id).emit("x");
  assert.deepEqual(received(), [0, 0, 0]);
});

test("the room named by an id reaches that socket", async () => {
  const { io, all, received } = await members([], []);
  io.to(all[1]!.socket.id).emit("x");
  assert.deepEqual(received(), [0, 1]);
});

test("operators are immutable", async () => {
  const { io, received } = await members(["r1"], ["r2"]);
  const first = io.to("r1");
  const both = first.to("r2");
  const volatile = first.volatile;
  first.emit("x");
  assert.deepEqual(received(), [1, 0]);
  both.emit("x");
  assert.deepEqual(received(), [1, 1]);
  assert.notEqual(volatile, first);
  assert.equal("broadcast" in first, false);
  assert.equal("send" in first, false);
  assert.notEqual(io.volatile, io.volatile);
});

test("flags set on a socket go with its broadcast, and not with the next packet", async () => {
  const { all } = await members([], []);
  const { socket, peer } = all[0]!;
  const other = all[1]!.peer;
  socket.volatile.compress(false).broadcast.emit("x");
  socket.emit("y");
  assert.deepEqual(other.writeOptions.at(-1), { preEncoded: true, volatile: true, compress: false });
  assert.deepEqual({ ...peer.writeOptions.at(-1) }, { volatile: undefined, compress: undefined });
});

test("a volatile broadcast skips those whose transport is busy", async () => {
  const { io, all, received } = await members([], []);
  all[0]!.peer.transport.writable = false;
  io.volatile.emit("x");
  assert.deepEqual(received(), [0, 1]);
});

test("a broadcast is encoded once", async () => {
  const { io, received } = await members([], [], []);
  const { encoder } = io;
  let calls = 0;
  const encode = encoder.encode.bind(encoder);
  encoder.encode = (packet) => {
    calls++;
    return encode(packet);
  };
  io.emit("x", Buffer.from([1]));
  assert.equal(calls, 1);
  assert.deepEqual(received(), [2, 2, 2]);
});

test("rooms are compared by identity: a number is another room than its digits", async () => {
  const { io, all, received } = await members(["5"], []);
  void all[1]!.socket.join(5 as unknown as string);
  io.to("5").emit("x");
  assert.deepEqual(received(), [1, 0]);
  io.to(5 as unknown as string).emit("x");
  assert.deepEqual(received(), [0, 1]);
});

test("join and leave are done on return; rooms is the adapter's live set", async () => {
  const { all } = await members([]);
  const { socket } = all[0]!;
  const { rooms } = socket;
  assert.deepEqual([...rooms], [socket.id]);
  assert.equal(socket.join(["r1", "r2"]), undefined);
  assert.deepEqual([...rooms], [socket.id, "r1", "r2"]);
  void socket.leave("r1");
  assert.deepEqual([...rooms], [socket.id, "r2"]);
  assert.equal(rooms, socket.nsp.adapter.sids.get(socket.id));
  socket.disconnect();
  assert.equal(socket.rooms.size, 0);
  void socket.join("r3");
  assert.equal(socket.rooms.size, 0);
  assert.equal(socket.nsp.adapter.rooms.size, 0);
});

test("a broadcast with a callback collects the first argument of each answer, in order of arrival", async () => {
  const { io, all } = await members([], []);
  const calls: unknown[][] = [];
  io.timeout(1000).emit("x", 1, (...args: unknown[]) => calls.push(args));
  assert.deepEqual(all[0]!.peer.take(), ['20["x",1]']);
  assert.deepEqual(all[1]!.peer.take(), ['20["x",1]']);
  all[1]!.peer.receive('30["b","more"]');
  await ticks();
  assert.deepEqual(calls, []);
  all[0]!.peer.receive('30["a"]');
  await ticks();
  assert.deepEqual(calls, [[null, ["b", "a"]]]);
});

test("a broadcast that not all answer in time gives an error and the answers there are", async () => {
  const { io, all, clock } = await members([], []);
  const calls: unknown[][] = [];
  io.timeout(1000).emit("x", (...args: unknown[]) => calls.push(args));
  all[1]!.peer.receive('30["b"]');
  await ticks();
  clock.advance(1000);
  assert.equal((calls[0]![0] as Error).message, "operation has timed out");
  assert.deepEqual(calls[0]![1], ["b"]);
  assert.equal(all[0]!.socket["acks"].size, 0);
  all[0]!.peer.receive('30["late"]');
  await ticks();
  assert.equal(calls.length, 1);
  assert.deepEqual(calls[0]![1], ["b"]);
});

test("a broadcast to nobody is answered by an empty list", async () => {
  const { io } = serve();
  assert.deepEqual(await io.to("nobody").timeout(1000).emitWithAck("x"), []);
});

test("emitWithAck of an operator resolves with all answers, or rejects with the answers there are", async () => {
  const { io, all, clock } = await members(["r"], ["r"], []);
  const answered = io.to("r").timeout(1000).emitWithAck("x");
  all[0]!.peer.receive("30[1]");
  all[1]!.peer.receive("30[2]");
  assert.deepEqual(await answered, [1, 2]);
  const partly = io.to("r").timeout(1000).emitWithAck("x");
  all[0]!.peer.receive("31[1]");
  await ticks();
  clock.advance(1000);
  await assert.rejects(partly, { message: "operation has timed out", responses: [1] });
});

test("a broadcast with a callback and without a timeout waits 1 ms", async (t) => {
  const warn = t.mock.method(process, "emitWarning", () => {});
  const { io, clock } = await members([]);
  const calls: unknown[][] = [];
  const emit = (): unknown =>
    (io as unknown as { emit(...args: unknown[]): unknown }).emit("x", (...args: unknown[]) => calls.push(args));
  assert.equal(emit(), true);
  assert.equal(emit(), true);
  await ticks();
  assert.equal(calls.length, 0);
  clock.advance(1);
  assert.equal(calls.length, 2);
  assert.match(String(calls[0]![0]), /timed out/);
  assert.equal(warn.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0]!.arguments[0]), /timeout\(\)/);
});

test("emitWithAck of the server and of namespaces: what was answered within 1 ms, or an error with it", async () => {
  const { io, clock, all } = await members([], []);
  const refused = io.emitWithAck("x", "y");
  for (const { peer } of all) assert.deepEqual(peer.take(), ['20["x","y"]']);
  all[0]!.peer.receive("30[5]");
  await ticks();
  clock.advance(1);
  await assert.rejects(refused, { message: "operation has timed out", responses: [5] });
  const answers = io.of("/").emitWithAck("x");
  for (const { peer } of all) peer.receive("31[7,8]");
  assert.deepEqual(await answers, [7, 7]);
  await assert.rejects(io.emitWithAck("disconnect"), { message: '"disconnect" is a reserved event name' });
});

test("an argument that cannot be encoded throws at the caller, and the callback is not called", async () => {
  const { io, clock } = await members([]);
  const circular: { self?: unknown } = {};
  circular.self = circular;
  let called = false;
  assert.throws(() => io.timeout(10).emit("x", circular, () => (called = true)), TypeError);
  clock.advance(100);
  assert.equal(called, false);
});

test("the callback of a broadcast is not called before emit returns: not to the sockets of this server, and not to none", async () => {
  const { io } = await members(["r"]);
  for (const to of [io.to("nobody"), io.local.to("nobody")]) {
    const order: unknown[] = [];
    to.timeout(10).emit("x", (...answer: unknown[]) => order.push(answer));
    order.push("returned");
    await ticks();
    assert.deepEqual(order, ["returned", [null, []]]);
  }
});

test("fetchSockets gives the sockets themselves", async () => {
  const { io, all } = await members(["r"], []);
  assert.deepEqual(await io.in("r").fetchSockets(), [all[0]!.socket]);
  assert.equal((await io.fetchSockets()).length, 2);
  assert.equal((await io.of("/").except("r").fetchSockets()).length, 1);
});

test("sockets of other servers are fetched as snapshots that act through the adapter", async () => {
  const { io } = serve();
  const log: unknown[] = [];
  const { adapter } = io.of("/");
  const details = { id: "far", handshake: { issued: 1 }, rooms: ["far", "r"], data: { name: "x" } };
  adapter.fetchSockets = () => Promise.resolve([details]);
  adapter.addSockets = (target, rooms) => log.push(["join", [...target.rooms], rooms]);
  adapter.delSockets = (target, rooms) => log.push(["leave", [...target.rooms], rooms]);
  adapter.disconnectSockets = (target, close) => log.push(["disconnect", [...target.rooms], close]);
  adapter.broadcast = (packet, target) => log.push(["emit", [...target.rooms], packet.data]);
  adapter.broadcastWithAck = (_packet, _target, count, ack) => {
    count(1);
    ack("answer");
  };
  const [remote] = await io.fetchSockets();
  assert.equal(remote!.id, "far");
  assert.deepEqual([...remote!.rooms], ["far", "r"]);
  assert.equal(remote!.data, details.data);
  remote!.join("a");
  remote!.leave("a");
  remote!.emit("x", 1);
  assert.equal(remote!.disconnect(true), remote);
  assert.deepEqual(log, [
    ["join", ["far"], ["a"]],
    ["leave", ["far"], ["a"]],
    ["emit", ["far"], ["x", 1]],
    ["disconnect", ["far"], true],
  ]);
  // One receiver, one answer: no list.
  assert.equal(await remote!.timeout(10).emitWithAck("x"), "answer");
  assert.equal("emitWithAck" in remote!, false);
});

test("errors of the adapter reject fetchSockets", async () => {
  const { io } = serve();
  io.of("/").adapter.fetchSockets = () => Promise.reject(new Error("far away"));
  await assert.rejects(io.fetchSockets(), /far away/);
});

test("socketsJoin and socketsLeave move the sockets that match", async () => {
  const { io, all } = await members(["r"], []);
  io.in("r").socketsJoin(["s", "t"]);
  io.socketsJoin("u");
  assert.deepEqual([...all[0]!.socket.rooms].slice(1), ["r", "s", "t", "u"]);
  assert.deepEqual([...all[1]!.socket.rooms].slice(1), ["u"]);
  io.in("s").socketsLeave("t");
  io.of("/").socketsLeave(["u"]);
  assert.deepEqual([...all[0]!.socket.rooms].slice(1), ["r", "s"]);
  assert.deepEqual([...all[1]!.socket.rooms].slice(1), []);
});

test("disconnectSockets disconnects the sockets that match, with or without their connections", async () => {
  const { io, all } = await members(["r"], ["s"], []);
  io.in("r").disconnectSockets();
  assert.deepEqual(
    all.map(({ socket }) => socket.connected),
    [false, true, true],
  );
  assert.equal(all[0]!.peer.readyState, "open");
  io.in("s").disconnectSockets(true);
  assert.equal(all[1]!.peer.readyState, "closed");
  io.disconnectSockets();
  assert.equal(io.sockets.sockets.size, 0);
});

test("allSockets resolves with the ids", async () => {
  const { io, all } = await members(["r"], []);
  assert.deepEqual(await io.allSockets(), new Set(all.map(({ socket }) => socket.id)));
  assert.deepEqual(await io.in("r").allSockets(), new Set([all[0]!.socket.id]));
});

test("send and write of server and namespace emit a message and return what they were called on", async () => {
  const { io, all } = await members([]);
  assert.equal(io.send(1), io);
  assert.equal(io.write(2), io);
  assert.equal(io.of("/").send(3), io.of("/"));
  assert.equal(io.of("/").write(4), io.of("/"));
  assert.deepEqual(
    all[0]!.peer.take(),
    [1, 2, 3, 4].map((n) => `2["message",${n}]`),
  );
});

test("an adapter of an older make may send encoded packets through socket.packet", async () => {
  const { all } = await members([]);
  const { socket, peer } = all[0]!;
  const packet = socket["packet"].bind(socket);
  packet(['2["old"]'], { preEncoded: true, volatile: undefined, compress: true });
  peer.transport.writable = false;
  packet(['2["dropped"]'], { preEncoded: true, volatile: true, compress: true });
  assert.deepEqual(peer.take(), ['2["old"]']);
});

test("serverSideEmit on the in-memory adapter warns, and reserved names throw", (t) => {
  const { io } = serve();
  const warn = t.mock.method(console, "warn", () => {});
  assert.equal(io.serverSideEmit("x", 1), true);
  assert.deepEqual(warn.mock.calls[0]!.arguments, ["this adapter does not support the serverSideEmit() functionality"]);
  for (const name of ["connect", "connection", "new_namespace"]) {
    assert.throws(() => io.serverSideEmit(name), { message: `"${name}" is a reserved event name` });
  }
  io.serverSideEmit("disconnect");
});

test("what other servers emit reaches the listeners of the namespace, and an error event does not throw", () => {
  const { io } = serve();
  const calls: unknown[][] = [];
  io.on("hello", (...args: unknown[]) => calls.push(args));
  io.of("/")["_onServerSideEmit"](["hello", 1, 2]);
  io.of("/")["_onServerSideEmit"](["error", new Error("x")]);
  assert.deepEqual(calls, [[1, 2]]);
});

test("serverSideEmitWithAck resolves with the answers of the servers, or rejects with those there are", async () => {
  const { io } = serve();
  const { adapter } = io.of("/");
  adapter.serverSideEmit = (packet) => packet.pop()(null, [1, 2]);
  assert.deepEqual(await io.serverSideEmitWithAck("x"), [1, 2]);
  adapter.serverSideEmit = (packet) => packet.pop()(new Error("late"), [1]);
  await assert.rejects(io.serverSideEmitWithAck("x"), { message: "late", responses: [1] });
});
