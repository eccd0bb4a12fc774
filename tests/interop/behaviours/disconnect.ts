import assert from "node:assert/strict";
import type { Behaviours, Stage } from "../stage.js";

export const disconnect: Behaviours = {
  "the client leaves": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const gone = stage.event(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    client.disconnect();
    assert.equal((await lost)[0], "io client disconnect");
    assert.equal((await gone)[0], "client namespace disconnect");
    assert.deepEqual([client.connected, client.active, client.id], [false, false, undefined]);
    assert.deepEqual([server.connected, server.disconnected], [false, true]);
  },

  "the server disconnects a socket": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", { reconnection: true });
    const gone = stage.event(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    server.disconnect();
    assert.equal((await gone)[0], "server namespace disconnect");
    assert.equal((await lost)[0], "io server disconnect");
    assert.deepEqual([client.connected, client.active, client.id], [false, false, undefined]);
  },

  "the server disconnects one namespace and the others stay": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const { client: root } = await stage.pair(io);
    const a = stage.track(root.io.socket("/a"));
    await stage.connected(a);
    const lost = stage.event(a, "disconnect");
    stage.serverHalf(io, a).disconnect();
    assert.equal((await lost)[0], "io server disconnect");
    const arrival = stage.event(root, "still here");
    io.emit("still here");
    await arrival;
  },

  "disconnect(true) ends all namespaces and the connection": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const { client: root, server } = await stage.pair(io);
    const a = stage.track(root.io.socket("/a"));
    await stage.connected(a);
    const lost = [stage.event(root, "disconnect"), stage.event(a, "disconnect")];
    const closed = stage.event<[string]>(server.conn, "close");
    server.disconnect(true);
    assert.deepEqual(
      (await Promise.all(lost)).map(([reason]) => reason),
      ["io server disconnect", "io server disconnect"],
    );
    // Over polling the client's own close may come first.
    assert.match((await closed)[0], stage.transport === "polling" ? /^(forced|transport) close$/ : /^forced close$/);
  },

  "disconnecting is told while the rooms are still there, disconnect after": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await server.join("room");
    const { id } = server;
    const log: unknown[] = [];
    server.on("disconnecting", (reason) => log.push(["disconnecting", reason, [...server.rooms].toSorted()]));
    server.on("disconnect", (reason) => log.push(["disconnect", reason, [...server.rooms], server.connected]));
    const gone = stage.event(server, "disconnect");
    client.disconnect();
    await gone;
    assert.deepEqual(log, [
      ["disconnecting", "client namespace disconnect", ["room", id].toSorted()],
      ["disconnect", "client namespace disconnect", [], false],
    ]);
    assert.equal(io.sockets.sockets.has(id), false);
  },

  "a closing server tells its sockets and the clients see the transport close": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const { client, server } = await stage.pair(io);
    const a = stage.track(client.io.socket("/a"));
    await stage.connected(a);
    await stage.upgraded(client, server);
    await stage.writable(server);
    const gone = [stage.event(server, "disconnect"), stage.event(stage.serverHalf(io, a), "disconnect")];
    const lost = [stage.event(client, "disconnect"), stage.event(a, "disconnect")];
    await stage.until("close of the server", io.close());
    assert.deepEqual(
      (await Promise.all(gone)).map(([reason]) => reason),
      ["server shutting down", "server shutting down"],
    );
    assert.deepEqual(
      (await Promise.all(lost)).map(([reason]) => reason),
      ["transport close", "transport close"],
    );
  },

  "the client closes its engine": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    const gone = stage.event(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    client.io.engine.close();
    assert.equal((await lost)[0], "forced close");
    assert.equal((await gone)[0], "transport close");
  },

  "the server closes the raw connection": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    await stage.upgraded(client, server);
    const gone = stage.event(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    server.conn.close();
    assert.equal((await gone)[0], "forced close");
    assert.equal((await lost)[0], "transport close");
  },

  "a connection that is cut is lost on both sides": async (stage) => {
    const io = await stage.serve();
    const proxy = await stage.proxy();
    const { client, server } = await stage.pair(io, "/", { port: proxy.port });
    await stage.upgraded(client, server);
    await stage.writable(server);
    const gone = stage.event<[string]>(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    proxy.cut();
    const expected = stage.transport === "polling" ? "transport error" : "transport close";
    assert.equal((await lost)[0], expected);
    assert.equal((await gone)[0], expected);
  },

  "a link that falls silent is given up by both sides with a ping timeout": async (stage) => {
    // Long enough for the connection itself on a busy machine, short enough to wait for.
    const io = await stage.serve({ pingInterval: soonAfterUpgrade(stage), pingTimeout: 200 });
    const proxy = await stage.proxy();
    const { client, server } = await stage.pair(io, "/", { port: proxy.port });
    await stage.upgraded(client, server);
    const gone = stage.event(server, "disconnect");
    const lost = stage.event(client, "disconnect");
    proxy.halfOpen();
    assert.equal((await gone)[0], "ping timeout");
    assert.equal((await lost)[0], "ping timeout");
  },

  "heartbeats keep an idle connection": async (stage) => {
    const io = await stage.serve({ pingInterval: soonAfterUpgrade(stage), pingTimeout: 5000 });
    const { client, server } = await stage.pair(io);
    await stage.events(client.io, "ping", 2);
    assert.deepEqual([client.connected, server.connected], [true, true]);
  },

  "what the server emits before it disconnects is delivered": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const heard: unknown[] = [];
    client.on("n", (n) => heard.push(n));
    const lost = stage.event(client, "disconnect");
    for (let n = 0; n < 10; n++) server.emit("n", n);
    server.disconnect();
    assert.equal((await lost)[0], "io server disconnect");
    assert.deepEqual(
      heard,
      Array.from({ length: 10 }, (_, n) => n),
    );
  },

  "a client that disconnects while connecting never appears": async (stage) => {
    const io = await stage.serve();
    const strays: string[] = [];
    const client = stage.client();
    client.on("connect", () => strays.push("connect"));
    client.disconnect();
    const { client: other } = await stage.pair(io);
    const fence = stage.event(other, "fence");
    io.emit("fence");
    await fence;
    assert.deepEqual(strays, []);
    assert.equal(io.sockets.sockets.size, 1);
  },

  "a disconnected client connects again with a new id": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const gone = stage.event(server, "disconnect");
    client.disconnect();
    await gone;
    client.connect();
    await stage.connected(client);
    assert.notEqual(client.id, server.id);
    assert.equal(io.sockets.sockets.size, 1);
  },

  "a client that joins no namespace is closed after connectTimeout": async (stage) => {
    const io = await stage.serve({ connectTimeout: 30 });
    const manager = stage.manager({ autoConnect: false });
    const closed = stage.event(manager, "close");
    manager.open();
    assert.equal((await closed)[0], "transport close");
    assert.equal(io.sockets.sockets.size, 0);
  },
};

/**
 * A pingInterval in ms that lets an upgrade end before the first ping. Upstream's server loses its heartbeat if a ping
 * is on its way over polling when the upgrade comes (wire reference, 1.8); ours is tested for that elsewhere.
 */
function soonAfterUpgrade(stage: Stage): number {
  return stage.transport === "upgrade" ? 250 : 40;
}
