import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { Adapter, SessionAwareAdapter } from "socket.io-adapter";
import * as exported from "socket.io-adapter";
import { type Packet } from "socket.io-parser";
import { event } from "./support.ts";

const require = createRequire(import.meta.url);

/** A namespace with sockets that write down what happens to them. */
function host(...ids: string[]) {
  const log: unknown[][] = [];
  let encoded = 0;
  const nsp = {
    name: "/nsp",
    _ids: 7,
    server: {
      encoder: {
        encode(packet: Packet): string[] {
          encoded++;
          return [`${packet.nsp} ${JSON.stringify(packet.data)} ${packet.id}`];
        },
      },
    },
    sockets: new Map<string, object>(),
  };
  const adapter = new Adapter(nsp);
  for (const id of ids) {
    nsp.sockets.set(id, {
      id,
      acks: new Map(),
      client: { writeToEngine: (list: string[], options: object) => log.push([id, list[0], options]) },
      join: (rooms: string[]) => log.push([id, "join", rooms]),
      leave: (room: string) => log.push([id, "leave", room]),
      disconnect: (close: boolean) => log.push([id, "disconnect", close]),
    });
    void adapter.addAll(id, new Set([id]));
  }
  return { nsp, adapter, log, encodings: () => encoded };
}

test("exports the adapter, by its name and by the older path", () => {
  assert.deepEqual(
    Object.keys(exported)
      .filter((name) => name !== "default" && name !== "module.exports")
      .sort(),
    ["Adapter", "ClusterAdapter", "ClusterAdapterWithHeartbeat", "MessageType", "SessionAwareAdapter"],
  );
  const older = require("socket.io-adapter/dist/in-memory-adapter") as typeof exported;
  assert.equal(older.Adapter, Adapter);
  assert.equal(older.SessionAwareAdapter, SessionAwareAdapter);
  assert.equal((require("socket.io-adapter") as typeof exported).Adapter, Adapter);
});

test("tells of rooms that are created, joined, left and deleted, in this order", () => {
  const { adapter } = host();
  const log: unknown[][] = [];
  for (const name of ["create-room", "join-room", "leave-room", "delete-room"]) {
    adapter.on(name, (...args: unknown[]) => log.push([name, ...args]));
  }
  void adapter.addAll("a", new Set(["a", "r"]));
  void adapter.addAll("b", new Set(["r"]));
  void adapter.addAll("b", new Set(["r"]));
  void adapter.del("a", "r");
  void adapter.del("a", "unknown");
  adapter.delAll("b");
  adapter.delAll("b");
  assert.deepEqual(log, [
    ["create-room", "a"],
    ["join-room", "a", "a"],
    ["create-room", "r"],
    ["join-room", "r", "a"],
    ["join-room", "r", "b"],
    ["leave-room", "r", "a"],
    ["leave-room", "r", "b"],
    ["delete-room", "r"],
  ]);
  assert.deepEqual([...adapter.sids.keys()], ["a"]);
  assert.deepEqual([...adapter.rooms.keys()], ["a"]);
});

test("rooms of a socket are the live set, or undefined", () => {
  const { adapter } = host("a");
  const rooms = adapter.socketRooms("a");
  assert.equal(rooms, adapter.sids.get("a"));
  void adapter.addAll("a", new Set(["r"]));
  assert.deepEqual([...rooms!], ["a", "r"]);
  assert.equal(adapter.socketRooms("b"), undefined);
});

test("a broadcast writes its namespace into the packet, encodes once and shares the options", () => {
  const { adapter, log, encodings } = host("a", "b");
  adapter.broadcast(event("x"), { rooms: new Set(), flags: { volatile: true, compress: false } });
  assert.equal(encodings(), 1);
  assert.deepEqual(
    log.map(([id, text]) => [id, text]),
    [
      ["a", '/nsp ["x"] undefined'],
      ["b", '/nsp ["x"] undefined'],
    ],
  );
  assert.deepEqual(log[0]![2], { preEncoded: true, volatile: true, compress: false });
  assert.equal(log[0]![2], log[1]![2]);
});

