import assert from "node:assert/strict";
import test from "node:test";
import type { Socket } from "socket.io";
import { serve, ticks, type FakeConnection } from "./support/fake-engine.ts";
import { processErrors } from "./support/process-errors.ts";

/** A server whose sockets write down their end. */
async function connected(...namespaces: string[]) {
  const { io, engine, clock } = serve();
  const log: unknown[][] = [];
  const sockets: Socket[] = [];
  for (const name of namespaces) {
    io.of(name).on("connection", (socket) => {
      sockets.push(socket);
      socket.on("disconnecting", (...args) =>
        log.push(["disconnecting", name, ...args, socket.connected, socket.rooms.size]),
      );
      socket.on("disconnect", (...args) =>
        log.push(["disconnect", name, ...args, socket.connected, socket.rooms.size]),
      );
    });
  }
  const peer: FakeConnection = engine.connect();
  for (const name of namespaces) await peer.join(name);
  return { io, engine, clock, log, sockets, peer };
}

test("a client leaves a namespace: no answer, the others stay", async () => {
  const { io, peer, log } = await connected("/", "/admin");
  peer.receive("1");
  await ticks();
  assert.deepEqual(log, [
    ["disconnecting", "/", "client namespace disconnect", undefined, true, 1],
    ["disconnect", "/", "client namespace disconnect", undefined, false, 0],
  ]);
  assert.deepEqual(peer.take(), []);
  assert.equal(io.sockets.sockets.size, 0);
  assert.equal(io.of("/admin").sockets.size, 1);
  assert.equal(peer.readyState, "open");
});

test("a client may join again, with a new id, after it left", async () => {
  const { peer, sockets } = await connected("/");
  peer.receive("1");
  await ticks();
  const sid = await peer.join();
  assert.notEqual(sid, sockets[0]!.id);
});

test("socket.disconnect() sends DISCONNECT and closes that namespace alone, once", async () => {
  const { peer, sockets, log } = await connected("/", "/admin");
  const [, admin] = sockets;
  assert.equal(admin!.disconnect(), admin);
  admin!.disconnect();
  assert.deepEqual(peer.take(), ["1/admin,"]);
  assert.deepEqual(
    log.map(([event, nsp, reason]) => [event, nsp, reason]),
    [
      ["disconnecting", "/admin", "server namespace disconnect"],
      ["disconnect", "/admin", "server namespace disconnect"],
    ],
  );
  assert.equal(peer.readyState, "open");
  assert.equal(admin!.disconnected, true);
});

test("socket.disconnect(true) disconnects all namespaces, then closes the connection", async () => {
  const { peer, sockets, log } = await connected("/", "/admin");
  sockets[1]!.disconnect(true);
  assert.deepEqual(peer.take(), ["1", "1/admin,"]);
  assert.equal(peer.readyState, "closed");
  assert.deepEqual(new Set(log.map(([, , reason]) => reason)), new Set(["server namespace disconnect"]));
  assert.equal(log.length, 4);
});

test("emits after a disconnect are dropped and return true", async () => {
  const { peer, sockets } = await connected("/", "/admin");
  sockets[1]!.disconnect();
  peer.take();
  assert.equal(sockets[1]!.emit("x"), true);
  assert.deepEqual(peer.take(), []);
});

test("the engine's reason and description reach every namespace", async () => {
  for (const reason of ["ping timeout", "transport close", "transport error", "parse error"]) {
    const { peer, log, io } = await connected("/", "/admin");
    const description = new Error("details");
    peer.end(reason, description);
    assert.deepEqual(
      log.filter(([event]) => event === "disconnect"),
      [
        ["disconnect", "/", reason, description, false, 0],
        ["disconnect", "/admin", reason, description, false, 0],
      ],
    );
    assert.equal(io.sockets.adapter.rooms.size, 0);
  }
});

test("a protocol violation closes with 'forced close', or 'forced server close' if the transport must wait", async () => {
  for (const [transport, reason] of [
    ["websocket", "forced close"],
    ["polling", "forced server close"],
  ] as const) {
    const { io, engine } = serve();
    const reasons: string[] = [];
    io.on("connection", (socket) => socket.on("disconnect", (why) => reasons.push(why)));
    const peer = engine.connect(transport);
    await peer.join();
    peer.receive('2/never-joined,["x"]');
    assert.deepEqual(reasons, [reason]);
    peer.end("forced close");
    assert.deepEqual(reasons, [reason]);
  }
});

