import assert from "node:assert/strict";
import test from "node:test";
import { Namespace, type Server } from "socket.io";
import { serve, ticks } from "./support/fake-engine.ts";

/** The types tell of no children: parents are namespaces to users. */
function childrenOf(nsp: Namespace): Set<Namespace> {
  return (nsp as unknown as { children: Set<Namespace> }).children;
}

function names(io: Server): string[] {
  return [...io._nsps.keys()];
}

test("of gives the same namespace for the same name, with or without a slash", () => {
  const { io } = serve();
  const admin = io.of("/admin");
  assert.ok(admin instanceof Namespace);
  assert.equal(admin.name, "/admin");
  assert.equal(io.of("admin"), admin);
  assert.equal(io.of(""), io.sockets);
  assert.equal(io.of("/"), io.sockets);
  assert.equal(io.of(5 as unknown as string).name, "/5");
  assert.equal(io.of("/a?b=c.d").name, "/a?b=c.d");
});

test("of registers its function for connect", async () => {
  const { io, engine } = serve();
  const log: unknown[] = [];
  io.of("/a", (socket) => log.push(socket.nsp.name));
  await engine.connect().join("/a");
  assert.deepEqual(log, ["/a"]);
});

test("namespaces share a connection and have sockets of their own", async () => {
  const { io, engine } = serve();
  io.of("/admin");
  const peer = engine.connect();
  const sid = await peer.join();
  const adminSid = await peer.join("/admin", { token: 1 });
  assert.notEqual(sid, adminSid);
  const socket = io.sockets.sockets.get(sid)!;
  const adminSocket = io.of("/admin").sockets.get(adminSid)!;
  assert.equal(socket.client, adminSocket.client);
  assert.deepEqual(adminSocket.handshake.auth, { token: 1 });
  const log: string[] = [];
  socket.on("x", () => log.push("/"));
  adminSocket.on("x", () => log.push("/admin"));
  peer.receive('2/admin,["x"]', '2["x"]');
  await ticks();
  assert.deepEqual(log, ["/admin", "/"]);
  adminSocket.emit("y", 1);
  io.of("/admin").emit("z");
  assert.deepEqual(peer.take(), ['2/admin,["y",1]', '2/admin,["z"]']);
});

test("names of object members are unknown namespaces", async () => {
  const { engine } = serve();
  const peer = engine.connect();
  peer.receive("0/__proto__,", "0/constructor,");
  await ticks();
  assert.deepEqual(peer.take(), [
    '4/__proto__,{"message":"Invalid namespace"}',
    '4/constructor,{"message":"Invalid namespace"}',
  ]);
});

test("new_namespace tells of namespaces made later, static and dynamic, not of / and not of parents", async () => {
  const { io, engine } = serve();
  const log: string[] = [];
  io.on("new_namespace", (nsp) => log.push(nsp.name));
  io.of("/a");
  io.of("/a");
  io.of(/^\/dyn-\d+$/);
  await engine.connect().join("/dyn-1");
  io.of("/dyn-2");
  assert.deepEqual(log, ["/a", "/dyn-1", "/dyn-2"]);
});

test("a regular expression lets clients make child namespaces, others stay refused", async () => {
  const { io, engine } = serve();
  const parent = io.of(/^\/dyn-\d+$/);
  const log: string[] = [];
  parent.on("connection", (socket) => log.push(socket.nsp.name));
  const peer = engine.connect();
  await peer.join("/dyn-1");
  peer.receive("0/dyn-x,");
  await ticks();
  assert.deepEqual(peer.take(), ['4/dyn-x,{"message":"Invalid namespace"}']);
  await engine.connect().join("/dyn-1");
  assert.deepEqual(log, ["/dyn-1", "/dyn-1"]);
  assert.equal(childrenOf(parent).size, 1);
  assert.deepEqual(names(io), ["/", "/dyn-1"]);
  assert.match(parent.name, /^\/_\d+$/);
});

test("stateful regular expressions are refused", () => {
  const { io } = serve();
  for (const regex of [/a/g, /a/y]) {
    assert.throws(() => io.of(regex), { message: "stateful regular expressions are not supported" });
  }
});

