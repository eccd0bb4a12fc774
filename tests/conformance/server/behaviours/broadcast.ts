import assert from "node:assert/strict";
import type { Server, Socket } from "socket.io";
import type { Behaviours } from "../behaviour.ts";
import type { Peer } from "../peer.ts";
import { joinPolling } from "../polling.ts";
import { insides, type Stage } from "../stage.ts";
import { cluster } from "../two-nodes.ts";

const TIMEOUT = "operation has timed out";

/** Operators: whom a broadcast reaches, and who answers (rows S-145 to S-147, S-159 to S-167). */
export const broadcast: Behaviours = {
  "a socket's operators leave out the socket itself, and take its flags along": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const operators = {
      broadcast: socket.broadcast,
      local: socket.local,
      to: socket.to("a"),
      in: socket.in(["a", "b"]),
      except: socket.except("a"),
      flagged: socket.volatile.compress(false).timeout(5).to("a"),
    };
    for (const [name, operator] of Object.entries(operators)) {
      assert.equal(operator.constructor.name, "BroadcastOperator", name);
      assert.ok(insides(operator).exceptRooms.has(socket.id), name);
    }
    assert.deepEqual(insides(operators.to).rooms, new Set(["a"]));
    assert.deepEqual(insides(operators.in).rooms, new Set(["a", "b"]));
    assert.deepEqual(insides(operators.except).exceptRooms, new Set([socket.id, "a"]));
    assert.equal(insides(operators.local).flags.local, true);
    assert.deepEqual(insides(operators.flagged).flags, { volatile: true, compress: false, timeout: 5 });
  },

  "broadcast, to, in, except and local of a socket reach others": async (stage) => {
    const { sockets, received } = await members(stage, ["r"], ["r"], []);
    const [first] = sockets as [Socket];
    first.broadcast.emit("x");
    assert.deepEqual(await received(), [0, 1, 1]);
    first.local.emit("x");
    assert.deepEqual(await received(), [0, 1, 1]);
    first.to("r").emit("x");
    first.in("r").emit("x");
    assert.deepEqual(await received(), [0, 2, 0]);
    first.except("r").emit("x");
    assert.deepEqual(await received(), [0, 0, 1]);
    first.to(first.id).emit("x");
    assert.deepEqual(await received(), [0, 0, 0]);
  },

  "join and leave are done at once by the adapter in memory": async (stage) => {
    const io = await stage.serve();
    const { socket } = await stage.join(io);
    assert.equal(socket.join("a"), undefined);
    assert.equal(socket.join(["b", "c"]), undefined);
    assert.deepEqual([...socket.rooms], [socket.id, "a", "b", "c"]);
    assert.equal(socket.leave("b"), undefined);
    assert.deepEqual([...socket.rooms], [socket.id, "a", "c"]);
    socket.disconnect();
    assert.equal(socket.join("late"), undefined);
    assert.deepEqual([socket.rooms.size, io.sockets.adapter.rooms.size], [0, 0]);
  },

  "join and leave give what the adapter gives": async (stage) => {
    class Slow extends stage.cell.adapter.Adapter {
      override async addAll(id: string, rooms: Set<string>): Promise<never> {
        void super.addAll(id, rooms);
        return ["joined", ...rooms] as never;
      }

      override async del(id: string, room: string): Promise<never> {
        void super.del(id, room);
        return ["left", room] as never;
      }
    }
    const { socket } = await stage.join(await stage.serve({ adapter: Slow as never }));
    assert.deepEqual(await socket.join(["a", "b"]), ["joined", "a", "b"]);
    assert.deepEqual(await socket.leave("a"), ["left", "a"]);
    assert.deepEqual([...socket.rooms], [socket.id, "b"]);
  },

  "an operator has an adapter, rooms and flags of its own, and can be made from them": async (stage) => {
    const { io, sockets, received } = await members(stage, ["a"], ["b"]);
    const operator = io.to("a");
    for (const name of ["adapter", "rooms", "exceptRooms", "flags"]) assert.ok(Object.hasOwn(operator, name), name);
    const { adapter, rooms, exceptRooms, flags } = insides(operator);
    assert.equal(adapter, io.sockets.adapter);
    assert.deepEqual([rooms, exceptRooms, flags], [new Set(["a"]), new Set(), {}]);
    const Operator = operator.constructor as new (...args: unknown[]) => typeof operator;
    new Operator(adapter).emit("x");
    assert.deepEqual(await received(), [1, 1]);
    new Operator(adapter, new Set(["a", "b"]), new Set([sockets[0]!.id]), { volatile: false }).emit("x");
    assert.deepEqual(await received(), [0, 1]);
  },

  "each modifier of an operator gives a new one, in any order": async (stage) => {
    const { io, received } = await members(stage, ["a"], ["b"], ["a", "b"]);
    const first = io.to("a");
    const later = [
      first.to("b"),
      first.in(["b"]),
      first.except("b"),
      first.compress(false),
      first.volatile,
      first.local,
      first.timeout(10),
    ];
    assert.equal(new Set([first, ...later]).size, 8);
    assert.deepEqual(
      [insides(first).rooms, insides(first).exceptRooms, insides(first).flags],
      [new Set(["a"]), new Set(), {}],
    );
    first.emit("x");
    assert.deepEqual(await received(), [1, 0, 1]);
    later[0]!.emit("x");
    assert.deepEqual(await received(), [1, 1, 1]);
    io.local.compress(true).except("b").volatile.to("a").emit("x");
    assert.deepEqual(await received(), [1, 0, 0]);
    assert.deepEqual(insides(io.timeout(5).local.to("a").compress(false).except(["b"]).volatile).flags, {
      timeout: 5,
      local: true,
      compress: false,
      volatile: true,
    });
  },

  "an operator has no broadcast, send or write": async (stage) => {
    const { io, sockets } = await members(stage, []);
    for (const operator of [io.to("a"), io.volatile, sockets[0]!.broadcast]) {
      for (const name of ["broadcast", "send", "write"]) assert.equal(insides(operator)[name], undefined, name);
    }
  },

  "a broadcast returns true and reaches the union of its rooms, without those excepted, each socket once": async (
    stage,
  ) => {
    const { io, received } = await members(stage, ["a"], ["b"], ["a", "b"], []);
    assert.equal(io.to("nobody").emit("x"), true);
    assert.deepEqual(await received(), [0, 0, 0, 0]);
    assert.equal(io.to("a").to("b").emit("x"), true);
    assert.deepEqual(await received(), [1, 1, 1, 0]);
    io.to(["a", "b"]).except("b").emit("x");
    assert.deepEqual(await received(), [1, 0, 0, 0]);
    io.except(["a", "nobody"]).emit("x");
    assert.deepEqual(await received(), [0, 1, 0, 1]);
    io.local.emit("x");
    assert.deepEqual(await received(), [1, 1, 1, 1]);
  },

  "a number and its text are two rooms": async (stage) => {
    const { io, sockets, received } = await members(stage, ["5"], []);
    void sockets[1]!.join(5 as never);
    io.to("5").emit("x");
    assert.deepEqual(await received(), [1, 0]);
    io.to(5 as never).emit("x");
    assert.deepEqual(await received(), [0, 1]);
    io.except(5 as never).emit("x");
    assert.deepEqual(await received(), [1, 0]);
  },

  "a volatile broadcast passes over those whose transport is busy": async (stage) => {
    const io = await stage.serve();
    const { peer: polling } = await joinPolling(stage, io);
    const { peer } = await stage.join(io);
    await stage.quiet();
    io.volatile.emit("dropped");
    io.emit("kept");
    assert.deepEqual(await peer.receive(2), ['2["dropped"]', '2["kept"]']);
    assert.deepEqual(await polling.receive(1), ['42["kept"]']);
  },

  "the answers to a broadcast are gathered as they arrive, the first value of each": async (stage) => {
    const { io, peers } = await members(stage, ["r"], ["r"], []);
    const answered = outcome((ack) => io.to("r").timeout(1000).emit("x", 1, ack));
    const asked = await Promise.all(peers.slice(0, 2).map((peer) => peer.next()));
    const id = /^2(\d+)\["x",1\]$/.exec(String(asked[0]))?.[1];
    assert.equal(asked[1], asked[0]);
    peers[1]!.send(`3${id}["b","more"]`);
    await peers[1]!.sofar();
    peers[0]!.send(`3${id}[["a"]]`);
    assert.deepEqual(await answered, [null, ["b", ["a"]]]);
    assert.deepEqual(await peers[2]!.sofar(), []);
  },

  "a broadcast that not all answer ends with an error and the answers that there are": async (stage) => {
    const { io, peers, sockets } = await members(stage, [], []);
    const answered = outcome((ack) => io.timeout(1000).emit("x", ack));
    const id = /^2(\d+)/.exec(String(await peers[0]!.next()))?.[1];
    peers[0]!.send(`3${id}[1]`);
    await peers[0]!.sofar();
    assert.equal(insides(sockets[1]!).acks.size, 1);
    stage.clock.advance(1001);
    const [error, responses] = await answered;
    assert.ok(error instanceof Error);
    assert.equal(error.message, TIMEOUT);
    assert.deepEqual(responses, [1]);
    // Nothing stays behind at the one that did not answer.
    assert.equal(insides(sockets[1]!).acks.size, 0);
    peers[1]!.send(`3${id}[2]`);
    await peers[1]!.sofar();
    assert.deepEqual(responses, [1]);
  },

  "a broadcast to nobody is answered by an empty list": async (stage) => {
    const io = await stage.serve();
    assert.deepEqual(await outcome((ack) => io.to("nobody").timeout(1000).emit("x", ack)), [null, []]);
    assert.deepEqual(await io.timeout(1000).emitWithAck("x"), []);
  },

  "emitWithAck of an operator resolves with all answers": async (stage) => {
    const { io, peers } = await members(stage, [], []);
    const answers = io.timeout(1000).emitWithAck("x");
    for (const [index, peer] of peers.entries()) {
      const id = /^2(\d+)/.exec(String(await peer.next()))?.[1];
      peer.send(`3${id}[${index}]`);
      await peer.sofar();
    }
    assert.deepEqual(await answers, [0, 1]);
  },

  "emitWithAck of an operator rejects with the answers that there are": async (stage) => {
    const { io, peers } = await members(stage, [], []);
    const answers = io.timeout(1000).emitWithAck("x");
    const id = /^2(\d+)/.exec(String(await peers[1]!.next()))?.[1];
    peers[1]!.send(`3${id}["one"]`);
    await peers[1]!.sofar();
    const rejected = assert.rejects(answers, { message: TIMEOUT, responses: ["one"] });
    stage.clock.advance(1001);
    await rejected;
  },

  "the answers of all servers are waited for": async (stage) => {
    const { io, near, far } = await twoServers(stage);
    const answers = io.timeout(1000).emitWithAck("x");
    await answer(near.peer, "near");
    assert.equal(await stage.stateOf(answers), "pending");
    await answer(far.peer, "far");
    assert.deepEqual(await answers, ["near", "far"]);
    const local = io.local.timeout(1000).emitWithAck("x");
    local.catch(() => {});
    await answer(near.peer, "near");
    assert.deepEqual(await far.peer.sofar(), []);
  },

  "fetchSockets gives sockets of this server as they are, and those of others as details": async (stage) => {
    const { io, near, far } = await twoServers(stage);
    const sockets = await io.fetchSockets();
    assert.equal(sockets.length, 2);
    assert.equal(sockets[0], near.socket);
    assert.equal(sockets[1]!.id, far.socket.id);
    assert.notEqual(sockets[1], far.socket);
    assert.deepEqual(await io.local.fetchSockets(), [near.socket]);
    assert.deepEqual(await io.in("nobody").fetchSockets(), []);
    void near.socket.join("r");
    assert.deepEqual(await io.in("r").fetchSockets(), [near.socket]);
    assert.deepEqual(
      (await io.except("r").fetchSockets()).map(({ id }) => id),
      [far.socket.id],
    );
  },

  "fetchSockets rejects with the error of the adapter": async (stage) => {
    const io = await stage.serve();
    io.sockets.adapter.fetchSockets = () => Promise.reject(new Error("far away"));
    await assert.rejects(io.to("a").fetchSockets(), { message: "far away" });
  },

  "socketsJoin, socketsLeave and disconnectSockets move all that match": async (stage) => {
    const { io, sockets } = await members(stage, ["r"], ["s"], []);
    const rooms = (): string[] => sockets.map((socket) => [...socket.rooms].slice(1).join());
    assert.equal(io.to("r").socketsJoin(["t", "u"]), undefined);
    assert.equal(io.except("r").socketsJoin("v"), undefined);
    assert.deepEqual(rooms(), ["r,t,u", "s,v", "v"]);
    assert.equal(io.to(["t", "s"]).socketsLeave(["u", "s"]), undefined);
    assert.equal(io.in("v").socketsLeave("v"), undefined);
    assert.deepEqual(rooms(), ["r,t", "", ""]);
    assert.equal(io.to("t").disconnectSockets(), undefined);
    assert.deepEqual(
      sockets.map(({ connected }) => connected),
      [false, true, true],
    );
    assert.equal(sockets[0]!.conn.readyState, "open");
    const gone = stage.event(sockets[1]!.conn, "close");
    assert.equal(io.to(sockets[1]!.id).disconnectSockets(true), undefined);
    await gone;
    assert.deepEqual(
      sockets.map(({ connected }) => connected),
      [false, false, true],
    );
  },

  "what an operator asks for reaches the sockets of other servers, unless it is local": async (stage) => {
    const { io, near, far } = await twoServers(stage);
    io.local.socketsJoin("near");
    io.socketsJoin("all");
    await stage.quiet();
    assert.deepEqual([...near.socket.rooms].slice(1), ["near", "all"]);
    assert.deepEqual([...far.socket.rooms].slice(1), ["all"]);
    io.local.emit("near");
    io.to("all").emit("all");
    assert.equal(await far.peer.next(), '2["all"]');
    assert.deepEqual(await near.peer.receive(2), ['2["near"]', '2["all"]']);
    io.in("all").socketsLeave("all");
    await stage.quiet();
    assert.deepEqual([...far.socket.rooms].slice(1), []);
    io.disconnectSockets();
    await stage.quiet();
    assert.deepEqual([near.socket.connected, far.socket.connected], [false, false]);
  },

  "allSockets resolves with the ids, and throws where there is no adapter": async (stage) => {
    const { io, sockets } = await members(stage, ["r"], []);
    assert.deepEqual(await io.in("r").allSockets(), new Set([sockets[0]!.id]));
    assert.deepEqual(await io.allSockets(), new Set(sockets.map(({ id }) => id)));
    const Operator = io.to("r").constructor as new (adapter: unknown) => ReturnType<Server["to"]>;
    assert.throws(() => void new Operator(undefined).allSockets(), {
      message: "No adapter for this namespace, are you trying to get the list of clients of a dynamic namespace?",
    });
  },
};

