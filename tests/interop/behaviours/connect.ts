import assert from "node:assert/strict";
import type { Socket as ServerSocket } from "socket.io";
import type { Behaviours } from "../stage.js";

export const connect: Behaviours = {
  "both sides know the connection by the same id": async (stage) => {
    const io = await stage.serve();
    const connection = stage.event<[ServerSocket]>(io, "connection");
    const client = stage.client();
    assert.equal(client.connected, false);
    assert.equal(client.id, undefined);
    await stage.connected(client);
    const [server] = await connection;
    assert.match(server.id, /^[\w-]{20}$/);
    assert.equal(client.id, server.id);
    assert.deepEqual([client.connected, client.disconnected, client.active], [true, false, true]);
    assert.deepEqual([server.connected, server.disconnected], [true, false]);
    assert.equal(io.sockets.sockets.size, 1);
    assert.equal(io.engine.clientsCount, 1);
  },

  "an auth object reaches the handshake": async (stage) => {
    const io = await stage.serve();
    const auth = { token: "abc", nested: { list: [1, "zwei", null], flag: true } };
    const { server } = await stage.pair(io, "/", { auth });
    assert.deepEqual(server.handshake.auth, auth);
  },

  "an auth function is asked at each connection": async (stage) => {
    const io = await stage.serve();
    let asked = 0;
    const { client, server } = await stage.pair(io, "/", { auth: (cb) => cb({ attempt: ++asked }) });
    assert.deepEqual(server.handshake.auth, { attempt: 1 });
    const gone = stage.event(server, "disconnect");
    client.disconnect();
    await gone;
    client.connect();
    await stage.connected(client);
    assert.deepEqual(stage.serverHalf(io, client).handshake.auth, { attempt: 2 });
  },

  "an auth function may answer later": async (stage) => {
    const io = await stage.serve();
    const { server } = await stage.pair(io, "/", { auth: (cb) => setImmediate(cb, { late: true }) });
    assert.deepEqual(server.handshake.auth, { late: true });
  },

  "without auth the handshake holds an empty object": async (stage) => {
    const io = await stage.serve();
    const { server } = await stage.pair(io);
    assert.deepEqual(server.handshake.auth, {});
  },

  "each namespace of a connection has its own auth": async (stage) => {
    const io = await stage.serve();
    io.of("/admin");
    const { client, server } = await stage.pair(io, "/", { auth: { who: "guest" } });
    const admin = stage.track(client.io.socket("/admin", { auth: { who: "root" } }));
    await stage.connected(admin);
    assert.deepEqual(server.handshake.auth, { who: "guest" });
    assert.deepEqual(stage.serverHalf(io, admin).handshake.auth, { who: "root" });
  },

  "the query option reaches the handshake": async (stage) => {
    const io = await stage.serve();
    const { server } = await stage.pair(io, "/", { query: { room: "a b&c=d", lang: "ελ" } });
    const { room, lang, EIO, transport } = server.handshake.query;
    assert.deepEqual([room, lang, EIO], ["a b&c=d", "ελ", "4"]);
    assert.equal(transport, stage.transport === "websocket" ? "websocket" : "polling");
  },

  "the query of the URL goes to the connection and its path is the namespace": async (stage) => {
    const io = await stage.serve();
    io.of("/admin");
    const { server } = await stage.pair(io, "/admin?x=1&y=two");
    assert.equal(server.nsp.name, "/admin");
    assert.deepEqual([server.handshake.query["x"], server.handshake.query["y"]], ["1", "two"]);
  },

  "the handshake tells address, time, headers and url": async (stage) => {
    const io = await stage.serve();
    const { server } = await stage.pair(io, "/", { extraHeaders: { "X-Team": "blue" } });
    const { handshake } = server;
    assert.equal(handshake.headers["x-team"], "blue");
    assert.equal(handshake.address, "127.0.0.1");
    assert.match(handshake.url, /^\/socket\.io\/\?.*EIO=4/);
    assert.deepEqual([handshake.secure, handshake.xdomain], [false, false]);
    assert.equal(typeof handshake.issued, "number");
    assert.equal(Math.abs(Date.parse(handshake.time) - handshake.issued) < 2000, true);
  },

  "a path of one's own works when both sides name it": async (stage) => {
    const io = await stage.serve({ path: "/live/feed/" });
    const { server } = await stage.pair(io, "/", { path: "/live/feed" });
    assert.match(server.handshake.url, /^\/live\/feed\/\?/);
  },

  "a client with autoConnect off waits for connect()": async (stage) => {
    const io = await stage.serve();
    const client = stage.client("/", { autoConnect: false });
    assert.equal(client.active, false);
    const connection = stage.event<[ServerSocket]>(io, "connection");
    client.connect();
    assert.equal(client.active, true);
    await stage.connected(client);
    assert.equal((await connection)[0].id, client.id);
  },

  "a Manager opens the connection and hands out sockets": async (stage) => {
    const io = await stage.serve();
    io.of("/b");
    const manager = stage.manager();
    const opened = stage.event(manager, "open");
    const [a, b] = [stage.track(manager.socket("/")), stage.track(manager.socket("/b"))];
    assert.equal(manager.socket("/b"), b);
    await opened;
    await stage.connected(a, b);
    assert.equal(io.engine.clientsCount, 1);
    assert.notEqual(a.id, b.id);
  },

  "a handshake refused by allowRequest is a connect_error": async (stage) => {
    await stage.serve({ allowRequest: (_, answer) => answer("not today", false) });
    const client = stage.client();
    const [error] = await stage.event<[Error & { type?: string; description?: unknown }]>(client, "connect_error");
    const overHttp = stage.transport !== "websocket";
    assert.equal(error.message, overHttp ? "xhr poll error" : "websocket error");
    assert.equal(error.type, "TransportError");
    if (overHttp) assert.equal(error.description, 403);
    assert.equal(client.active, true);
  },

  "a server that listens nowhere is a connect_error": async (stage) => {
    const io = await stage.serve();
    const { port } = stage;
    await stage.until("close of the server", io.close());
    const client = stage.client("/", { port });
    const [error] = await stage.event<[Error & { type?: string }]>(client, "connect_error");
    assert.ok(error instanceof Error);
    assert.equal(error.message, stage.transport === "websocket" ? "websocket error" : "xhr poll error");
    assert.equal(error.type, "TransportError");
  },

  "many clients connect at once and each has its own id": async (stage) => {
    const io = await stage.serve();
    const clients = Array.from({ length: 12 }, () => stage.client());
    await stage.connected(...clients);
    assert.equal(new Set(clients.map((client) => client.id)).size, 12);
    assert.equal(io.engine.clientsCount, 12);
  },
};