test("a function decides by name and auth, also later; the next parent is asked when it refuses", async () => {
  const { io, engine } = serve();
  const asked: unknown[] = [];
  io.of((name, auth, next) => {
    asked.push([name, auth]);
    next(new Error("no"), true);
  });
  io.of((_name, _auth, next) => next(null, false));
  const parent = io.of((name, auth, next) => {
    setImmediate(() => next(null, name === "/x" && auth["token"] === 1));
  });
  const peer = engine.connect();
  peer.receive('0/x,{"token":1}', '0/y,{"token":1}');
  await ticks();
  await ticks();
  assert.deepEqual(asked, [
    ["/x", { token: 1 }],
    ["/y", { token: 1 }],
  ]);
  const [accepted, refused] = peer.take().map(String).sort();
  assert.match(accepted!, /^0\/x,\{"sid":/);
  assert.equal(refused, '4/y,{"message":"Invalid namespace"}');
  assert.equal(childrenOf(parent).size, 1);
});

test("a matcher that throws, rejects or answers twice refuses once", async () => {
  const { io, engine } = serve();
  io.on("listener_error", () => {});
  io.of(() => {
    throw new Error("thrown");
  });
  io.of(() => Promise.reject(new Error("rejected")) as never);
  io.of((_name, _auth, next) => {
    next(null, false);
    next(null, true);
  });
  const peer = engine.connect();
  peer.receive("0/x,");
  await ticks();
  assert.deepEqual(peer.take(), ['4/x,{"message":"Invalid namespace"}']);
  assert.deepEqual(names(io), ["/"]);
});

test("two clients that ask for a new namespace at a time share it", async () => {
  const { io, engine } = serve();
  const parent = io.of((_name, _auth, next) => void setImmediate(() => next(null, true)));
  const [a, b] = [engine.connect(), engine.connect()];
  a.receive("0/x,");
  b.receive("0/x,");
  await ticks();
  await ticks();
  assert.equal(childrenOf(parent).size, 1);
  assert.equal(io.of("/x").sockets.size, 2);
});

test("a client that has gone when the matcher answers makes no socket", async () => {
  const { io, engine } = serve();
  let answer: () => void = () => {};
  io.of((_name, _auth, next) => {
    answer = () => next(null, true);
  });
  const peer = engine.connect();
  peer.receive("0/x,");
  peer.end("transport close");
  answer();
  await ticks();
  assert.equal(io._nsps.get("/x")?._preConnectSockets.size ?? 0, 0);
});

test("static namespaces win over matchers", async () => {
  const { io, engine } = serve();
  const parent = io.of(/.*/);
  const plain = io._nsps.get("/")!;
  await engine.connect().join();
  assert.equal(plain.sockets.size, 1);
  assert.equal(childrenOf(parent).size, 0);
});

test("a child gets the middlewares and listeners that the parent has at that time", async () => {
  const { io, engine } = serve();
  const log: string[] = [];
  const parent = io.of(/^\/dyn-/);
  parent.use((_socket, next) => {
    log.push("first");
    next();
  });
  parent.on("connect", () => log.push("connect"));
  parent.on("connection", () => log.push("connection"));
  await engine.connect().join("/dyn-1");
  parent.use((_socket, next) => {
    log.push("second");
    next();
  });
  await engine.connect().join("/dyn-1");
  await engine.connect().join("/dyn-2");
  assert.deepEqual(log.join(), "first,connect,connection,first,connect,connection,first,second,connect,connection");
});

test("what a parent emits goes to all children, and through operators to the rooms of all children", async () => {
  const { io, engine } = serve();
  const parent = io.of(/^\/dyn-/);
  const [a, b] = [engine.connect(), engine.connect()];
  await a.join("/dyn-1");
  await b.join("/dyn-2");
  parent.emit("x");
  for (const socket of io.of("/dyn-1").sockets.values()) void socket.join("r");
  parent.to("r").emit("y");
  parent.volatile.emit("z");
  assert.deepEqual(a.take(), ['2/dyn-1,["x"]', '2/dyn-1,["y"]', '2/dyn-1,["z"]']);
  assert.deepEqual(b.take(), ['2/dyn-2,["x"]', '2/dyn-2,["z"]']);
});

test("send is an emit of each child to a parent, so that a callback is called for each", async () => {
  const { io, engine, clock } = serve();
  const parent = io.of(/^\/dyn-/);
  const [a, b] = [engine.connect(), engine.connect()];
  await a.join("/dyn-1");
  await b.join("/dyn-2");
  let calls = 0;
  assert.equal(
    parent.send("x", () => calls++),
    parent,
  );
  assert.deepEqual(a.take(), ['2/dyn-1,0["message","x"]']);
  assert.deepEqual(b.take(), ['2/dyn-2,0["message","x"]']);
  clock.advance(1);
  assert.equal(calls, 2);
});

test("a parent has no sockets to fetch", async () => {
  const { io } = serve();
  const parent = io.of(/^\/dyn-/);
  assert.throws(() => parent.fetchSockets(), { message: "fetchSockets() is not supported on parent namespaces" });
  assert.deepEqual(await parent.local.fetchSockets(), []);
  assert.deepEqual(await parent.allSockets(), new Set());
  parent.socketsJoin("r");
  parent.socketsLeave("r");
  parent.disconnectSockets();
});

test("empty children stay, unless cleanupEmptyChildNamespaces is set", async () => {
  for (const cleanupEmptyChildNamespaces of [false, true]) {
    const { io, engine } = serve({ cleanupEmptyChildNamespaces });
    const parent = io.of(/^\/dyn-/);
    const [a, b] = [engine.connect(), engine.connect()];
    await a.join("/dyn-1");
    await b.join("/dyn-1");
    let closed = 0;
    io.of("/dyn-1").adapter.close = () => void closed++;
    a.receive("1/dyn-1,");
    await ticks();
    assert.equal(io._nsps.has("/dyn-1"), true);
    b.end("transport close");
    assert.equal(io._nsps.has("/dyn-1"), !cleanupEmptyChildNamespaces);
    assert.equal(childrenOf(parent).size, cleanupEmptyChildNamespaces ? 0 : 1);
    assert.equal(closed, cleanupEmptyChildNamespaces ? 1 : 0);
  }
});

test("a child is cleaned up as well when its only client is refused by a middleware", async () => {
  const { io, engine } = serve({ cleanupEmptyChildNamespaces: true });
  io.of(/^\/dyn-/).use((_socket, next) => next(new Error("no")));
  const peer = engine.connect();
  peer.receive("0/dyn-1,");
  await ticks();
  assert.deepEqual(peer.take(), ['4/dyn-1,{"message":"no"}']);
  assert.deepEqual(names(io), ["/"]);
});

test("a child is not cleaned up while a client is in its middlewares", async () => {
  const { io, engine } = serve({ cleanupEmptyChildNamespaces: true });
  let agree: () => void = () => {};
  io.of(/^\/dyn-/).use((socket, next) => {
    if (socket.handshake.auth["wait"] === undefined) next();
    else agree = next;
  });
  const [first, second] = [engine.connect(), engine.connect()];
  await first.join("/dyn-1");
  const child = io.of("/dyn-1");
  second.receive('0/dyn-1,{"wait":true}');
  first.end("transport close");
  assert.equal(io._nsps.get("/dyn-1"), child);
  agree();
  await ticks();
  assert.equal(child.sockets.size, 1);
});

test("a namespace has no close method: frameworks would call it", () => {
  const { io } = serve();
  assert.equal("close" in io.of("/a"), false);
});

test("the server's emitter methods are those of the main namespace, also when it is replaced", () => {
  const { io } = serve();
  const listener = () => {};
  assert.equal(io.on("x", listener), io.sockets);
  assert.equal(io.listenerCount("x"), 1);
  assert.deepEqual(io.eventNames(), ["x"]);
  assert.deepEqual(io.sockets.listeners("x"), [listener]);
  assert.ok(Object.hasOwn(io, "sockets"));
  (io as unknown as { sockets: Namespace }).sockets = io.of("/other");
  assert.equal(io.listenerCount("x"), 0);
  assert.equal(io.once("y", listener), io.of("/other"));
  assert.equal(io.of("/other").listenerCount("y"), 1);
});