/** Sockets of one server, each in the rooms given for it. */
async function members(stage: Stage, ...rooms: string[][]) {
  const io = await stage.serve();
  const sockets: Socket[] = [];
  const peers: Peer[] = [];
  for (const names of rooms) {
    const { socket, peer } = await stage.join(io);
    void socket.join(names);
    sockets.push(socket);
    peers.push(peer);
  }
  /** How many packets each has got since the last call. */
  const received = (): Promise<number[]> => Promise.all(peers.map(async (peer) => (await peer.sofar()).length));
  return { io, sockets, peers, received };
}

/** Two servers that know each other, with a socket each. */
async function twoServers(stage: Stage) {
  const adapter = cluster(stage.cell) as never;
  const [io, other] = [await stage.serve({ adapter }), await stage.serve({ adapter })];
  return { io, near: await stage.join(io), far: await stage.join(other) };
}

async function answer(peer: Peer, value: unknown): Promise<void> {
  const id = /^2(\d+)/.exec(String(await peer.next()))?.[1];
  peer.send(`3${id}[${JSON.stringify(value)}]`);
  await peer.sofar();
}

function outcome(ask: (ack: (error: Error | null, responses: unknown[]) => void) => void): Promise<unknown[]> {
  return new Promise((resolve) => ask((...args) => resolve(args)));
}
