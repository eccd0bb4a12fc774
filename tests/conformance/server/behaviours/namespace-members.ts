import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Adapter } from "socket.io-adapter";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Joined, type Stage } from "../stage.ts";
import { withWatchedAdapter } from "../watched-adapter.ts";

/** What a namespace is made of, and what can be done to it. */
export const namespaceMembers: Behaviours = {
  "a namespace is an EventEmitter that can be made of a server and a name": (stage) => {
    const io = stage.create();
    const nsp = new stage.library.Namespace(io, "/made");
    assert.ok(nsp instanceof EventEmitter);
    assert.equal(nsp.name, "/made");
    assert.equal(nsp.server, io);
    assert.ok(nsp.adapter instanceof stage.cell.adapter.Adapter);
  },

  "name, server and adapter say what the namespace belongs to; the adapter can be replaced": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    assert.equal(admin.name, "/admin");
    assert.equal(admin.server, io);
    assert.equal(admin.adapter.nsp, admin);
    const broadcasts: unknown[] = [];
    const other = new stage.cell.adapter.Adapter(admin);
    other.broadcast = (packet: { data?: unknown }) => void broadcasts.push(packet.data);
    admin.adapter = other;
    admin.emit("hi");
    assert.deepEqual(broadcasts, [["hi"]]);
  },

  "sockets holds those that are connected, by their ids": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    assert.ok(admin.sockets instanceof Map);
    const [one, two] = [await stage.join(admin), await stage.join(admin)];
    assert.deepEqual(
      [...admin.sockets],
      [one, two].map(({ socket }) => [socket.id, socket]),
    );
    assert.equal(io.sockets.sockets.size, 0);
    const gone = stage.event(one.socket, "disconnect");
    one.peer.send("1/admin,");
    await gone;
    assert.deepEqual([...admin.sockets.values()], [two.socket]);
  },

  "_preConnectSockets holds those that are in the middlewares, by their ids": async (stage) => {
    const io = await stage.serve();
    let agree = (): void => {};
    const arrived = new Promise<Joined["socket"]>((resolve) => {
      io.use((socket, next) => {
        agree = next;
        resolve(socket);
      });
    });
    const peer = await stage.peer();
    peer.send("0");
    const socket = await arrived;
    const { _preConnectSockets: waiting } = insides(io.sockets) as { _preConnectSockets: Map<string, unknown> };
    assert.ok(waiting instanceof Map);
    assert.deepEqual([...waiting], [[socket.id, socket]]);
    assert.equal(io.sockets.sockets.size, 0);
    agree();
    assert.match(String(await peer.next()), /^0\{/);
    assert.equal(waiting.size, 0);
    assert.equal(io.sockets.sockets.get(socket.id), socket);
  },

  "_fns holds the middlewares": (stage) => {
    const io = stage.create();
    const fn = (_socket: unknown, next: () => void): void => next();
    assert.deepEqual(insides(io.sockets)._fns, []);
    io.use(fn);
    assert.deepEqual(insides(io.sockets)._fns, [fn]);
    assert.deepEqual(insides(io.of("/a"))._fns, []);
  },

  "_ids counts the acknowledgements from 0, of sockets and broadcasts together, for each namespace": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    const [one, two] = [await stage.join(io), await stage.join(io)];
    const other = await stage.join(admin);
    const ignore = (): void => {};
    assert.equal(insides(io.sockets)._ids, 0);
    one.socket.emit("a", ignore);
    two.socket.emit("b", ignore);
    io.timeout(10).emit("c", ignore);
    one.socket.emit("d", ignore);
    one.socket.emit("none");
    other.socket.emit("e", ignore);
    assert.deepEqual(await one.peer.receive(4), ['20["a"]', '22["c"]', '23["d"]', '2["none"]']);
    assert.deepEqual(await two.peer.receive(2), ['21["b"]', '22["c"]']);
    assert.equal(await other.peer.next(), '2/admin,0["e"]');
    assert.deepEqual([insides(io.sockets)._ids, insides(admin)._ids], [4, 1]);
  },

  "use adds a middleware behind those there are, and returns the namespace": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    const log: string[] = [];
    for (const name of ["first", "second"]) {
      assert.equal(
        admin.use((_socket, next) => {
          log.push(name);
          next();
        }),
        admin,
      );
    }
    await stage.join(admin);
    await stage.join(io);
    assert.deepEqual(log, ["first", "second"]);
  },

  "to, in and except target rooms of the namespace": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    const [a, b] = [await stage.join(admin), await stage.join(admin)];
    const main = await stage.join(io);
    for (const [room, { socket }] of Object.entries({ a, b, main })) void socket.join([room, "both"]);
    admin.to("a").emit("1");
    admin.in(["a", "b"]).emit("2");
    admin.except("a").emit("3");
    admin.to("both").except(["b"]).emit("4");
    assert.deepEqual(await a.peer.names(), ["1", "2", "4"]);
    assert.deepEqual(await b.peer.names(), ["2", "3"]);
    assert.deepEqual(await main.peer.names(), []);
  },

  "compress, volatile, local and timeout give a new operator each time, and leave the namespace as it is": (stage) => {
    const nsp = stage.create().of("/a");
    const make = [
      () => nsp.volatile,
      () => nsp.local,
      () => nsp.compress(true),
      () => nsp.timeout(5),
      () => nsp.to("x"),
    ];
    for (const operator of make) {
      assert.equal(operator().constructor.name, "BroadcastOperator");
      assert.notEqual(operator(), operator());
    }
    const flags = make.map((operator) => insides(operator()).flags as object);
    assert.deepEqual(flags, [{ volatile: true }, { local: true }, { compress: true }, { timeout: 5 }, {}]);
  },

  "emit reaches everybody in the namespace and returns true, also if nobody is there": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    assert.equal(admin.emit("unheard"), true);
    const [{ peer }, main] = [await stage.join(admin), await stage.join(io)];
    assert.equal(admin.emit("hi", 1), true);
    assert.equal(await peer.next(), '2/admin,["hi",1]');
    assert.deepEqual(await main.peer.sofar(), []);
    // Emitted to clients, not to the server's own listeners.
    admin.on("hi" as never, (() => assert.fail("not for us")) as never);
    admin.emit("hi");
  },

  "send and write emit a message and return the namespace": async (stage) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    const { peer } = await stage.join(admin);
    assert.equal(admin.send(1, "two"), admin);
    assert.equal(admin.write(3), admin);
    assert.deepEqual(await peer.receive(2), ['2/admin,["message",1,"two"]', '2/admin,["message",3]']);
  },

  "serverSideEmit refuses connect, connection and new_namespace, and no other names": (stage) => {
    const { io, emitted } = withWatchedAdapter(stage);
    const nsp = io.of("/admin");
    for (const name of ["connect", "connection", "new_namespace"]) {
      assert.throws(() => nsp.serverSideEmit(name), { message: `"${name}" is a reserved event name` });
    }
    assert.deepEqual(emitted, []);
    for (const name of ["disconnect", "connect_error", "error", "hi"]) assert.equal(nsp.serverSideEmit(name, 1), true);
    assert.deepEqual(emitted, [
      ["/admin", "disconnect", 1],
      ["/admin", "connect_error", 1],
      ["/admin", "error", 1],
      ["/admin", "hi", 1],
    ]);
  },

  "serverSideEmit is not delivered to the server that emits": (stage) => {
    const nsp = withWatchedAdapter(stage).io.of("/admin");
    nsp.on("hi" as never, (() => assert.fail("not for us")) as never);
    nsp.serverSideEmit("hi");
  },

  "serverSideEmitWithAck is the same as a promise": async (stage) => {
    const { io, emitted } = withWatchedAdapter(stage);
    const nsp = io.of("/admin");
    const good = nsp.serverSideEmitWithAck("hi", 1);
    assert.deepEqual(emitted[0]!.slice(0, -1), ["/admin", "hi", 1]);
    (emitted[0]!.at(-1) as (...args: unknown[]) => void)(null, ["a", "b"]);
    assert.deepEqual(await good, ["a", "b"]);
    const bad = nsp.serverSideEmitWithAck("hi");
    (emitted[1]!.at(-1) as (...args: unknown[]) => void)(new Error("no"), ["a"]);
    await assert.rejects(bad, { message: "no", responses: ["a"] });
    await assert.rejects(nsp.serverSideEmitWithAck("connect"), { message: '"connect" is a reserved event name' });
  },

  "what servers of a cluster emit reaches the namespace of that name, whose answers go back as one value, once": async (
    stage,
  ) => {
    const cluster = clusterOf(stage);
    const [one, two, three] = [await cluster(), await cluster(), await cluster()];
    const received: unknown[][] = [];
    for (const [index, io] of [one, two, three].entries()) {
      io.of("/admin").on(
        "hi" as never,
        ((...args: unknown[]) => {
          const answer = args.pop() as (value: unknown) => void;
          received.push([index, ...args]);
          answer(index);
          answer("ignored");
        }) as never,
      );
      io.of("/other").on("hi" as never, (() => assert.fail("another namespace")) as never);
    }
    const answers = (await one.of("/admin").serverSideEmitWithAck("hi", "x")) as number[];
    assert.deepEqual(
      answers.toSorted((a, b) => a - b),
      [1, 2],
    );
    assert.deepEqual(
      received.toSorted(([a], [b]) => Number(a) - Number(b)),
      [
        [1, "x"],
        [2, "x"],
      ],
    );
    const plain = stage.event(two, "plain");
    one.serverSideEmit("plain", 1, { a: 2 });
    assert.deepEqual(await plain, [1, { a: 2 }]);
  },

  "_onServerSideEmit tells the listeners of this server, and nobody else": async (stage) => {
    const { io, emitted } = withWatchedAdapter(stage);
    const nsp = io.of("/admin");
    const log: unknown[][] = [];
    nsp.on("hi" as never, ((...args: unknown[]) => log.push(args)) as never);
    insides(nsp)._onServerSideEmit(["hi", 1, "two"]);
    assert.deepEqual(log, [[1, "two"]]);
    assert.deepEqual(emitted, []);
  },

  "fetchSockets, allSockets, socketsJoin, socketsLeave and disconnectSockets are about everybody in it": async (
    stage,
  ) => {
    const io = await stage.serve();
    const admin = io.of("/admin");
    const [one, two] = [await stage.join(admin), await stage.join(admin)];
    const main = await stage.join(io, undefined, one.peer);
    const sockets = [one.socket, two.socket];
    assert.deepEqual(await admin.fetchSockets(), sockets);
    assert.deepEqual(await admin.allSockets(), new Set(sockets.map(({ id }) => id)));
    assert.equal(admin.socketsJoin(["a", "b"]), undefined);
    assert.equal(admin.socketsLeave("a"), undefined);
    for (const socket of sockets) assert.deepEqual([...socket.rooms], [socket.id, "b"]);
    assert.equal(main.socket.rooms.size, 1);
    assert.equal(admin.disconnectSockets(), undefined);
    for (const { peer } of [one, two]) assert.equal(await peer.next(), "1/admin,");
    assert.equal(main.socket.connected, true);
    await stage.join(admin, undefined, one.peer);
    admin.disconnectSockets(true);
    const farewell = await one.peer.receive(3);
    assert.deepEqual(farewell.slice(0, 2).map(String).toSorted(), ["1", "1/admin,"]);
    assert.match(String(farewell[2]), /^closed/);
  },

  "_initAdapter makes an adapter of the server's kind and starts it; one that fails to start is only logged": async (
    stage,
  ) => {
    let started = 0;
    class Mine extends stage.cell.adapter.Adapter {
      override init(): Promise<void> {
        started++;
        return Promise.reject(new Error("only logged"));
      }
    }
    const rejections = stage.unhandledRejections;
    const io = stage.create({ adapter: Mine as typeof Adapter });
    assert.equal(started, 1);
    const { adapter } = io.sockets;
    insides(io.sockets)._initAdapter();
    assert.notEqual(io.sockets.adapter, adapter);
    assert.ok(io.sockets.adapter instanceof Mine);
    io.of("/a");
    assert.equal(started, 3);
    await stage.quiet();
    assert.deepEqual(rejections, []);
  },

  "an adapter that was replaced reaches those alone who joined it": async (stage) => {
    const io = await stage.serve();
    const earlier = await stage.join(io);
    const { adapter: replaced } = io.sockets;
    io.adapter(stage.cell.adapter.Adapter);
    const later = await stage.join(io);
    replaced.broadcast({ type: 2, nsp: "/", data: ["by the replaced one"] }, { rooms: new Set() });
    later.socket.emit("hello");
    assert.deepEqual(await earlier.peer.receive(1), ['2["by the replaced one"]']);
    assert.deepEqual(await later.peer.receive(1), ['2["hello"]']);
  },

  "the internal steps of a connection are there for tools that wrap them": (stage) => {
    const nsp = insides(stage.create().of("/a"));
    for (const name of ["_add", "_remove", "_createSocket", "_doConnect", "run", "_initAdapter"]) {
      assert.equal(typeof nsp[name], "function", name);
    }
  },

  "a namespace has no close method: frameworks would call it, and wait": (stage) => {
    assert.equal("close" in stage.create().of("/a"), false);
  },
};

/** Makes servers that hear of each other in this process, as adapters of clusters do it. */
function clusterOf(stage: Stage): () => Promise<ReturnType<Stage["create"]>> {
  const members = new Set<Adapter>();
  class InProcess extends stage.cell.adapter.Adapter {
    override init(): void {
      members.add(this);
    }

    override serverSideEmit(packet: unknown[]): void {
      const others = [...members].filter((member) => member !== this && member.nsp.name === this.nsp.name);
      const ack = typeof packet.at(-1) === "function" ? (packet.pop() as (...args: unknown[]) => void) : undefined;
      const answers: unknown[] = [];
      for (const { nsp } of others) {
        let isAnswered = false;
        const answer = (value: unknown): void => {
          if (isAnswered) return;
          isAnswered = true;
          if (answers.push(value) === others.length) ack?.(null, answers);
        };
        setImmediate(() => insides(nsp)._onServerSideEmit(ack === undefined ? packet : [...packet, answer]));
      }
    }
  }
  return () => stage.serve({ adapter: InProcess });
}