test("a second CONNECT, a packet for a namespace not joined and a CONNECT_ERROR close the connection without error", async () => {
  for (const packet of ["0", '2/admin,["x"]', "3/admin,1[]", "1/admin,", '4{"message":"x"}']) {
    const { peer, sockets, log } = await connected("/");
    sockets[0]!.on("error", () => assert.fail("no error is due"));
    peer.receive(packet);
    assert.equal(peer.readyState, "closed", packet);
    assert.deepEqual(log.at(-1)!.slice(0, 3), ["disconnect", "/", "forced close"], packet);
  }
});

test("an undecodable packet is an error on every socket, then closes the connection", async () => {
  for (const packet of ["7", "abc", "2{}", '2["a"', '2["disconnect"]', "1{}", '50-["a"]', Buffer.from([1]), ""]) {
    const { peer, sockets, log } = await connected("/", "/admin");
    for (const socket of sockets) socket.on("error", (error) => log.push(["error", socket.nsp.name, error.message]));
    peer.receive(packet, '2["after"]');
    assert.equal(peer.readyState, "closed", String(packet));
    assert.deepEqual(
      log.map(([event, nsp]) => [event, nsp]),
      [
        ["error", "/"],
        ["error", "/admin"],
        ["disconnecting", "/"],
        ["disconnect", "/"],
        ["disconnecting", "/admin"],
        ["disconnect", "/admin"],
      ],
      String(packet),
    );
  }
});

test("a socket whose connection is closed in a connection listener is still in its rooms while it is disconnecting", async () => {
  const { io, engine } = serve();
  const log: unknown[] = [];
  io.on("connection", (socket) => {
    void socket.join("r");
    socket.on("disconnecting", () => log.push(["disconnecting", socket.connected, [...socket.rooms]]));
    socket.on("disconnect", () => log.push(["disconnect", socket.connected, [...socket.rooms]]));
    log.push(socket.id);
    socket.conn.close();
  });
  engine.connect().receive("0");
  await ticks();
  const [id, ...rest] = log;
  assert.deepEqual(rest, [
    ["disconnecting", true, [id, "r"]],
    ["disconnect", false, []],
  ]);
});

test("a listener that throws on disconnect keeps no other socket from being closed", async () => {
  const { engine, io } = serve({ onListenerError: "throw" });
  const log: string[] = [];
  const failure = new Error("listener");
  for (const name of ["/", "/admin"]) {
    io.of(name).on("connection", (socket) => {
      socket.on("disconnecting", () => {
        throw failure;
      });
      socket.on("disconnect", (reason) => log.push(reason));
    });
  }
  const peer = engine.connect();
  await peer.join();
  await peer.join("/admin");
  const { uncaught } = await processErrors(async () => {
    peer.end("transport close");
  });
  assert.deepEqual(log, ["transport close", "transport close"]);
  assert.deepEqual(uncaught, [failure, failure]);
  assert.equal(io.sockets.adapter.sids.size + io.of("/admin").adapter.sids.size, 0);
});

test("close disconnects everybody with 'server shutting down', without DISCONNECT, then closes adapters and engine", async () => {
  const { io, engine, peer, log } = await connected("/", "/admin");
  io.sockets.adapter.close = async () => {
    await ticks();
    log.push(["adapter closed", engine.closed]);
    throw new Error("ignored");
  };
  let calledBack = 0;
  const closed = io.close(() => calledBack++);
  assert.deepEqual(
    log.map(([event, , reason]) => [event, reason]),
    [
      ["disconnecting", "server shutting down"],
      ["disconnect", "server shutting down"],
      ["disconnecting", "server shutting down"],
      ["disconnect", "server shutting down"],
    ],
  );
  await closed;
  assert.deepEqual(log.at(-1), ["adapter closed", 0]);
  assert.equal(engine.closed, 1);
  assert.equal(calledBack, 1);
  assert.deepEqual(peer.take(), []);
  assert.equal(peer.readyState, "closed");
});

test("close of a server that was never attached calls back and resolves", async () => {
  const { Server } = await import("socket.io");
  let calls = 0;
  await new Server().close((error) => {
    assert.equal(error, undefined);
    calls++;
  });
  assert.equal(calls, 1);
});

test("close during the middlewares fires no disconnect", async () => {
  const { io, engine } = serve();
  const log: string[] = [];
  io.use((socket) => void socket.on("disconnect", () => log.push("disconnect")));
  const peer = engine.connect();
  peer.receive("0");
  await io.close();
  assert.equal(peer.readyState, "closed");
  assert.deepEqual(log, []);
});