test("the server may prepare what the targets of a broadcast share, once", () => {
  const { adapter, nsp, log } = host("a", "b");
  const prepared: unknown[] = [];
  Object.assign(nsp.server, {
    _preEncode: (encoded: string[], options: { wsPreEncodedFrame?: unknown }) => {
      prepared.push(encoded[0]);
      options.wsPreEncodedFrame = ["a frame"];
    },
  });
  adapter.broadcast(event("x"), { rooms: new Set() });
  assert.deepEqual(prepared, ['/nsp ["x"] undefined']);
  assert.deepEqual(
    log.map(([, , options]) => (options as { wsPreEncodedFrame: unknown }).wsPreEncodedFrame),
    [["a frame"], ["a frame"]],
  );
});

test("a broadcast with answers takes the next id and registers with each socket before it sends", () => {
  const { adapter, nsp, log } = host("a", "b");
  const answers: unknown[] = [];
  const counts: number[] = [];
  const packet = event("x");
  adapter.broadcastWithAck(
    packet,
    { rooms: new Set(["b"]) },
    (count) => counts.push(count),
    (answer) => answers.push(answer),
  );
  assert.equal(packet.id, 7);
  assert.equal(nsp._ids, 8);
  assert.deepEqual(counts, [1]);
  assert.equal(log[0]![1], '/nsp ["x"] 7');
  const { acks } = nsp.sockets.get("b") as { acks: Map<number, (answer: unknown) => void> };
  acks.get(7)!("yes");
  assert.deepEqual(answers, ["yes"]);
});

test("sockets, fetchSockets and the commands act on the connected sockets that match", async () => {
  const { adapter, nsp, log } = host("a", "b");
  void adapter.addAll("a", new Set(["r"]));
  void adapter.addAll("not-connected", new Set(["r"]));
  assert.deepEqual(await adapter.sockets(new Set(["r"])), new Set(["a"]));
  assert.deepEqual(await adapter.sockets(new Set()), new Set(["a", "b"]));
  assert.deepEqual(await adapter.fetchSockets({ rooms: new Set(["r"]) }), [nsp.sockets.get("a")]);
  adapter.addSockets({ rooms: new Set(["r"]) }, ["s", "t"]);
  adapter.delSockets({ rooms: new Set(), except: new Set(["r"]) }, ["s", "t"]);
  adapter.disconnectSockets({ rooms: new Set(["b"]) }, true);
  assert.deepEqual(log, [
    ["a", "join", ["s", "t"]],
    ["b", "leave", "s"],
    ["b", "leave", "t"],
    ["b", "disconnect", true],
  ]);
});

test("who has left all rooms, its own too, is no target of what goes to everybody, until it joins one again", async () => {
  const { adapter } = host("a", "b");
  adapter.delAll("a");
  assert.deepEqual(await adapter.sockets(new Set()), new Set(["b"]));
  assert.deepEqual(await adapter.sockets(new Set(["a"])), new Set());
  void adapter.addAll("a", new Set(["r"]));
  assert.deepEqual(await adapter.sockets(new Set()), new Set(["a", "b"]));
});

test("a single process is a cluster of one, without sessions and without other servers", async (t) => {
  const { adapter } = host();
  const warn = t.mock.method(console, "warn", () => {});
  assert.equal(await adapter.serverCount(), 1);
  assert.equal(adapter.init(), undefined);
  assert.equal(adapter.close(), undefined);
  void adapter.persistSession({ sid: "a", pid: "p", rooms: [], data: {} });
  assert.equal(await adapter.restoreSession("p", "o"), null);
  adapter.serverSideEmit(["x"]);
  assert.equal(warn.mock.callCount(), 1);
});
