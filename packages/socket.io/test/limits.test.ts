import assert from "node:assert/strict";
import test from "node:test";
import { serve, ticks } from "./support/fake-engine.ts";

test("a connection may have maxNamespacesPerConnection namespaces at a time, by default 256", async () => {
  for (const [options, max] of [
    [{}, 256],
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
  assert.equal(io._nsps.size, 257);
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

test("a second CONNECT while the first is with the middlewares is one too many, and ignored", async () => {
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
  peer.receive(header, ...Array.from({ length: 3 }, () => Buffer.alloc(1000)));
  assert.equal(peer.readyState, "open");
  peer.receive(Buffer.alloc(1000));
  assert.deepEqual(log, ["incomplete packet of 4008 bytes exceeds maxIncompletePacketSize (4000)", "forced close"]);
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

test("a packet that is incomplete after incompletePacketTimeout closes the connection", async () => {
  const { engine, clock } = serve({ incompletePacketTimeout: 1000 });
  const [slow, quick] = [engine.connect(), engine.connect()];
  await slow.join();
  await quick.join();
  for (const peer of [slow, quick]) peer.receive('52-["x"]', Buffer.alloc(1));
  clock.advance(999);
  quick.receive(Buffer.alloc(1));
  clock.advance(1);
  assert.equal(slow.readyState, "closed");
  clock.advance(10_000);
  assert.equal(quick.readyState, "open");
  assert.equal(clock.timers, 0);
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
