import assert from "node:assert/strict";
import type { Namespace } from "socket.io";
import { until } from "../../../support/until.ts";
import type { Behaviours } from "../behaviour.ts";
import type { Peer } from "../peer.ts";
import { insides, type Stage } from "../stage.ts";
import { childrenOf } from "./namespaces.ts";

/** What stands for all the namespaces that a regular expression or a function accepts. */
export const parents: Behaviours = {
  "a parent is a namespace of a class of its own, with a set of its children and no place among the namespaces": (
    stage,
  ) => {
    const io = stage.create();
    const parent = io.of(/^\/dyn-/);
    assert.ok(parent instanceof stage.library.Namespace);
    assert.notEqual(parent.constructor, stage.library.Namespace);
    assert.ok(Object.hasOwn(parent, "children"));
    assert.ok(childrenOf(parent) instanceof Set);
    assert.equal(childrenOf(parent).size, 0);
    assert.equal(io._nsps.has(parent.name), false);
  },

  "the adapter of a parent is none of the server's kind: its broadcasts go to the adapters of the children": async (
    stage,
  ) => {
    const { parent, a, b } = await twoChildren(stage);
    const broadcasts: unknown[] = [];
    for (const child of childrenOf(parent)) {
      child.adapter.broadcast = (packet: { data?: unknown }, options: { rooms: Set<unknown>; flags?: object }) =>
        void broadcasts.push([child.name, packet.data, [...options.rooms], options.flags]);
    }
    parent.to("r").volatile.emit("hi", 1);
    assert.deepEqual(broadcasts, [
      ["/dyn-1", ["hi", 1], ["r"], { volatile: true }],
      ["/dyn-2", ["hi", 1], ["r"], { volatile: true }],
    ]);
    assert.deepEqual([await a.sofar(), await b.sofar()], [[], []]);
  },

  "createChild makes a namespace, among those of the server, and tells of it": (stage) => {
    const io = stage.create();
    const parent = io.of(/^\/dyn-/);
    const told: unknown[] = [];
    io.on("new_namespace", (nsp) => told.push(nsp));
    const child = insides(parent).createChild("/any") as Namespace;
    assert.equal(child.name, "/any");
    assert.ok(child instanceof stage.library.Namespace);
    assert.equal(io._nsps.get("/any"), child);
    assert.deepEqual([...childrenOf(parent)], [child]);
    assert.deepEqual(told, [child]);
    assert.ok(child.adapter instanceof stage.cell.adapter.Adapter);
  },

  "a child gets the middlewares and the listeners for connections that its parent has by then, and no later ones":
    async (stage) => {
      const io = await stage.serve();
      const parent = io.of(/^\/dyn-/);
      const log: string[] = [];
      const add = (name: string): void => {
        parent.use((socket, next) => {
          log.push(`${socket.nsp.name} ${name} middleware`);
          next();
        });
        for (const event of ["connect", "connection"] as const) {
          parent.on(event, (socket) => log.push(`${socket.nsp.name} ${name} ${event}`));
        }
      };
      add("early");
      parent.on("other" as never, (() => assert.fail("not for children")) as never);
      const peer = await stage.peer();
      await peer.join("/dyn-1");
      add("late");
      await (await stage.peer()).join("/dyn-1");
      await peer.join("/dyn-2");
      const early = (nsp: string): string[] => [
        `${nsp} early middleware`,
        `${nsp} early connect`,
        `${nsp} early connection`,
      ];
      assert.deepEqual(log, [
        ...early("/dyn-1"),
        ...early("/dyn-1"),
        "/dyn-2 early middleware",
        "/dyn-2 late middleware",
        "/dyn-2 early connect",
        "/dyn-2 late connect",
        "/dyn-2 early connection",
        "/dyn-2 late connection",
      ]);
      for (const child of childrenOf(parent)) assert.equal(child.listenerCount("other"), 0);
    },

  "emit emits on every child and returns true": async (stage) => {
    const { io, parent, a, b } = await twoChildren(stage);
    const { peer } = await stage.join(io);
    assert.equal(parent.emit("hi", 1, [2]), true);
    assert.equal(await a.next(), '2/dyn-1,["hi",1,[2]]');
    assert.equal(await b.next(), '2/dyn-2,["hi",1,[2]]');
    assert.deepEqual(await peer.sofar(), []);
  },

  "rooms, exceptions and flags of a parent hold in every child": async (stage) => {
    const { io, parent, a, b } = await twoChildren(stage);
    for (const socket of io.of("/dyn-1").sockets.values()) void socket.join("r");
    parent.to("r").emit("1");
    parent.in(["r", "s"]).emit("2");
    parent.except("r").emit("3");
    parent.compress(false).emit("4");
    parent.local.emit("5");
    assert.deepEqual(
      [await names(a), await names(b)],
      [
        ["1", "2", "4", "5"],
        ["3", "4", "5"],
      ],
    );
    // Volatile events are for transports that are ready: these are, by now.
    parent.volatile.to("r").emit("6");
    assert.deepEqual([await names(a), await names(b)], [["6"], []]);
  },

  "send and write of a parent reach every child": async (stage) => {
    const { parent, a, b } = await twoChildren(stage);
    assert.equal(parent.send("x"), parent);
    assert.equal(parent.write("y"), parent);
    assert.deepEqual(
      [await names(a), await names(b)],
      [
        ["message", "message"],
        ["message", "message"],
      ],
    );
  },

  "a parent has no sockets: to fetch them throws, its operators find none": async (stage) => {
    const { parent, io } = await twoChildren(stage);
    const expected = { message: "fetchSockets() is not supported on parent namespaces" };
    assert.throws(() => void parent.fetchSockets(), expected);
    assert.deepEqual(await parent.local.fetchSockets(), []);
    assert.deepEqual(await parent.to("r").fetchSockets(), []);
    assert.deepEqual(await parent.allSockets(), new Set());
    for (const target of [parent, parent.local]) {
      target.socketsJoin("r");
      target.socketsLeave("r");
      target.disconnectSockets(true);
    }
    await stage.quiet();
    for (const child of childrenOf(parent)) {
      assert.equal(child.sockets.size, 1);
      for (const socket of child.sockets.values()) assert.deepEqual([...socket.rooms], [socket.id]);
    }
    assert.equal(io._nsps.size, 3);
  },

  "an empty child stays, by default": async (stage) => {
    const { io, parent, a } = await twoChildren(stage);
    const child = io.of("/dyn-1");
    child.adapter.close = () => assert.fail("is not closed");
    await leave(stage, child, a);
    assert.equal(io._nsps.get("/dyn-1"), child);
    assert.ok(childrenOf(parent).has(child));
  },

  "cleanupEmptyChildNamespaces: a child is closed and forgotten when its last client leaves": async (stage) => {
    const { io, parent, a } = await twoChildren(stage, { cleanupEmptyChildNamespaces: true });
    const child = io.of("/dyn-1");
    let closed = 0;
    child.adapter.close = () => void closed++;
    const second = await stage.peer();
    await second.join("/dyn-1");
    await leave(stage, child, second);
    assert.deepEqual([io._nsps.get("/dyn-1"), closed], [child, 0]);
    await leave(stage, child, a);
    assert.deepEqual([io._nsps.has("/dyn-1"), closed, childrenOf(parent).size], [false, 1, 1]);
    await a.join("/dyn-1");
    assert.notEqual(io.of("/dyn-1"), child);
  },

  "cleanupEmptyChildNamespaces: a lost connection, or disconnect(), is a leave as well": async (stage) => {
    const { io, parent, a } = await twoChildren(stage, { cleanupEmptyChildNamespaces: true });
    const gone = stage.event([...io.of("/dyn-1").sockets.values()][0], "disconnect");
    a.close();
    await gone;
    assert.equal(io._nsps.has("/dyn-1"), false);
    io.of("/dyn-2").disconnectSockets();
    assert.equal(io._nsps.has("/dyn-2"), false);
    assert.equal(childrenOf(parent).size, 0);
  },

  "cleanupEmptyChildNamespaces: a child whose only client is refused is forgotten as well": async (stage) => {
    const io = await stage.serve({ cleanupEmptyChildNamespaces: true });
    const parent = io.of(/^\/dyn-/);
    parent.use((_socket, next) => next(new Error("no")));
    const peer = await stage.peer();
    assert.equal(await peer.ask("/dyn-1"), '4/dyn-1,{"message":"no"}');
    await stage.quiet();
    assert.deepEqual([[...io._nsps.keys()], childrenOf(parent).size], [["/"], 0]);
  },

  "cleanupEmptyChildNamespaces: plain namespaces stay": async (stage) => {
    const io = await stage.serve({ cleanupEmptyChildNamespaces: true });
    const plain = io.of("/plain");
    const { peer } = await stage.join(plain);
    await leave(stage, plain, peer);
    assert.equal(io._nsps.get("/plain"), plain);
  },
};

interface Family {
  readonly io: ReturnType<Stage["create"]>;
  readonly parent: Namespace;
  readonly a: Peer;
  readonly b: Peer;
}

/** A parent with the children /dyn-1 and /dyn-2, in each of which is one client. */
async function twoChildren(stage: Stage, options: object = {}): Promise<Family> {
  const io = await stage.serve(options);
  const parent = io.of(/^\/dyn-/);
  const [a, b] = [await stage.peer(), await stage.peer()];
  await a.join("/dyn-1");
  await b.join("/dyn-2");
  return { io, parent, a, b };
}

async function leave(stage: Stage, nsp: Namespace, peer: Peer): Promise<void> {
  const { size } = nsp.sockets;
  peer.send(`1${nsp.name},`);
  await until(() => nsp.sockets.size !== size);
  await stage.quiet();
}

/** The names of the events that have come. */
async function names(peer: Peer): Promise<unknown[]> {
  return (await peer.sofar()).map((message) => {
    const text = String(message);
    return (JSON.parse(text.slice(text.indexOf("["))) as unknown[])[0];
  });
}
