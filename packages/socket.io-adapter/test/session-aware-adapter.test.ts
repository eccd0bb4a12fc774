import assert from "node:assert/strict";
import test from "node:test";
import { SessionAwareAdapter } from "socket.io-adapter";
import { Encoder, PacketType, type Packet } from "socket.io-parser";
import { event } from "./support.ts";

interface Options {
  maxDisconnectionDuration?: number;
  maxPackets?: number;
  maxBytes?: number;
  maxSessions?: number;
}

/** A namespace with sockets that keep what is written to them, and an adapter for it. */
function host(connectionStateRecovery: Options | undefined, ...ids: string[]) {
  const encoder = new Encoder();
  let encoded = 0;
  const written: Record<string, unknown[]> = {};
  const heard: unknown[] = [];
  const nsp = {
    name: "/",
    _ids: 0,
    server: {
      opts: { connectionStateRecovery },
      encoder: {
        encode(packet: Packet): unknown[] {
          encoded++;
          return encoder.encode(packet);
        },
      },
    },
    sockets: new Map<string, ReturnType<typeof socketOf>>(),
  };
  const socketOf = (id: string) => ({
    id,
    acks: new Map(),
    client: { writeToEngine: (messages: unknown[]) => void (written[id] ??= []).push(...messages) },
    notifyOutgoingListeners: (packet: Packet) => heard.push(packet.data),
    join: () => {},
    leave: () => {},
    disconnect: () => {},
    _lastLogged: undefined as number | undefined,
  });
  const adapter = new SessionAwareAdapter(nsp);
  const enter = (id: string, ...rooms: string[]) => {
    const socket = socketOf(id);
    nsp.sockets.set(id, socket);
    void adapter.addAll(id, new Set([id, ...rooms]));
    return socket;
  };
  /** What the namespace does when a connection is lost. */
  const lose = (id: string, data: unknown = {}) => {
    adapter.persistSession({ sid: id, pid: `pid of ${id}`, rooms: [...adapter.socketRooms(id)!], data });
    adapter.delAll(id);
    nsp.sockets.delete(id);
  };
  for (const id of ids) enter(id);
  return { adapter, nsp, written, heard, enter, lose, encodings: () => encoded };
}

const toAll = () => ({ rooms: new Set<string>() });

function emit(adapter: SessionAwareAdapter, ...data: unknown[]): void {
  adapter.broadcast(event(...data), toAll());
}

/** Emits, and gives the offset that the packet got. */
function emitted(adapter: SessionAwareAdapter, packet: Packet, opts = toAll()): string {
  adapter.broadcast(packet, opts);
  return (packet.data as unknown[]).at(-1) as string;
}

test("events get an offset as last argument, unless they are volatile or want an acknowledgement", () => {
  const { adapter, written, heard, encodings } = host({}, "a");
  const data = ["kept", 1];
  adapter.broadcast(event(...data), toAll());
  adapter.broadcast(event("volatile"), { ...toAll(), flags: { volatile: true } });
  adapter.broadcast({ ...event("with id"), id: 5 }, toAll());
  adapter.broadcast({ type: PacketType.DISCONNECT, nsp: "" }, toAll());
  adapter.broadcastWithAck(
    event("with ack"),
    toAll(),
    () => {},
    () => {},
  );
  const [first] = heard as [unknown[]];
  const offset = first.at(-1);
  assert.equal(typeof offset, "string");
  assert.deepEqual(written["a"], [
    `2["kept",1,"${offset as string}"]`,
    '2["volatile"]',
    '25["with id"]',
    "1",
    '20["with ack"]',
  ]);
  assert.deepEqual(first, ["kept", 1, offset]);
  assert.equal(encodings(), 5);
});

test("offsets differ from packet to packet and from adapter to adapter", () => {
  const one = host({}, "a").adapter;
  const other = host({}, "a").adapter;
  const offsets = new Set<string>();
  for (let n = 0; n < 100; n++) {
    for (const adapter of [one, other]) offsets.add(emitted(adapter, event("x")));
  }
  assert.equal(offsets.size, 200);
  for (const offset of offsets) assert.match(offset, /^[\w.-]{10,20}$/);
});

