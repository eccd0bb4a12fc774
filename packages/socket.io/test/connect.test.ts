import assert from "node:assert/strict";
import test from "node:test";
import type { Socket } from "socket.io";
import { defaultRequest, serve, ticks } from "./support/fake-engine.ts";

test("a CONNECT packet is answered with a socket id of 20 characters that is not the engine's", async () => {
  const { io, engine } = serve();
  const peer = engine.connect();
  const sid = await peer.join();
  assert.match(sid, /^[A-Za-z0-9_-]{20}$/);
  assert.notEqual(sid, peer.id);
  assert.equal(io.sockets.sockets.get(sid)?.id, sid);
});

test("ids of sockets differ, also past the pool of random bytes", async () => {
  const { engine } = serve();
  const ids = new Set<string>();
  for (let i = 0; i < 300; i++) ids.add(await engine.connect().join());
  assert.equal(ids.size, 300);
});

test("nothing is joined without a CONNECT packet, not even the main namespace", async () => {
  const { io, engine } = serve();
  io.of("/admin");
  const peer = engine.connect();
  await peer.join("/admin");
  assert.equal(io.sockets.sockets.size, 0);
});

test("the auth payload becomes handshake.auth, an empty object if there is none", async () => {
  const { io, engine } = serve();
  const auths: unknown[] = [];
  io.on("connection", (socket) => auths.push(socket.handshake.auth));
  await engine.connect().join("/", { token: "123" });
  await engine.connect().join();
  assert.deepEqual(auths, [{ token: "123" }, {}]);
});

test("the handshake describes the first request, with its keys in the known order", async () => {
  const { io, engine } = serve();
  const request = { ...defaultRequest(), headers: { origin: "https://example.org" }, socket: { encrypted: true } };
  await engine.connect("websocket", request).join();
  const [socket] = io.sockets.sockets.values() as Iterable<Socket>;
  const { handshake } = socket!;
  assert.deepEqual(Object.keys(handshake), [
    "headers",
    "time",
    "address",
    "xdomain",
    "secure",
    "issued",
    "url",
    "query",
    "auth",
  ]);
  assert.equal(handshake.headers, request.headers);
  assert.equal(handshake.address, "127.0.0.1");
  assert.equal(handshake.xdomain, true);
  assert.equal(handshake.secure, true);
  assert.equal(handshake.url, request.url);
  assert.deepEqual(handshake.query, request._query);
  assert.equal(new Date(handshake.issued).toString(), handshake.time);
});

test("a connection without a request counts as secure and has no headers", async () => {
  const { io, engine } = serve();
  await engine.connect("websocket", null as unknown as object).join();
  const [socket] = io.sockets.sockets.values() as Iterable<Socket>;
  assert.deepEqual(socket!.handshake.headers, {});
  assert.equal(socket!.handshake.secure, true);
});

test("connect comes before connection, after the answer was written", async () => {
  const { io, engine } = serve();
  const log: unknown[] = [];
  const peer = engine.connect();
  io.on("connection", () => log.push("connection", peer.sent.length));
  io.on("connect", () => log.push("connect", peer.sent.length));
  await peer.join();
  assert.deepEqual(log, ["connect", 1, "connection", 1]);
});

test("events that share a payload with CONNECT come after connection, in wire order", async () => {
  const { io, engine } = serve();
  const log: unknown[] = [];
  io.on("connection", (socket) => {
    log.push("connection");
    for (const name of ["a", "b"]) socket.on(name, () => log.push(name));
    socket.on("disconnect", (reason) => log.push(reason));
  });
  engine.connect().receive("0", '2["a"]', '2["b"]', '2["a"]', "1");
  await ticks();
  assert.deepEqual(log, ["connection", "a", "b", "a", "client namespace disconnect"]);
});

test("an event before the middlewares have agreed closes the connection", async () => {
  const { io, engine } = serve();
  let agree: () => void = () => {};
  io.use((_socket, next) => {
    agree = next;
  });
  const peer = engine.connect();
  peer.receive("0", '2["a"]');
  assert.equal(peer.readyState, "closed");
  agree();
  await ticks();
  assert.equal(io.sockets.sockets.size, 0);
});

test("an unknown namespace is refused and the connection stays open", async () => {
  const { engine } = serve();
  const peer = engine.connect();
  peer.receive("0/nope,");
  await ticks();
  assert.deepEqual(peer.take(), ['4/nope,{"message":"Invalid namespace"}']);
  assert.equal(peer.readyState, "open");
  await peer.join();
});

test("a connection that joins no namespace is closed after connectTimeout", async () => {
  const { engine, clock } = serve({ connectTimeout: 1000 });
  const [silent, refused, joined] = [engine.connect(), engine.connect(), engine.connect()];
  refused.receive("0/nope,");
  await joined.join();
  clock.advance(999);
  assert.equal(silent.readyState, "open");
  clock.advance(1);
  assert.equal(silent.readyState, "closed");
  assert.equal(refused.readyState, "closed");
  clock.advance(100_000);
  assert.equal(joined.readyState, "open");
});

test("the default connectTimeout is 45 s, and 0 stands for it", () => {
  for (const options of [{}, { connectTimeout: 0 }]) {
    const { io, engine, clock } = serve(options);
    assert.equal(io.connectTimeout(), 45_000);
    const peer = engine.connect();
    clock.advance(44_999);
    assert.equal(peer.readyState, "open");
    clock.advance(1);
    assert.equal(peer.readyState, "closed");
  }
});

test("a peer that has left its last namespace is closed after connectTimeout", async () => {
  const { io, engine, clock } = serve();
  const peer = engine.connect();
  await peer.join();
  clock.advance(100_000);
  io.disconnectSockets();
  assert.equal(peer.readyState, "open");
  clock.advance(45_000);
  assert.equal(peer.readyState, "closed");
});

test("many connections wait on one timer", () => {
  const { engine, clock } = serve();
  for (let i = 0; i < 100; i++) engine.connect();
  assert.equal(clock.timers, 1);
});

test("an engine of another make is listened to by its events", async () => {
  const { io, engine } = serve();
  const peer = engine.connect();
  const { EventEmitter } = await import("node:events");
  const sent: string[] = [];
  const other = Object.assign(new EventEmitter(), {
    id: "other",
    request: defaultRequest(),
    readyState: "open",
    transport: { name: "other", writable: true },
    write: (data: string) => sent.push(data),
    close: () => {},
  });
  engine.emit("connection", other);
  const reasons: string[] = [];
  io.on("connection", (socket) => socket.on("disconnect", (reason) => reasons.push(reason)));
  other.emit("data", "0");
  await ticks();
  assert.match(sent[0]!, /^0\{"sid":"/);
  other.emit("close", "transport close");
  assert.deepEqual(reasons, ["transport close"]);
  assert.equal(peer.readyState, "open");
});
