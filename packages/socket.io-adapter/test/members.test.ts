import assert from "node:assert/strict";
import test from "node:test";
import { Adapter, MessageType, type BroadcastFlags } from "socket.io-adapter";
import { Bus, CountingAdapter, FakeNamespace } from "./support.ts";

/* What subclasses of other packages find, beside what they override. */

const everybody = () => ({ rooms: new Set<string>(), except: new Set<string>(), flags: {} });

function cluster() {
  const bus = new Bus();
  const nodes = [0, 1].map((index) => {
    const nsp = new FakeNamespace("/chat");
    const adapter = new CountingAdapter(nsp, bus);
    return { nsp, adapter, socket: nsp.add(adapter, `s${index}`, "room") };
  });
  return { bus, nodes };
}

test("an adapter has its namespace, the maps of rooms and sockets, and the server's encoder", () => {
  const nsp = new FakeNamespace("/");
  const adapter = new Adapter(nsp);
  void adapter.addAll("id", new Set(["id", "room"]));
  assert.equal(adapter.nsp, nsp);
  assert.equal(adapter.encoder, nsp.server.encoder);
  assert.deepEqual(
    [...adapter.rooms],
    [
      ["id", new Set(["id"])],
      ["room", new Set(["id"])],
    ],
  );
  assert.deepEqual([...adapter.sids], [["id", new Set(["id", "room"])]]);
});

test("subclasses of older makes may visit targets, and remove a socket from a room", () => {
  const nsp = new FakeNamespace("/");
  const adapter = new Adapter(nsp);
  for (const id of ["a", "b", "c"]) {
    nsp.sockets.set(id, { id } as never);
    void adapter.addAll(id, new Set([id, "room"]));
  }
  const visited: string[] = [];
  adapter.apply({ rooms: new Set(["room"]), except: new Set(["b"]) }, ({ id }) => visited.push(id));
  assert.deepEqual(visited, ["a", "c"]);
  const log: unknown[][] = [];
  adapter.on("leave-room", (...args: unknown[]) => log.push(args));
  adapter._del("room", "a");
  adapter._del("room", "a");
  assert.deepEqual(log, [["room", "a"]]);
});

test("the flags of a broadcast travel as they are", () => {
  const { bus, nodes } = cluster();
  const flags: Required<BroadcastFlags> = {
    volatile: true,
    compress: false,
    local: false,
    broadcast: true,
    binary: true,
    timeout: 10,
    expectSingleResponse: true,
  };
  nodes[0]!.adapter.broadcast({ type: 2, nsp: "/chat", data: ["x"] }, { ...everybody(), flags });
  assert.deepEqual((bus.sent[0] as { data: { opts: { flags: object } } }).data.opts.flags, flags);
});

test("kinds of messages have the numbers of the wire", () => {
  const names = Object.keys(MessageType).filter((name) => Number.isNaN(Number(name)));
  assert.deepEqual(
    names.map((name) => [name, MessageType[name as keyof typeof MessageType]]),
    [
      ["INITIAL_HEARTBEAT", 1],
      ["HEARTBEAT", 2],
      ["BROADCAST", 3],
      ["SOCKETS_JOIN", 4],
      ["SOCKETS_LEAVE", 5],
      ["DISCONNECT_SOCKETS", 6],
      ["FETCH_SOCKETS", 7],
      ["FETCH_SOCKETS_RESPONSE", 8],
      ["SERVER_SIDE_EMIT", 9],
      ["SERVER_SIDE_EMIT_RESPONSE", 10],
      ["BROADCAST_CLIENT_COUNT", 11],
      ["BROADCAST_ACK", 12],
      ["ADAPTER_CLOSE", 13],
    ],
  );
});

test("each kind of message has the data of its kind", async () => {
  const { bus, nodes } = cluster();
  const [{ adapter }, other] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
  const wire = { rooms: ["room"], except: ["no"], flags: {} };
  const target = () => ({ rooms: new Set(["room"]), except: new Set(["no"]), flags: {} });
  const uids = [adapter.id, other.adapter.id] as const;
  other.nsp.on("sum", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
  adapter.broadcast({ type: 2, nsp: "/chat", data: ["x"] }, target());
  adapter.addSockets(target(), ["r2"]);
  adapter.delSockets(target(), ["r2"]);
  adapter.disconnectSockets(target(), true);
  await adapter.fetchSockets(target());
  await new Promise<void>((resolve) => adapter.serverSideEmit(["sum", 1, 2, () => resolve()]));
  await new Promise((resolve) => {
    const ids = new Promise<number>((told) =>
      adapter.broadcastWithAck(
        { type: 2, nsp: "/chat", data: ["q"] },
        { ...target(), flags: { timeout: 5000 } },
        told,
        resolve,
      ),
    );
    void ids.then(() => [...other.socket.acks.values()][0]!("yes"));
  });
  const asked = bus.sent.map((message) => (message as { data?: { requestId?: string } }).data?.requestId);
  const [, , , , fetchId, , sumId, , ackId] = asked;
  const details = { id: "s1", handshake: { url: "/?s1" }, rooms: ["s1", "room"], data: { name: "s1" } };
  const from = (sender: 0 | 1, type: MessageType, data: object): object => ({
    uid: uids[sender],
    nsp: "/chat",
    type,
    data,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(bus.sent)), [
    from(0, 3, { packet: { type: 2, data: ["x"] }, opts: wire }),
    from(0, 4, { opts: wire, rooms: ["r2"] }),
    from(0, 5, { opts: wire, rooms: ["r2"] }),
    from(0, 6, { opts: wire, close: true }),
    from(0, 7, { opts: wire, requestId: fetchId }),
    // Without the store of sessions that a middleware has put into the handshake.
    from(1, 8, { requestId: fetchId, sockets: [details] }),
    from(0, 9, { requestId: sumId, packet: ["sum", 1, 2] }),
    from(1, 10, { requestId: sumId, packet: 3 }),
    from(0, 3, { packet: { type: 2, data: ["q"] }, requestId: ackId, opts: { ...wire, flags: { timeout: 5000 } } }),
    from(1, 11, { requestId: ackId, clientCount: 1 }),
    from(1, 12, { requestId: ackId, packet: "yes" }),
  ]);
});

test("subclasses publish, with or without the offset, and answer: signed, and without throwing", async () => {
  const { bus, nodes } = cluster();
  class Speaking extends CountingAdapter {
    say(): Promise<string> {
      this.publish({ type: MessageType.HEARTBEAT });
      this.publishResponse("nobody", { type: MessageType.BROADCAST_ACK, data: { requestId: "1", packet: 2 } });
      return this.publishAndReturnOffset({ type: MessageType.HEARTBEAT });
    }
  }
  const speaking = new Speaking(nodes[0]!.nsp, bus);
  assert.equal(await speaking.say(), "o1");
  const signature = { uid: speaking.id, nsp: "/chat" };
  assert.deepEqual(bus.sent, [
    { ...signature, type: 2 },
    { ...signature, type: 12, data: { requestId: "1", packet: 2 } },
    { ...signature, type: 2 },
  ]);
  bus.fails = true;
  await assert.rejects(speaking.say(), /no connection/);
  class Throwing extends Speaking {
    protected override doPublish(): never {
      throw new Error("no transport");
    }
    protected override doPublishResponse(): never {
      throw new Error("no transport");
    }
  }
  await assert.rejects(new Throwing(nodes[0]!.nsp, bus).say(), /no transport/);
});