test("a session comes back with what it was, when it was cut off and the events that it missed", async () => {
  const { adapter, enter, lose } = host({}, "b");
  enter("a", "room");
  const offset = emitted(adapter, event("had"));
  const data = { name: "Ada" };
  const before = Date.now();
  lose("a", data);
  const after = Date.now();
  emitted(adapter, event("missed", 1, { deep: [Buffer.from([7])] }));
  adapter.broadcast(event("for room"), { rooms: new Set(["room"]) });
  adapter.broadcast(event("for b"), { rooms: new Set(["b"]) });
  adapter.broadcast(event("volatile"), { ...toAll(), flags: { volatile: true } });
  const session = (await adapter.restoreSession("pid of a", offset))!;
  const { disconnectedAt } = session as unknown as { disconnectedAt: number };
  assert.ok(disconnectedAt >= before - 2 && disconnectedAt <= after + 2);
  assert.equal(session.data, data);
  assert.deepEqual(Object.keys(session), ["sid", "pid", "rooms", "data", "disconnectedAt", "missedPackets"]);
  assert.deepEqual([session.sid, session.pid, session.rooms], ["a", "pid of a", ["a", "room"]]);
  assert.deepEqual(
    session.missedPackets.map((args) => args.slice(0, -1)),
    [["missed", 1, { deep: [Buffer.from([7])] }], ["for room"]],
  );
  for (const args of session.missedPackets) assert.equal(typeof args.at(-1), "string");
});

test("missed events have as many attachments as they were sent with", async () => {
  const { adapter, lose } = host({}, "a");
  const offset = emitted(adapter, event("had"));
  lose("a");
  const attachments = Array.from({ length: 12 }, (_, n) => Buffer.from([n]));
  emit(adapter, "many", ...attachments);
  const session = await adapter.restoreSession("pid of a", offset);
  assert.deepEqual(session!.missedPackets[0]!.slice(1, -1), attachments);
});

test("there is nothing to restore for an unknown session, a second time, or at an offset that is none", async () => {
  const { adapter, enter, lose } = host({}, "b");
  enter("a");
  const offset = emitted(adapter, event("had"));
  lose("a");
  assert.equal(await adapter.restoreSession("unknown", offset), null);
  assert.ok(await adapter.restoreSession("pid of a", offset));
  assert.equal(await adapter.restoreSession("pid of a", offset), null);
  enter("a");
  lose("a");
  assert.equal(await adapter.restoreSession("pid of a", "a text"), null);
});

test("a session that was not used is put back", async () => {
  const { adapter, lose } = host({}, "a");
  const offset = emitted(adapter, event("had"));
  lose("a");
  emit(adapter, "missed");
  const session = (await adapter.restoreSession("pid of a", offset))!;
  session._handover!.putBack();
  const again = (await adapter.restoreSession("pid of a", offset))!;
  assert.equal(again.missedPackets.length, 1);
});

test("what is missed is sent as it was encoded, with what came since the session was asked for", async () => {
  const { adapter, enter, lose, written, encodings } = host({}, "a", "b");
  const offset = emitted(adapter, event("had"));
  lose("a");
  const bytes = Buffer.from([1, 2]);
  emit(adapter, "missed", bytes);
  bytes.fill(0);
  const session = (await adapter.restoreSession("pid of a", offset))!;
  emit(adapter, "meanwhile");
  const before = encodings();
  written["a"] = [];
  const socket = enter("a");
  assert.equal(session._handover!.replay(socket), true);
  assert.equal(encodings(), before);
  assert.deepEqual(
    written["a"].map((message) => (typeof message === "string" ? message.replace(/,"[\w.-]+"\]$/, "]") : message)),
    ['51-["missed",{"_placeholder":true,"num":0}]', Buffer.from([1, 2]), '2["meanwhile"]'],
  );
  assert.equal({ ...session }._handover, undefined, "a copy is no more than it says");
});

test("a session is refused rather than sent in part", async () => {
  const { adapter, enter, lose, written } = host({ maxPackets: 2 }, "a", "b");
  const offset = emitted(adapter, event("had"));
  lose("a");
  emit(adapter, "missed");
  const session = (await adapter.restoreSession("pid of a", offset))!;
  for (let n = 0; n < 3; n++) emit(adapter, "flood");
  written["a"] = [];
  assert.equal(session._handover!.replay(enter("a")), false);
  assert.deepEqual(written["a"], []);
});

