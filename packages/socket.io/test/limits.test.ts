import assert from "node:assert/strict";
import test from "node:test";
import { serve, ticks } from "./support/fake-engine.ts";

test("a connection may have maxNamespacesPerConnection namespaces at a time, by default 100", async () => {
  for (const [options, max] of [
    [{}, 100],
    [{ maxNamespacesPerConnection: 3 }, 3],
  ] as const) {
    const { io, engine } = serve(options);
    io.of(/^\/dyn-/);
    const peer = engine.connect();
    for (let i = 0; i < 2000; i++) peer.receive(`0/dyn-${i},`);
    await ticks();
    const answers = peer.take().map(String);
    assert.equal(answers.filter((answer) => answer.startsWith("0")).length, max);
    assert.equal(answers.filter((answer) => answer.includes('{"message":"Too many namespaces"}')).length, 2000 - max);
    assert.equal(io._nsps.size, 1 + max);
    peer.receive("1/dyn-0,");
    await ticks();
    await peer.join("/dyn-1999");
  }
});

test("nothing is kept of the namespaces of a flood, with cleanupEmptyChildNamespaces", async () => {
  const { io, engine } = serve({ cleanupEmptyChildNamespaces: true });
  const parent = io.of(/^\/dyn-/);
  const peer = engine.connect();
  for (let i = 0; i < 50_000; i++) peer.receive(`0/dyn-${i},`);
  await ticks();
  assert.equal(io._nsps.size, 101);
  peer.end("transport close");
  assert.equal(io._nsps.size, 1);
  assert.equal((parent as unknown as { children: Set<unknown> }).children.size, 0);
});

test("by joining and leaving a connection makes no more than maxCreatedNamespacesPerConnection namespaces", async () => {
  const { io, engine } = serve({ maxCreatedNamespacesPerConnection: 10 });
  io.of(/^\/dyn-/);
  const peer = engine.connect();
  for (let i = 0; i < 20; i++) {
    peer.receive(`0/dyn-${i},`);
    await ticks();
    if (i < 10) peer.receive(`1/dyn-${i},`);
    await ticks();
  }
  assert.equal(io._nsps.size, 11);
  assert.equal(peer.take().at(-1), '4/dyn-19,{"message":"Too many namespaces"}');
  await peer.join("/dyn-3");
});

test("namespaces that were cleaned up do not count as created", async () => {
  const { io, engine } = serve({ maxCreatedNamespacesPerConnection: 2, cleanupEmptyChildNamespaces: true });
  io.of(/^\/dyn-/);
  const peer = engine.connect();
  for (let i = 0; i < 20; i++) {
    await peer.join(`/dyn-${i}`);
    peer.receive(`1/dyn-${i},`);
    await ticks();
  }
  assert.equal(io._nsps.size, 1);
});

test("requests that wait for a matcher count as namespaces of the connection", async () => {
  const { io, engine } = serve({ maxNamespacesPerConnection: 5 });
  let asked = 0;
  io.of(() => void asked++);
  const peer = engine.connect();
  for (let i = 0; i < 100; i++) peer.receive(`0/dyn-${i},`);
  await ticks();
  assert.equal(asked, 5);
});

test("the same CONNECT once more, while the first is with the middlewares, is one too many, and ignored", async () => {
  const { io, engine } = serve();
  let asked = 0;
  let connections = 0;
  const agree: (() => void)[] = [];
  io.use((_, next) => {
    asked++;
    agree.push(next);
  });
  io.on("connection", () => connections++);
  const peer = engine.connect();
  for (let i = 0; i < 100; i++) peer.receive("0");
  assert.equal(io.of("/")._preConnectSockets.size, 1);
  for (const next of agree) next();
  await ticks();
  assert.deepEqual([asked, connections, peer.readyState], [1, 1, "open"]);
});

test("an incomplete binary packet above maxIncompletePacketSize closes the connection with an error", async () => {
  const { io, engine } = serve({ maxHttpBufferSize: 1000 });
  const log: string[] = [];
  io.on("connection", (socket) => {
    socket.on("error", (error) => log.push(error.message));
    socket.on("disconnect", (reason) => log.push(reason));
  });
  const peer = engine.connect();
  await peer.join();
  const header = '59-["x"]';
  peer.receive(header, Buffer.alloc(900));
  assert.equal(peer.readyState, "open");
  peer.receive(Buffer.alloc(100));
  assert.deepEqual(log, ["incomplete packet of 1008 bytes exceeds maxIncompletePacketSize (1000)", "forced close"]);
});

test("a packet that is complete in time is delivered whatever came before it", async () => {
  const { io, engine } = serve({ maxIncompletePacketSize: 1000 });
  let events = 0;
  io.on("connection", (socket) => socket.on("x", () => events++));
  const peer = engine.connect();
  await peer.join();
  for (let i = 0; i < 10; i++) {
    peer.receive('52-["x"]', Buffer.alloc(900), Buffer.alloc(900));
  }
  await ticks();
  assert.equal(events, 10);
  assert.equal(peer.readyState, "open");
});

