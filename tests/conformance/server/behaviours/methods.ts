import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Joined, type Stage } from "../stage.ts";
import { withWatchedAdapter } from "../watched-adapter.ts";

/** What can be done to a server. */
export const methods: Behaviours = {
  "serveClient, path and connectTimeout give a setting, or take one and return the server": (stage) => {
    const io = stage.create();
    assert.deepEqual([io.serveClient(), io.path(), io.connectTimeout()], [true, "/socket.io", 45_000]);
    assert.equal(io.serveClient(false), io);
    assert.equal(io.path("/a/"), io);
    assert.equal(io.connectTimeout(5), io);
    assert.deepEqual([io.serveClient(), io.path(), io.connectTimeout()], [false, "/a", 5]);
    io.path("/b//");
    assert.equal(io.path(), "/b/");
    assert.equal(insides(io).connectTimeout(undefined), 5);
  },

  "serveClient changes nothing any more once attached": async (stage) => {
    const io = await stage.serve({ serveClient: true });
    io.serveClient(false);
    assert.equal((await stage.ask("GET", "/socket.io/socket.io.js")).status, 200);
    const without = await stage.serve({ serveClient: false });
    without.serveClient(true);
    assert.equal((await stage.ask("GET", "/socket.io/socket.io.js")).status, 400);
  },

  "connectTimeout holds for connections that come after it was set": async (stage) => {
    const io = await stage.serve();
    io.connectTimeout(100);
    const peer = await stage.peer();
    stage.clock.advance(100);
    assert.match(String(await peer.next()), /^closed/);
  },

  "adapter gives what makes adapters; set, it makes new ones for all namespaces, without the rooms, and starts them": (
    stage,
  ) => {
    const started: string[] = [];
    class Mine extends stage.cell.adapter.Adapter {
      override init(): void {
        started.push(this.nsp.name);
      }
    }
    const io = stage.create();
    const nsps = [io.of("/"), io.of("/a")];
    for (const nsp of nsps) void nsp.adapter.addAll("id", new Set(["room"]));
    assert.equal(io.adapter(), stage.cell.adapter.Adapter);
    assert.equal(io.adapter(Mine), io);
    assert.equal(io.adapter(), Mine);
    for (const nsp of nsps) {
      assert.ok(nsp.adapter instanceof Mine);
      assert.equal(nsp.adapter.rooms.size, 0);
    }
    assert.deepEqual(started, ["/", "/a"]);
    io.of("/b");
    assert.deepEqual(started, ["/", "/a", "/b"]);
  },

  "attach and listen return the server; each attaches one more, and the earlier ones go on": async (stage) => {
    const io = stage.create();
    const [first, second] = [await stage.http(), await stage.http()];
    assert.equal(io.attach(first), io);
    const { engine } = io;
    stage.defer(() => engine.close());
    assert.equal(io.listen(second), io);
    await stage.join(io, undefined, await stage.peer("", stage.port(first)));
    await stage.join(io, undefined, await stage.peer("", stage.port(second)));
    assert.equal(io.sockets.sockets.size, 2);
  },

  "listen takes a port, and options as attach does": async (stage) => {
    const io = stage.create();
    assert.equal(io.listen(0, { pingTimeout: 123 }), io);
    if (!io.httpServer.listening) await stage.event(io.httpServer, "listening");
    const peer = await stage.peer("", stage.port(io));
    assert.equal(insides(peer.opened).pingTimeout, 123);
  },

  "a server may be attached again after it was closed": async (stage) => {
    const io = await stage.serve();
    await stage.join(io);
    await io.close();
    io.attach(await stage.http());
    await stage.join(io);
  },

  "bind takes the connections of an engine that was attached by somebody else, and returns the server": async (
    stage,
  ) => {
    const io = stage.create();
    const engine = new stage.cell.engine.Server();
    engine.attach(await stage.http(), { path: "/mine" });
    stage.defer(() => engine.close());
    assert.equal(io.bind(engine), io);
    const peer = await stage.peer("", stage.port(), "/mine/");
    await stage.join(io, undefined, peer);
  },

  "bind takes whatever emits connections and can be closed": async (stage) => {
    const io = stage.create();
    let closed = 0;
    const engine = Object.assign(new EventEmitter(), { close: () => void closed++ });
    assert.equal(io.bind(engine), io);
    assert.equal(io.engine, engine);
    const connection = stage.event(io, "connection");
    const conn = fakeConnection();
    engine.emit("connection", conn);
    conn.emit("data", "0");
    const [socket] = await connection;
    assert.equal(socket.conn, conn);
    await io.close();
    assert.equal(closed, 1);
  },

  "onconnection takes one connection, and returns the server": async (stage) => {
    const io = stage.create();
    const connections: unknown[] = [];
    io.on("connection", (socket) => connections.push(socket.conn));
    const conn = fakeConnection();
    assert.equal(insides(io).onconnection(conn), io);
    await stage.quiet();
    assert.deepEqual(connections, []);
    conn.emit("data", "0");
    await stage.quiet();
    assert.equal(connections[0], conn);
  },

  "onconnection: a client of Socket.IO 2 is in / at once": async (stage) => {
    const io = stage.create({ allowEIO3: true });
    const connection = stage.event(io, "connection");
    const conn = Object.assign(fakeConnection(), { protocol: 3 });
    insides(io).onconnection(conn);
    const [socket] = await connection;
    assert.equal(socket.conn, conn);
  },

  "of gives a namespace, close a promise, use the server": async (stage) => {
    const io = stage.create(await stage.http());
    assert.ok(io.of("/a") instanceof stage.library.Namespace);
    assert.equal(
      io.use((socket, next) => next(socket.handshake.auth["ok"] === true ? undefined : new Error("no"))),
      io,
    );
    const peer = await stage.peer();
    assert.equal(await peer.ask("/"), '4{"message":"no"}');
    await peer.join("/a");
    await peer.join("/", { ok: true });
    const closed = io.close();
    assert.ok(closed instanceof Promise);
    assert.equal(await closed, undefined);
  },

  "to, in and except target rooms by their names or lists of them": async (stage) => {
    const { io, a, b, c } = await threeInRooms(stage);
    const operator = io.to("a");
    assert.equal(operator.constructor.name, "BroadcastOperator");
    io.to("a").emit("1");
    io.in("b").emit("2");
    io.to(["a", "b"]).emit("3");
    io.in(["b", "c"]).emit("4");
    io.except("a").emit("5");
    io.except(["a", "b"]).emit("6");
    assert.deepEqual(await a.peer.names(), ["1", "3"]);
    assert.deepEqual(await b.peer.names(), ["2", "3", "4", "5"]);
    assert.deepEqual(await c.peer.names(), ["4", "5", "6"]);
  },

  "volatile, local, compress and timeout give a new operator each time, and leave the server as it is": async (
    stage,
  ) => {
    const { io, a } = await threeInRooms(stage);
    const make = [() => io.volatile, () => io.local, () => io.compress(true), () => io.timeout(5), () => io.to("x")];
    for (const operator of make) {
      assert.equal(operator().constructor.name, "BroadcastOperator");
      assert.notEqual(operator(), operator());
    }
    const flags = make.map((operator) => insides(operator()).flags as object);
    assert.deepEqual(flags, [{ volatile: true }, { local: true }, { compress: true }, { timeout: 5 }, {}]);
    io.emit("all");
    assert.deepEqual(await a.peer.names(), ["all"]);
  },

  "emit reaches everybody in / and returns true": async (stage) => {
    const { io, a, b, c } = await threeInRooms(stage);
    const { peer } = await stage.join(io.of("/other"));
    assert.equal(io.emit("hi", 1, { two: [3] }), true);
    for (const { peer: each } of [a, b, c]) assert.equal(await each.next(), '2["hi",1,{"two":[3]}]');
    assert.deepEqual(await peer.sofar(), []);
  },

  "emit with an acknowledgement but without a timeout waits for one millisecond": async (stage) => {
    const io = await stage.serve();
    const { peer } = await stage.join(io);
    const calls: unknown[][] = [];
    assert.equal(
      insides(io).emit("hi", (...args: unknown[]) => calls.push(args)),
      true,
    );
    assert.equal(await peer.next(), '20["hi"]');
    assert.equal(calls.length, 0);
    stage.clock.advance(1);
    await stage.quiet();
    assert.deepEqual(
      calls.map(([error, responses]) => [(error as Error).message, responses]),
      [["operation has timed out", []]],
    );
  },

  "send and write emit a message and return the server": async (stage) => {
    const io = await stage.serve();
    const { peer } = await stage.join(io);
    assert.equal(io.send(1, "two"), io);
    assert.equal(io.write(3), io);
    assert.deepEqual(await peer.receive(2), ['2["message",1,"two"]', '2["message",3]']);
  },

  "serverSideEmit hands the event to the adapter of / and returns true": (stage) => {
    const { io, emitted } = withWatchedAdapter(stage);
    const answers: unknown[][] = [];
    const ack = (...args: unknown[]): void => void answers.push(args);
    assert.equal(io.serverSideEmit("hi", 1, ack), true);
    assert.equal(io.serverSideEmit("ho"), true);
    const given = emitted[0]!.pop() as typeof ack;
    assert.deepEqual(emitted, [
      ["/", "hi", 1],
      ["/", "ho"],
    ]);
    given(null, [1, 2]);
    assert.deepEqual(answers, [[null, [1, 2]]]);
  },

  "serverSideEmitWithAck resolves with the answers, or rejects with the error and those there are": async (stage) => {
    const { io, emitted } = withWatchedAdapter(stage);
    const good = io.serverSideEmitWithAck("hi", 1);
    (emitted[0]!.at(-1) as (error: null, responses: unknown[]) => void)(null, [1, 2]);
    assert.deepEqual(emitted[0]!.slice(0, 3), ["/", "hi", 1]);
    assert.deepEqual(await good, [1, 2]);
    const bad = io.serverSideEmitWithAck("hi");
    const failure = new Error("no");
    (emitted[1]!.at(-1) as (error: Error, responses: unknown[]) => void)(failure, [1]);
    await assert.rejects(bad, (error) => {
      assert.equal(error, failure);
      assert.deepEqual((error as { responses?: unknown }).responses, [1]);
      return true;
    });
  },

  "in memory there are no other servers: serverSideEmit warns, and its promise never settles": async (stage) => {
    const io = stage.create();
    const warnings = watchWarnings(stage);
    assert.equal(io.serverSideEmit("hi"), true);
    const promise = io.serverSideEmitWithAck("hi");
    stage.clock.advance(1_000_000);
    assert.equal(await stage.stateOf(promise), "pending");
    const text = "this adapter does not support the serverSideEmit() functionality";
    assert.deepEqual(warnings, [[text], [text]]);
  },

  "fetchSockets, allSockets, socketsJoin, socketsLeave and disconnectSockets are about everybody in /": async (
    stage,
  ) => {
    const io = await stage.serve();
    const [one, two] = [await stage.join(io), await stage.join(io)];
    const elsewhere = await stage.join(io.of("/other"));
    const sockets = [one.socket, two.socket];
    assert.deepEqual(await io.fetchSockets(), sockets);
    assert.deepEqual(await io.allSockets(), new Set(sockets.map(({ id }) => id)));
    assert.equal(io.socketsJoin(["a", "b"]), undefined);
    for (const socket of sockets) assert.deepEqual([...socket.rooms], [socket.id, "a", "b"]);
    assert.equal(io.socketsLeave("a"), undefined);
    for (const socket of sockets) assert.deepEqual([...socket.rooms], [socket.id, "b"]);
    assert.equal(elsewhere.socket.rooms.size, 1);
    assert.equal(io.disconnectSockets(), undefined);
    for (const { peer } of [one, two]) assert.equal(await peer.next(), "1");
    assert.deepEqual(await elsewhere.peer.sofar(), []);
    assert.deepEqual(await one.peer.sofar(), [], "the connection is open");
    await stage.join(io, undefined, one.peer);
    io.disconnectSockets(true);
    assert.deepEqual((await one.peer.receive(2)).map(String)[0], "1");
  },

  "server and namespaces have emitWithAck, which does as that of an operator": {
    upstreamDiffers: "Q-2",
    run: async (stage) => {
      const io = await stage.serve();
      for (const name of ["/", "/a"]) {
        const target = name === "/" ? io : io.of(name);
        const { peer } = await stage.join(target);
        assert.equal(typeof target.emitWithAck, "function");
        const answers = target.emitWithAck("x", 1);
        assert.match(String(await peer.next()), /\["x",1\]$/);
        stage.clock.advance(1);
        await assert.rejects(answers, (error: Error & { responses?: unknown }) => {
          assert.deepEqual([error.message, error.responses], ["operation has timed out", []]);
          return true;
        });
        await assert.rejects(target.emitWithAck("connect"), { message: '"connect" is a reserved event name' });
      }
    },
  },
};

/** Everybody in / has a room of its own, and one more for all. */
async function threeInRooms(
  stage: Stage,
): Promise<{ io: Joined["socket"]["nsp"]["server"] } & Record<"a" | "b" | "c", Joined>> {
  const io = await stage.serve();
  const [a, b, c] = [await stage.join(io), await stage.join(io), await stage.join(io)];
  for (const [room, { socket }] of Object.entries({ a, b, c })) void socket.join(room);
  return { io, a, b, c };
}

/** From now on, warnings of the console end up here. */
function watchWarnings(stage: Stage): unknown[][] {
  const { warn } = console;
  const warnings: unknown[][] = [];
  console.warn = (...args: unknown[]) => void warnings.push(args);
  stage.defer(() => (console.warn = warn));
  return warnings;
}

/** As much of an engine's socket as the server needs, of no maker. */
function fakeConnection(): EventEmitter {
  return Object.assign(new EventEmitter(), {
    id: "fake",
    protocol: 4,
    readyState: "open",
    request: { headers: {}, connection: {}, url: "/", _query: {} },
    remoteAddress: "::1",
    transport: { name: "fake", writable: true },
    write: () => {},
    close: () => {},
  });
}