test("a quiet client of a busy namespace recovers: what others were sent before it was cut off does not matter", async () => {
  const { adapter, enter, lose } = host({ maxPackets: 2 }, "a", "b");
  const others = (count: number): void => {
    for (let n = 0; n < count; n++) adapter.broadcast(event("for b"), { rooms: new Set(["b"]) });
  };
  let offset = emitted(adapter, event("for a"), { rooms: new Set(["a"]) });
  for (const name of ["missed", "missed later"]) {
    others(5);
    lose("a");
    const next = emitted(adapter, event(name), { rooms: new Set(["a"]) });
    others(1);
    const session = (await adapter.restoreSession("pid of a", offset))!;
    assert.deepEqual(
      session.missedPackets.map(([event]) => event),
      [name],
    );
    assert.equal(session._handover!.replay(enter("a")), true);
    offset = next;
  }
});

test("after a recovery the next one starts from what the client has had by then", async () => {
  const { adapter, enter, lose } = host({}, "a", "b");
  const first = emitted(adapter, event("had"));
  lose("a");
  const second = emitted(adapter, event("missed once"));
  const session = (await adapter.restoreSession("pid of a", first))!;
  session._handover!.replay(enter("a"));
  lose("a");
  // The answer was lost, the client has still the first offset.
  const again = (await adapter.restoreSession("pid of a", first))!;
  assert.deepEqual(
    again.missedPackets.map(([name]) => name),
    ["missed once"],
  );
  again._handover!.replay(enter("a"));
  lose("a");
  assert.deepEqual((await adapter.restoreSession("pid of a", second))!.missedPackets, []);
});

test("limits come from the options of the server, and there are some without", async (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const restored = async (options: Options | undefined, wait: number, packets: number) => {
    const { adapter, lose } = host(options, "a", "b");
    const offset = emitted(adapter, event("had"));
    lose("a");
    lose("b");
    for (let n = 0; n < packets; n++) emit(adapter, "x".repeat(1000));
    now += wait;
    return (await adapter.restoreSession("pid of a", offset)) !== null;
  };
  assert.equal(await restored({ maxDisconnectionDuration: 50 }, 49, 1), true);
  assert.equal(await restored({ maxDisconnectionDuration: 50 }, 50, 1), false);
  assert.equal(await restored({ maxPackets: 10 }, 0, 10), true);
  assert.equal(await restored({ maxPackets: 10 }, 0, 11), false);
  assert.equal(await restored({ maxBytes: 12_000 }, 0, 10), true);
  assert.equal(await restored({ maxBytes: 12_000 }, 0, 11), false);
  assert.equal(await restored({ maxSessions: 2 }, 0, 0), true);
  assert.equal(await restored({ maxSessions: 1 }, 0, 0), false);
  assert.equal(await restored(undefined, 119_999, 99_999 - 50_000), true);
  assert.equal(await restored(undefined, 120_000, 1), false);
});

test("nothing is kept while nobody is connected and no session waits", async () => {
  const { adapter, enter, lose } = host({});
  const kept = (adapter as unknown as { _log: { packets: number } })._log;
  const offset = emitted(adapter, event("nobody is here"));
  assert.equal(kept.packets, 0);
  enter("a");
  emit(adapter, "heard");
  assert.equal(kept.packets, 1);
  lose("a");
  emit(adapter, "missed");
  assert.equal(kept.packets, 2);
  const session = (await adapter.restoreSession("pid of a", offset))!;
  assert.equal(session.missedPackets.length, 2);
  emit(adapter, "while it is handed over");
  assert.equal(session._handover!.replay(enter("a")), true);
});

test("one timer that holds no process, only while something is kept, and none once closed", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const timers = new Set<object>();
  const fire: (() => void)[] = [];
  t.mock.method(globalThis, "setTimeout", (run: () => void) => {
    const timer = {
      unref() {
        timers.add(timer);
        return timer;
      },
    };
    fire.push(() => {
      timers.delete(timer);
      run();
    });
    return timer;
  });
  t.mock.method(globalThis, "clearTimeout", (timer: object) => timers.delete(timer));
  const { adapter, lose } = host({ maxDisconnectionDuration: 90_000 }, "a", "b");
  assert.equal(timers.size, 0);
  for (let n = 0; n < 10; n++) emit(adapter, "x");
  lose("a");
  assert.equal(timers.size, 1);
  now = 60_000;
  fire.shift()!();
  assert.equal(timers.size, 1, "not old enough yet");
  now = 120_000;
  fire.shift()!();
  assert.equal(timers.size, 0, "nothing is kept");
  emit(adapter, "x");
  assert.equal(timers.size, 1);
  void adapter.close();
  assert.equal(timers.size, 0);
});