test("before a namespace is joined an incomplete packet may have 100 kB", () => {
  const { engine } = serve();
  const peer = engine.connect();
  peer.receive('59-["x"]', Buffer.alloc(99_000));
  assert.equal(peer.readyState, "open");
  peer.receive(Buffer.alloc(1000));
  assert.equal(peer.readyState, "closed");
});

test("a packet of which no byte comes for incompletePacketTimeout closes the connection, by default 10 s", async () => {
  for (const [options, timeoutMs] of [
    [{}, 10_000],
    [{ incompletePacketTimeout: 1000 }, 1000],
  ] as const) {
    const { engine, clock } = serve(options);
    const [silent, steady, arriving, quick] = [engine.connect(), engine.connect(), engine.connect(), engine.connect()];
    for (const peer of [silent, steady, arriving, quick]) {
      await peer.join();
      peer.receive('53-["x"]', Buffer.alloc(1));
    }
    clock.advance(timeoutMs - 1);
    steady.receive(Buffer.alloc(1));
    quick.receive(Buffer.alloc(1), Buffer.alloc(1));
    // Part of a message, by the bytes of its connection.
    Object.assign(arriving.transport, { receivedBytes: 1 });
    clock.advance(1);
    assert.deepEqual(
      [silent, steady, arriving, quick].map((peer) => peer.readyState),
      ["closed", "open", "open", "open"],
    );
    clock.advance(timeoutMs - 1);
    assert.equal(steady.readyState, "closed");
    clock.advance(1);
    assert.deepEqual(
      [steady, arriving, quick].map((peer) => peer.readyState),
      ["closed", "closed", "open"],
    );
    clock.advance(10_000);
    assert.equal(clock.timers, 0);
  }
});

test("names of events and namespaces may have maxNameLength characters, by default 1024", async () => {
  const { io, engine } = serve();
  io.of(/^\/n/);
  const heard: number[] = [];
  io.on("connection", (socket) => socket.onAny((name: string) => heard.push(name.length)));
  for (const [packet, isTaken] of [
    [`2["${"x".repeat(1024)}"]`, true],
    [`2["${"x".repeat(1025)}"]`, false],
    [`2[${"1".repeat(300)}]`, true],
    [`0/${"n".repeat(1023)},`, true],
    [`0/${"n".repeat(1024)},`, false],
    [`3/${"n".repeat(100_000)},1[]`, false],
  ] as const) {
    const peer = engine.connect();
    await peer.join();
    peer.receive(packet);
    await ticks();
    assert.equal(peer.readyState === "open", isTaken, packet.slice(0, 10));
  }
  assert.deepEqual(heard.slice(0, 1), [1024]);
});

test("a client of Socket.IO 2 may have a query of 8 KiB with the name of its namespace", async () => {
  const { io, engine } = serve();
  io.of("/n");
  for (const [packet, isTaken] of [
    [`0/n?q=${"x".repeat(8 * 1024)},`, true],
    [`0/n?q=${"x".repeat(9 * 1024)},`, false],
    [`0/${"n".repeat(2000)},`, false],
  ] as const) {
    const peer = engine.connect("websocket", undefined, 3);
    await ticks();
    peer.receive(packet);
    await ticks();
    assert.equal(peer.readyState === "open", isTaken, packet.slice(0, 10));
  }
});

test("a client that leaves maxPendingAcks events without an answer is disconnected, and those who wait are told", async () => {
  const { io, engine } = serve({ maxPendingAcks: 10 });
  const log: unknown[] = [];
  const peer = engine.connect();
  await peer.join();
  const [socket] = await io.fetchSockets().then((all) => all.map(({ id }) => io.sockets.sockets.get(id)!));
  socket!.on("error", (error: NodeJS.ErrnoException) => log.push(error.code));
  socket!.on("disconnect", (reason) => log.push(reason));
  const answers = Array.from({ length: 10 }, () => socket!.emitWithAck("x"));
  peer.receive("30[]");
  await ticks();
  assert.equal(socket!.connected, true);
  answers.push(socket!.emitWithAck("x"), socket!.emitWithAck("x"));
  const settled = await Promise.allSettled(answers);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", ...Array.from({ length: 11 }, () => "rejected")],
  );
  assert.deepEqual(log, ["ERR_TOO_MANY_ACKS", "forced close"]);
});

