import assert from "node:assert/strict";
import type { Socket } from "socket.io";
import type { Behaviours } from "../behaviour.ts";
import { joinPolling, upgrade } from "../polling.ts";
import { insides } from "../stage.ts";

/** What a socket of the server is made of (rows S-121 to S-131). */
export const socket: Behaviours = {
  "an id has 20 letters, digits, hyphens and underscores, and tells nothing of the connection": async (stage) => {
    const io = await stage.serve();
    const { socket: root, peer } = await stage.join(io);
    const { socket: admin } = await stage.join(io.of("/admin"), undefined, peer);
    for (const { id } of [root, admin]) assert.match(id, /^[A-Za-z0-9_-]{20}$/);
    assert.equal(new Set([root.id, admin.id, peer.opened.sid]).size, 3);
    assert.equal(insides(root.conn).id, peer.opened.sid);
  },

  "in protocol 4 an id is that of the connection, behind the name of a namespace": async (stage) => {
    const io = await stage.serve({ allowEIO3: true });
    io.of("/admin");
    const peer = await stage.peer("?EIO=3&transport=websocket");
    assert.equal(await peer.next(), "0");
    assert.equal(await peer.ask("/admin"), "0/admin,");
    assert.deepEqual([...io.sockets.sockets.keys()], [peer.opened.sid]);
    assert.deepEqual([...io.of("/admin").sockets.keys()], [`/admin#${peer.opened.sid}`]);
  },

  "a socket with a new session is not recovered": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    assert.equal(socket.recovered, false);
    assert.ok(Object.hasOwn(socket, "recovered"));
  },

  "data is an empty object for each socket, to be filled or replaced": async (stage) => {
    const io = await stage.serve();
    const [{ socket: one }, { socket: two }] = [await stage.join(io), await stage.join(io)];
    assert.deepEqual([one.data, two.data], [{}, {}]);
    assert.notEqual(one.data, two.data);
    one.data.name = "x";
    const watched = new Proxy(one.data, {});
    one.data = watched;
    two.data = 5;
    assert.equal(one.data, watched);
    assert.equal(one.data.name, "x");
    const byId = new Map((await io.fetchSockets()).map(({ id, data }) => [id, data]));
    assert.equal(byId.get(one.id), watched);
    assert.equal(byId.get(two.id), 5);
  },

  "connected is a property that can be written, and disconnected its opposite": async (stage) => {
    const io = await stage.serve();
    const before: boolean[] = [];
    io.use((socket, next) => {
      before.push(socket.connected, socket.disconnected);
      next();
    });
    const { socket } = await stage.join(io);
    assert.deepEqual(before, [false, true]);
    assert.deepEqual([socket.connected, socket.disconnected], [true, false]);
    assert.equal(Object.getOwnPropertyDescriptor(socket, "connected")?.writable, true);
    insides(socket).connected = false;
    assert.equal(socket.disconnected, true);
    insides(socket).connected = true;
    socket.disconnect();
    assert.deepEqual([socket.connected, socket.disconnected], [false, true]);
  },

  "namespace, client, server and adapter are properties of its own": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io.of("/admin"));
    for (const name of ["nsp", "client", "server", "adapter"]) assert.ok(Object.hasOwn(socket, name), name);
    const { nsp, client, server, adapter } = insides(socket);
    assert.deepEqual([nsp === io.of("/admin"), server === io, adapter === io.of("/admin").adapter], [true, true, true]);
    assert.equal(client.conn, socket.conn);
  },

  "fetchSockets takes what has a server for a socket of this process": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    const details = { id: "far", handshake: {}, rooms: ["far"], data: {} };
    io.sockets.adapter.fetchSockets = () => Promise.resolve([socket, details]);
    const [near, far] = await io.fetchSockets();
    assert.equal(near, socket);
    assert.notEqual(far, details);
    assert.deepEqual([far!.id, far!.rooms], ["far", new Set(["far"])]);
  },

  "request is the first one of the connection, for the client and the engine as well": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await joinPolling(stage, io);
    const { request } = socket;
    assert.match(request.url!, /^\/socket\.io\/\?EIO=4&transport=polling$/);
    const upgraded = stage.event(socket.conn, "upgrade");
    await upgrade(stage, io, peer);
    await upgraded;
    assert.equal(socket.request, request);
    assert.equal(socket.client.request, request);
    assert.equal(socket.conn.request, request);
  },

  "request is undefined once it is deleted": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    delete insides(socket.conn).request;
    assert.equal(socket.request, undefined);
    assert.equal(socket.client.request, undefined);
  },

  "conn is the socket of the engine, with its transport": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const { conn } = socket;
    assert.equal(conn, insides(io.engine).clients[peer.opened.sid]);
    assert.deepEqual([conn.transport.name, conn.protocol], ["websocket", 4]);
    assert.match(conn.remoteAddress, /127\.0\.0\.1$/);
    assert.equal(typeof insides(conn.transport).socket.send, "function");
  },

  "conn tells of an upgrade": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await joinPolling(stage, io);
    const { conn } = socket;
    assert.equal(conn.transport.name, "polling");
    const upgraded = stage.event(conn, "upgrade");
    await upgrade(stage, io, peer);
    const [transport] = await upgraded;
    assert.equal(transport.name, "websocket");
    assert.equal(conn.transport, transport);
    assert.equal(socket.conn, conn);
  },

  "rooms is the adapter's own set, and an empty one when the socket is gone": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    const { rooms } = socket;
    assert.equal(rooms, io.sockets.adapter.sids.get(socket.id));
    assert.deepEqual(rooms, new Set([socket.id]));
    void socket.join("r");
    assert.deepEqual(rooms, new Set([socket.id, "r"]));
    assert.equal(socket.rooms, rooms);
    socket.disconnect();
    assert.equal(io.sockets.adapter.sids.has(socket.id), false);
    socket.rooms.add("nowhere");
    assert.deepEqual(socket.rooms, new Set());
  },

  "acks is a Map, in which adapters wait for answers": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const { acks } = insides(socket);
    assert.ok(acks instanceof Map);
    const answered = new Promise<unknown[]>((resolve) => acks.set(77, (...args: unknown[]) => resolve(args)));
    acks.set(78, () => assert.fail("it was deleted"));
    acks.delete(78);
    peer.send("378[0]", "377[1,2]");
    assert.deepEqual(await answered, [1, 2]);
    assert.equal(acks.size, 0);
    socket.emit("a", () => {});
    assert.deepEqual([...acks.keys()], [insides(io.sockets)._ids - 1]);
  },

  "flags are gone after an emit, and after a broadcast took them along": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const { flags: none } = insides(socket);
    assert.deepEqual(none, {});
    void socket.volatile.compress(false).timeout(50);
    assert.deepEqual(insides(socket).flags, { volatile: true, compress: false, timeout: 50 });
    socket.emit("a");
    assert.deepEqual(insides(socket).flags, {});
    const operator = socket.volatile.compress(true).to("r");
    assert.deepEqual(insides(socket).flags, {});
    assert.deepEqual(insides(operator).flags, { volatile: true, compress: true });
    assert.deepEqual(insides(socket.local).flags, { local: true });
  },

  "middlewares and catch-all listeners are kept in fns and lists": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const [middleware, incoming, outgoing] = [() => {}, () => {}, () => {}];
    socket.use(middleware).onAny(incoming).onAnyOutgoing(outgoing);
    const { fns, _anyListeners, _anyOutgoingListeners, pid } = insides(socket);
    assert.deepEqual([fns, _anyListeners, _anyOutgoingListeners], [[middleware], [incoming], [outgoing]]);
    // Only where sessions are recovered.
    assert.equal(pid, undefined);
  },

  "what adapters of all makes call is there": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const members: Socket & Record<string, unknown> = insides(socket);
    for (const name of [
      "packet",
      "notifyOutgoingListeners",
      "_onpacket",
      "_onclose",
      "_onerror",
      "_error",
      "_cleanup",
    ]) {
      assert.equal(typeof members[name], "function", name);
    }
  },

  "packets that an adapter of an older make has encoded are sent as they are": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    insides(socket).packet(['21["old"]'], { preEncoded: true, volatile: false, compress: true });
    insides(socket).packet(["51-[]", Buffer.from([1])], { preEncoded: true, volatile: false, compress: false });
    assert.deepEqual(await peer.receive(3), ['21["old"]', "51-[]", Buffer.from([1])]);
    await stage.quiet();
    insides(socket).packet(['2["volatile"]'], { preEncoded: true, volatile: true, compress: true });
    assert.equal(await peer.next(), '2["volatile"]');
  },

  "encoded packets that are volatile are dropped while the transport is busy": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await joinPolling(stage, io);
    insides(socket).packet(['2["dropped"]'], { preEncoded: true, volatile: true, compress: true });
    insides(socket).packet(['2["kept"]'], { preEncoded: true, volatile: false, compress: true });
    assert.deepEqual(await peer.receive(1), ['42["kept"]']);
  },
};
