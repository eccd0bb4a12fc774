import type { StageNode } from "./stage.ts";

/* oxlint-disable typescript/no-explicit-any -- adapters of several kinds, with methods of their own */

/** What node 0 does, and what the caller is given for it. */
export type Operation = (node: StageNode, other: StageNode) => unknown;

/** By the names of the vectors. Those that answer give what the recording has under `result`. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "broadcast to all": ({ io }) => void io.emit("hello", 1, "€"),
  "broadcast to one room": ({ io }) => void io.to("room1").emit("hello"),
  "broadcast to two rooms except one": ({ io }) =>
    void io.to("room1").to("room2").except("room3").emit("hello", { a: null }),
  "broadcast binary": ({ io }) => void io.to("room1").emit("bin", Buffer.from([1, 2, 3])),
  "broadcast with undefined and Date": ({ io }) => void io.emit("d", undefined, new Date(1000)),
  "broadcast volatile+compress flags": ({ io }) => void io.volatile.compress(false).emit("v"),
  "socket.broadcast (except own id)": ({ socket }) => void socket.broadcast.emit("b"),
  "broadcast in namespace /chat": ({ io }) => void io.of("/chat").to("r").emit("c"),
  "local flag": ({ io }) => void io.local.emit("here"),
  "broadcast with ack": async ({ io }) => [null, await sorted(io.timeout(400).emitWithAck("q", "x"))],
  "broadcast with ack, binary answers": async ({ io }) => [null, await sorted(io.timeout(400).emitWithAck("qb"))],
  fetchSockets: async ({ io }) =>
    (await io.in("room1").fetchSockets()).map(({ data, rooms }) => ({ data: data as unknown, rooms: rooms.size })),
  socketsJoin: ({ io }) => io.in("room1").socketsJoin(["r2", "r3"]),
  socketsLeave: ({ io }) => io.in("room1").except("zz").socketsLeave("r2"),
  serverSideEmit: ({ io }) => void io.serverSideEmit("srv", 1),
  "serverSideEmit with ack": async ({ io }) => [null, await io.serverSideEmitWithAck("srv", 1)],
  "allRooms / sockets": async (node) => {
    const adapter = node.adapter();
    return typeof adapter.allRooms === "function" ? { allRooms: (await adapter.allRooms()).size } : {};
  },
  disconnectSockets: ({ io }) => io.in("nobody").disconnectSockets(true),
};

/** Those of socket.io-redis 6. */
export const OPERATIONS_6: Readonly<Record<string, Operation>> = {
  "broadcast to all": ({ io }) => void io.emit("hello", 1),
  "broadcast to one room": OPERATIONS["broadcast to one room"]!,
  "broadcast with undefined and Date": OPERATIONS["broadcast with undefined and Date"]!,
  "socket.broadcast": OPERATIONS["socket.broadcast (except own id)"]!,
  "broadcast binary": ({ io }) => void io.emit("bin", Buffer.from([1])),
  "sockets(rooms)": async (node) => (await node.adapter().sockets(new Set(["room1"]))).size,
  allRooms: async (node) => (await node.adapter().allRooms()).size,
  remoteJoin: (node, other) => node.adapter().remoteJoin(other.socket.id, "x"),
  remoteLeave: (node, other) => node.adapter().remoteLeave(other.socket.id, "x"),
  remoteDisconnect: (node, other) => node.adapter().remoteDisconnect(other.socket.id, false),
};

/** Of a process without a server. */
export const EMITS: Readonly<Record<string, (emitter: any) => unknown>> = {
  "redis-emitter 5: emit": (emitter) => emitter.emit("hi", 1),
  "redis-emitter 5: to one room": (emitter) => emitter.to("r").emit("hi"),
  "redis-emitter 5: to two rooms except": (emitter) =>
    emitter.to(["a", "b"]).except("c").volatile.compress(false).emit("hi"),
  "redis-emitter 5: namespace": (emitter) => emitter.of("/chat").emit("hi", Buffer.from([1])),
  "redis-emitter 5: socketsJoin": (emitter) => emitter.in("a").socketsJoin("b"),
  "redis-emitter 5: socketsLeave": (emitter) => emitter.in("a").socketsLeave(["b", "c"]),
  "redis-emitter 5: disconnectSockets": (emitter) => emitter.in("a").disconnectSockets(true),
  "redis-emitter 5: serverSideEmit": (emitter) => emitter.serverSideEmit("ev", 1),
};

/** Answers come in any order. */
async function sorted(answers: Promise<unknown[]>): Promise<unknown[]> {
  return (await answers).sort((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
}

function textOf(value: unknown): string {
  return Buffer.isBuffer(value) || value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}