test("a custom parser that checks nothing lets no reserved or odd event name reach the listeners", async () => {
  const { EventEmitter } = await import("node:events");
  class Decoder extends EventEmitter {
    add(text: string): void {
      this.emit("decoded", JSON.parse(text));
    }
    destroy(): void {}
  }
  class Encoder {
    encode(packet: object): string[] {
      return [JSON.stringify(packet)];
    }
  }
  for (const data of [["disconnect"], ["newListener"], [{ toString: 1 }], [null], "text", undefined]) {
    const { io, engine } = serve({ parser: { Encoder, Decoder } });
    io.on("connection", (socket) => socket.onAny(() => assert.fail("reached a listener")));
    const peer = engine.connect();
    peer.receive(JSON.stringify({ type: 0, nsp: "/" }));
    await ticks();
    assert.equal((JSON.parse(String(peer.take()[0])) as { type: number }).type, 0);
    peer.receive(JSON.stringify({ type: 2, nsp: "/", data }));
    await ticks();
    assert.equal(peer.readyState, "closed", JSON.stringify(data));
  }
});

test("a connection that has ended leaves no timers and no sockets", async () => {
  const { io, engine, clock } = serve();
  const peer = engine.connect();
  await peer.join();
  peer.receive('52-["x"]');
  peer.end("transport close");
  assert.equal(io.sockets.sockets.size, 0);
  clock.advance(45_000);
  assert.equal(clock.timers, 0);
});

/** A connection with a socket in `/` and one in `/n`, and what their `error` events said. */
async function twoSockets(options: Parameters<typeof serve>[0]) {
  const { io, engine } = serve(options);
  const errors: unknown[] = [];
  const peer = engine.connect();
  for (const nsp of ["/", "/n"]) io.of(nsp).on("connection", (socket) => socket.on("error", (e) => errors.push(e)));
  const [first, second] = [await peer.join(), await peer.join("/n")];
  return { io, engine, peer, errors, a: io.sockets.sockets.get(first)!, b: io.of("/n").sockets.get(second)! };
}

test("the sockets of a connection may be in maxRoomsPerConnection rooms together, by default 10,000", async () => {
  for (const [options, max] of [
    [{}, 10_000],
    [{ maxRoomsPerConnection: 10 }, 10],
  ] as const) {
    const { a, b, peer, errors } = await twoSockets(options);
    // Each is in the room of its own id.
    await a.join(Array.from({ length: max - 3 }, (_, i) => `r${i}`));
    await b.join("x");
    const refusal = { name: "LimitError", code: "ERR_TOO_MANY_ROOMS", limit: "maxRoomsPerConnection" };
    await assert.rejects(async () => b.join("y"), refusal);
    await assert.rejects(async () => a.join(["r0", "z"]), refusal);
    await a.join("r0");
    await ticks();
    assert.equal(errors.length, 2);
    assert.deepEqual([a.rooms.size, b.rooms.size], [max - 2, 2]);
    assert.equal(peer.readyState, "open");
    void a.leave("r0");
    await b.join("y");
    assert.equal(b.rooms.has("y"), true);
  }
});

test("a join too many harms nobody: not the process if nobody waits, not the others of socketsJoin", async (t) => {
  const rejections: unknown[] = [];
  const keep = (reason: unknown): void => void rejections.push(reason);
  process.on("unhandledRejection", keep);
  t.after(() => process.off("unhandledRejection", keep));
  const { io, engine, a, errors } = await twoSockets({ maxRoomsPerConnection: 3 });
  const other = await engine.connect().join();
  void a.join("mine");
  void a.join("one too many");
  io.socketsJoin("all");
  await ticks();
  assert.deepEqual(
    errors.map((error) => (error as { code: string }).code),
    ["ERR_TOO_MANY_ROOMS", "ERR_TOO_MANY_ROOMS"],
  );
  assert.deepEqual([...io.sockets.sockets.get(other)!.rooms], [other, "all"]);
  assert.deepEqual(rejections, []);
});

test("rooms of a socket in its connection listener count once, and its own room is never refused", async () => {
  const { io, engine } = serve({ maxRoomsPerConnection: 3 });
  const joined: number[] = [];
  io.on("connection", (socket) => {
    void socket.join(["a", "b"]);
    joined.push(socket.rooms.size);
  });
  const namespace = io.of("/n");
  const peer = engine.connect();
  await peer.join();
  assert.deepEqual(joined, [3]);
  const id = await peer.join("/n");
  assert.deepEqual([...namespace.sockets.get(id)!.rooms], [id]);
});

test("whoever is disconnected for a limit is told which, also as the second argument of disconnect", async () => {
  const { io, engine } = serve({ maxNameLength: 10 });
  const log: unknown[] = [];
  io.on("connection", (socket) => {
    socket.on("error", (error: Error) => log.push(error));
    socket.on("disconnect", (reason, error) => log.push(reason, error));
  });
  const peer = engine.connect();
  await peer.join();
  peer.receive('2["more than ten"]');
  await ticks();
  const error = log[0] as { code: string; limit: string };
  assert.deepEqual([error.code, error.limit], ["ERR_NAME_TOO_LONG", "maxNameLength"]);
  assert.deepEqual(log.slice(1), ["forced close", error]);
});
