import assert from "node:assert/strict";
import type { Socket as ClientSocket } from "socket.io-client";
import { ask, type Behaviours, type ClientOptions } from "../stage.js";

/** Refusals and other failures of a namespace; the `error` of protocol 4 is not in our types. */
const ERROR = "error";

/** What clients of Socket.IO 2 do in ways of their own, towards a server with `allowEIO3`. */
export const protocol4: Behaviours = {
  "conn.protocol is 3 for them": async (stage) => {
    const io = await stage.serve();
    const { server } = await stage.pair(io);
    assert.equal(server.conn.protocol, 3);
    assert.equal(server.handshake.query["EIO"], "3");
    assert.match(server.handshake.url, /EIO=3/);
  },

  "both sides build the same ids from that of the connection": async (stage) => {
    const io = await stage.serve();
    io.of("/admin");
    const { client, server } = await stage.pair(io);
    const admin = stage.track(client.io.socket("/admin"));
    await stage.connected(admin);
    const session = (server.conn as unknown as { id: string }).id;
    assert.equal(server.id, session);
    assert.equal(client.id, session);
    assert.equal(stage.serverHalf(io, admin).id, `/admin#${session}`);
    assert.equal(admin.id, `/admin#${session}`);
  },

  "the query of the connection reaches the handshake, in all namespaces": async (stage) => {
    const io = await stage.serve();
    io.of("/admin");
    const { client, server } = await stage.pair(io, "/", { query: { token: "abc", room: "a b&c=d" } });
    const admin = stage.track(client.io.socket("/admin"));
    await stage.connected(admin);
    for (const { handshake } of [server, stage.serverHalf(io, admin)]) {
      assert.deepEqual([handshake.query["token"], handshake.query["room"]], ["abc", "a b&c=d"]);
    }
    assert.deepEqual(server.handshake.auth, {});
  },

  "the query of a namespace is its auth": async (stage) => {
    const io = await stage.serve();
    io.of("/admin");
    const { client } = await stage.pair(io);
    const query = { token: "abc", x: 1 } as unknown as ClientOptions["query"];
    const admin = stage.track(client.io.socket("/admin", { query } as object));
    await stage.connected(admin);
    const { handshake } = stage.serverHalf(io, admin);
    assert.deepEqual({ ...handshake.auth }, { token: "abc", x: "1" });
    assert.equal(handshake.query["token"], undefined);
  },

  "the main namespace is connected even if only another one is asked for": async (stage) => {
    const io = await stage.serve();
    io.of("/admin");
    const { server } = await stage.pair(io, "/admin");
    assert.equal(server.nsp.name, "/admin");
    assert.equal(io.sockets.sockets.size, 1);
  },

  "a refusal of the main namespace is an error with the message": async (stage) => {
    const io = await stage.serve();
    io.use((_, next) => setImmediate(next, new Error("not authorized ☀")));
    const client = stage.client();
    assert.deepEqual(await stage.event(client, ERROR), ["not authorized ☀"]);
    assert.equal(client.connected, false);
  },

  "a refusal with data is an error with that data": async (stage) => {
    const io = await stage.serve();
    io.of("/admin").use((_, next) => next(Object.assign(new Error("no"), { data: { code: 42, hints: ["a", null] } })));
    const { client } = await stage.pair(io);
    const admin = stage.track(client.io.socket("/admin"));
    assert.deepEqual(await stage.event(admin, ERROR), [{ code: 42, hints: ["a", null] }]);
    assert.deepEqual([client.connected, admin.connected], [true, false]);
  },

  "an unknown namespace is an error that names the cause, and the connection lives on": async (stage) => {
    const io = await stage.serve();
    const { client } = await stage.pair(io);
    io.on("connection", () => assert.fail("a second connection"));
    stage.serverHalf(io, client).on("echo", (answer) => answer("alive"));
    const [error] = await stage.event(stage.track(client.io.socket("/nope")), ERROR);
    // Upstream's server sends an object, clients print "[object Object]" (protocols.md 9.2, 17).
    const text = typeof error === "string" ? error : (error as Error).message;
    assert.equal(text, "Invalid namespace");
    assert.equal(await stage.until("ack", ask(client, "echo")), "alive");
  },

  "a regular expression or a function makes namespaces, by the query that came with the name": async (stage) => {
    const io = await stage.serve();
    io.of(/^\/tenant-\d+$/).on("connection", (socket) => socket.emit("welcome", socket.nsp.name));
    io.of((name, auth, next) => setImmediate(next, null, name === "/dyn" && auth["token"] === "good")).on(
      "connection",
      (socket) => socket.emit("welcome", socket.nsp.name, socket.handshake.auth),
    );
    const { client } = await stage.pair(io);
    assert.deepEqual(await stage.event(stage.track(client.io.socket("/tenant-1")), "welcome"), ["/tenant-1"]);
    const dyn = stage.track(client.io.socket("/dyn", { query: { token: "good" } } as object));
    assert.deepEqual(await stage.event(dyn, "welcome"), ["/dyn", { token: "good" }]);
    await stage.event(stage.track(client.io.socket("/tenant-x")), ERROR);
  },

  "either side leaves, and both are told": async (stage) => {
    const io = await stage.serve();
    const first = await stage.pair(io);
    const gone = [stage.event(first.server, "disconnect"), stage.event(first.client, "disconnect")];
    first.client.disconnect();
    assert.deepEqual(await reasons(gone), ["client namespace disconnect", "io client disconnect"]);
    const second = await stage.pair(io);
    const lost = [stage.event(second.server, "disconnect"), stage.event(second.client, "disconnect")];
    second.server.disconnect();
    assert.deepEqual(await reasons(lost), ["server namespace disconnect", "io server disconnect"]);
  },

  "leaving the main namespace leaves the others connected": async (stage) => {
    const io = await stage.serve();
    io.of("/a").on("connection", (socket) => socket.on("echo", (answer) => answer("alive")));
    const { client, server } = await stage.pair(io);
    const a = stage.track(client.io.socket("/a"));
    await stage.connected(a);
    const gone = stage.event(server, "disconnect");
    client.disconnect();
    assert.equal((await gone)[0], "client namespace disconnect");
    assert.equal(await stage.until("ack", ask(a, "echo")), "alive");
  },

  "their pings are answered and keep the connection": async (stage) => {
    const io = await stage.serve({ pingInterval: stage.transport === "upgrade" ? 100 : 20, pingTimeout: 5000 });
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    // The Manager of 2.x says "pong" with the time that it took.
    for (const [latency] of await stage.events(client.io, "pong", 3)) assert.equal(typeof latency, "number");
    assert.deepEqual([client.connected, server.connected], [true, true]);
  },

  "after a cut they come back, to all their namespaces": async (stage) => {
    const io = await stage.serve();
    io.of("/a").on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
    const proxy = await stage.proxy();
    const options = { reconnection: true, reconnectionDelay: 5, randomizationFactor: 0, port: proxy.port };
    const { client, server } = await stage.pair(io, "/", options);
    const a = stage.track(client.io.socket("/a"));
    await stage.connected(a);
    await stage.upgraded(client, server);
    await stage.writable(server);
    const before = client.id;
    const back = [stage.event(client, "connect"), stage.event(a, "connect")];
    proxy.cut();
    await Promise.all(back);
    assert.notEqual(client.id, before);
    assert.equal(await stage.until("round trip", ask(a, "echo", "again")), "again");
    const arrival = stage.event(client, "news");
    io.emit("news", Buffer.from([1]));
    assert.deepEqual(await arrival, [Buffer.from([1])]);
  },

  "broadcasts, rooms and their acknowledgements do not tell them from others": async (stage) => {
    const io = await stage.serve();
    const clients = [stage.client(), stage.client()] as [ClientSocket, ClientSocket];
    await stage.connected(...clients);
    await stage.serverHalf(io, clients[0]).join("room");
    clients.forEach((client, n) => client.on("vote", (bytes, answer) => answer(n, bytes)));
    assert.deepEqual(
      (await stage.until("answers", io.timeout(9000).emitWithAck("vote", Buffer.from([1])))).toSorted(),
      [0, 1],
    );
    assert.deepEqual(await stage.until("answers", io.to("room").timeout(9000).emitWithAck("vote", "x")), [0]);
    const sockets = await stage.until("sockets", io.in("room").fetchSockets());
    assert.deepEqual(
      sockets.map(({ id }) => id),
      [clients[0].id],
    );
  },
};

async function reasons(ends: Promise<unknown[]>[]): Promise<unknown[]> {
  return (await Promise.all(ends)).map(([reason]) => reason);
}
