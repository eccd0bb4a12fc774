import assert from "node:assert/strict";
import test from "node:test";
import { serve, ticks } from "./support/fake-engine.ts";

test("middlewares run in order before the socket is connected, of server and namespace alike", async () => {
  const { io, engine } = serve();
  const log: unknown[] = [];
  const admin = io.of("/admin");
  assert.equal(
    io.use((_socket, next) => next()),
    io,
  );
  assert.equal(
    admin.use((socket, next) => {
      log.push(1, socket.connected, admin.sockets.size, socket.rooms.size);
      setImmediate(next);
    }),
    admin,
  );
  admin.use((_socket, next) => {
    log.push(2);
    next();
  });
  admin.on("connection", (socket) => log.push("connection", socket.connected, admin.sockets.size));
  const peer = engine.connect();
  peer.receive("0/admin,");
  await ticks();
  await ticks();
  assert.deepEqual(log, [1, false, 0, 0, 2, "connection", true, 1]);
});

test("an error refuses with its message and data, and the connection stays open", async () => {
  const { io, engine } = serve();
  let connections = 0;
  io.on("connection", () => connections++);
  io.use((_socket, next) => next(Object.assign(new Error("Not authorized"), { data: { retry: 5 } })));
  io.of("/b").use((_socket, next) => next(new Error("nope")));
  const peer = engine.connect();
  peer.receive("0", "0/b,");
  await ticks();
  assert.deepEqual(peer.take(), ['4{"message":"Not authorized","data":{"retry":5}}', '4/b,{"message":"nope"}']);
  assert.equal(connections, 0);
  assert.equal(peer.readyState, "open");
  assert.equal(io.of("/")._preConnectSockets.size, 0);
});

test("a refused client may ask again", async () => {
  const { io, engine } = serve();
  io.use((socket, next) => next(socket.handshake.auth["ok"] ? undefined : new Error("no")));
  const peer = engine.connect();
  peer.receive("0");
  await ticks();
  peer.take();
  await peer.join("/", { ok: true });
});

test("next with a bare string refuses with an object without message", async () => {
  const { io, engine } = serve();
  io.use((_socket, next) => next("no" as unknown as Error));
  const peer = engine.connect();
  peer.receive("0");
  await ticks();
  assert.deepEqual(peer.take(), ["4{}"]);
});

test("a middleware that throws, or whose promise rejects, refuses", async () => {
  const { io, engine } = serve();
  io.on("listener_error", () => {});
  io.of("/throws").use(() => {
    throw Object.assign(new Error("thrown"), { data: 1 });
  });
  io.of("/rejects").use((async () => {
    await ticks();
    throw new Error("rejected");
  }) as never);
  const peer = engine.connect();
  peer.receive("0/throws,", "0/rejects,");
  await ticks();
  await ticks();
  assert.deepEqual(peer.take(), ['4/throws,{"message":"thrown","data":1}', '4/rejects,{"message":"rejected"}']);
});

test("only the first answer of a middleware counts", async () => {
  const { io, engine } = serve();
  let runs = 0;
  io.use((_socket, next) => {
    next();
    next(new Error("changed my mind"));
  });
  io.use((_socket, next) => {
    runs++;
    next();
  });
  await engine.connect().join();
  assert.equal(runs, 1);
});

test("details that cannot be encoded are left out of a refusal", async () => {
  const { io, engine } = serve();
  const data: { self?: unknown } = {};
  data.self = data;
  io.use((_socket, next) => next(Object.assign(new Error("no"), { data })));
  const peer = engine.connect();
  peer.receive("0");
  await ticks();
  assert.deepEqual(peer.take(), ['4{"message":"no"}']);
});

test("a middleware that never answers leaves the client to connectTimeout", async () => {
  const { io, engine, clock } = serve();
  io.use(() => {});
  const peer = engine.connect();
  peer.receive("0");
  await ticks();
  assert.equal(io.of("/")._preConnectSockets.size, 1);
  clock.advance(45_000);
  assert.equal(peer.readyState, "closed");
  assert.equal(io.of("/")._preConnectSockets.size, 0);
});

test("a connection that ends during the middlewares leaves nothing and fires no event", async () => {
  const { io, engine } = serve();
  const log: string[] = [];
  let agree: () => void = () => {};
  io.use((socket, next) => {
    void socket.join("room");
    socket.on("disconnect", () => log.push("disconnect"));
    agree = next;
  });
  io.on("connection", () => log.push("connection"));
  const peer = engine.connect();
  peer.receive("0");
  peer.end("ping timeout");
  assert.equal(io.of("/")._preConnectSockets.size, 0);
  assert.equal(io.of("/").adapter.rooms.size, 0);
  agree();
  await ticks();
  assert.deepEqual(log, []);
  assert.equal(io.of("/").adapter.sids.size, 0);
});

test("a connection that is closing when the middlewares agree is dropped silently", async () => {
  const { io, engine } = serve();
  const log: string[] = [];
  io.use((socket, next) => {
    socket.on("disconnect", () => log.push("disconnect"));
    next();
  });
  io.on("connection", () => log.push("connection"));
  const peer = engine.connect("polling");
  peer.receive("0");
  peer.readyState = "closing";
  await ticks();
  peer.end("forced close");
  assert.deepEqual(log, []);
  assert.equal(io.of("/").adapter.sids.size, 0);
});

test("what a middleware emits to its socket goes out before the CONNECT answer", async () => {
  const { io, engine } = serve();
  io.use((socket, next) => {
    socket.emit("early", 1);
    next();
  });
  const peer = engine.connect();
  peer.receive("0");
  await ticks();
  const [first, second] = peer.take();
  assert.equal(first, '2["early",1]');
  assert.match(String(second), /^0\{"sid"/);
});
