import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Packet } from "engine.io-parser";
import {
  ServerSession,
  type Backlog,
  type BacklogLimits,
  type ServerSessionHost,
  type SlowReaderPolicy,
} from "engine.io-parser/session";
import { memoryWebSocket, VirtualNetwork, type MemoryWebSocket } from "../../../tests/support/virtual-network.ts";
import { VirtualClock } from "../../../tests/support/virtual-clock.ts";

const LIMITS: BacklogLimits = { maxBufferedBytes: 1000, maxBufferedPackets: 20 };

interface Bench {
  readonly session: ServerSession;
  readonly transport: MemoryWebSocket;
  readonly log: string[];
  readonly asked: (Backlog & { isNews: boolean })[];
  policy: SlowReaderPolicy;
  /** Sends a message of 100 bytes that begins with this name. */
  send(name: string, options?: Packet["options"]): void;
  /** The names of those that wait. */
  queue(): string[];
  /** The transport takes what it can again. */
  read(): void;
}

/** A session that is open, and whose transport takes nothing. */
function bench(policy: SlowReaderPolicy, limits = LIMITS): Bench {
  const clock = new VirtualClock();
  const [, transport] = memoryWebSocket(new VirtualNetwork(clock, { latencyMs: 0 }));
  const log: string[] = [];
  const asked: Bench["asked"] = [];
  const host: ServerSessionHost = {
    limits,
    heartbeatRole: "pinger",
    heartbeatTiming: { pingInterval: 25_000, pingTimeout: 20_000 },
    now: () => clock.now,
    onPacket() {},
    onMessage() {},
    onHeartbeat() {},
    onBeat() {},
    onFlush() {},
    onDrain() {},
    onDeadlineSet() {},
    onUpgrade() {},
    onClose: ({ reason }) => log.push(`close ${reason}`),
    onBacklog: () => log.push("backlog"),
    onSlowReader(backlog, isNews) {
      asked.push({ ...backlog, isNews });
      return bench.policy;
    },
    onGivenUp: () => log.push("given up"),
    onDropped: (packets) => log.push(`dropped ${packets.map(nameOf).join()}`),
  };
  const session = new ServerSession(host, transport);
  session.open([{ type: "open", data: "" }]);
  transport.full = true;
  const bench: Bench = {
    session,
    transport,
    log,
    asked,
    policy,
    send: (name, options) => session.send(message(name, options)),
    queue: () => session.queue.map(nameOf),
    read() {
      transport.full = false;
      session.onWritable();
      transport.full = true;
    },
  };
  return bench;
}

function message(name: string, options?: Packet["options"]): Packet {
  const packet: Packet = { type: "message", data: name.padEnd(100, ".") };
  if (options !== undefined) packet.options = options;
  return packet;
}

function nameOf({ type, data }: Packet): string {
  return type === "message" ? String(data).replaceAll(".", "") : type;
}

/** Fills the queue to the limit, and one more: 12 messages of 100 bytes, one of which does not count. */
function fill(bench: Bench, options?: Packet["options"]): void {
  for (let at = 1; at <= 12; at++) bench.send(String(at), options);
}

describe("what waits for a slow reader", () => {
  test("is not looked at before the peer had a turn to read in, however much it is", () => {
    const b = bench("disconnect");
    for (let at = 0; at < 5000; at++) b.send(String(at));
    assert.deepEqual(b.log, ["backlog"]);
    assert.equal(b.session.queue.length, 5000);
    b.session.onTurn();
    assert.deepEqual(b.log, ["backlog"]);
    b.send("one more");
    assert.deepEqual(b.log, ["backlog", "given up"]);
  });

  test("may be as much as the limit and the largest message", () => {
    const b = bench("disconnect");
    for (let at = 1; at <= 11; at++) b.send(String(at));
    assert.deepEqual(b.log, []);
    b.send("12");
    assert.deepEqual(b.log, ["backlog"]);
    assert.equal(b.session.bufferedBytes, 1200);
  });

  test("may be one message of any size, and what fits beside it", () => {
    const b = bench("disconnect");
    b.session.send({ type: "message", data: "x".repeat(1_000_000) });
    for (let at = 1; at <= 10; at++) b.send(String(at));
    b.session.onTurn();
    assert.deepEqual(b.log, []);
    b.send("11");
    assert.deepEqual(b.log, ["backlog"]);
  });

  test("counts with what the transport has taken and not written", () => {
    const b = bench("disconnect");
    b.transport.bufferedBytes = 950;
    b.send("1");
    assert.deepEqual(b.log, []);
    b.send("2");
    assert.deepEqual(b.log, ["backlog"]);
  });

  test("is limited in packets, too", () => {
    const b = bench("disconnect");
    for (let at = 1; at <= 20; at++) b.session.send({ type: "message", data: "" });
    assert.deepEqual(b.log, []);
    b.session.send({ type: "message", data: "" });
    assert.deepEqual(b.log, ["backlog"]);
  });

  test("is forgiven if the peer reads in time", () => {
    const b = bench("disconnect");
    fill(b);
    b.read();
    b.session.onTurn();
    b.send("13");
    assert.deepEqual([b.log, b.asked], [["backlog"], []]);
    fill(b);
    assert.deepEqual(b.log, ["backlog", "backlog"]);
  });

  test("is forgiven if the peer catches up before more is sent", () => {
    const b = bench("disconnect");
    fill(b);
    b.session.onTurn();
    b.read();
    fill(b);
    assert.deepEqual([b.log, b.asked], [["backlog", "backlog"], []]);
  });

  test("disconnect: nothing more is queued, and the one who sends is not interrupted", () => {
    const b = bench("disconnect");
    fill(b);
    b.session.onTurn();
    for (let at = 0; at < 100; at++) b.send("late");
    assert.deepEqual(b.log, ["backlog", "given up"]);
    assert.equal(b.session.queue.length, 12);
    assert.equal(b.session.state, "open");
    assert.deepEqual(b.asked, [{ bytes: 1200, packets: 12, isNews: true }]);
  });

  test("drop-newest: what is new is dropped until the peer reads", () => {
    const b = bench("drop-newest");
    fill(b);
    b.session.onTurn();
    b.send("13");
    b.send("14");
    assert.deepEqual(b.log, ["backlog", "dropped 13", "dropped 14"]);
    assert.deepEqual(
      b.asked.map(({ isNews }) => isNews),
      [true, false],
    );
    b.read();
    b.send("15");
    assert.deepEqual(b.queue(), ["15"]);
  });

  test("drop-oldest: as many go as have to, oldest first", () => {
    const b = bench("drop-oldest");
    fill(b);
    b.session.onTurn();
    for (let at = 13; at <= 20; at++) b.send(String(at));
    assert.deepEqual(b.queue(), ["9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"]);
    assert.equal(b.session.bufferedBytes, 1200);
    assert.equal(b.session.state, "open");
  });

  test("drop-oldest: by number of packets", () => {
    const b = bench("drop-oldest", { maxBufferedBytes: Infinity, maxBufferedPackets: 2 });
    for (const name of ["1", "2", "3", "4"]) b.send(name);
    b.session.onTurn();
    b.send("5");
    assert.deepEqual(b.queue(), ["3", "4", "5"]);
  });

  test("drop-oldest: what has to be kept stays, and so do packets that are no messages", () => {
    const b = bench("drop-oldest");
    b.session.send({ type: "pong" });
    b.send("kept", { keep: true });
    fill(b);
    b.session.onTurn();
    b.send("13");
    assert.deepEqual(b.queue().slice(0, 3), ["pong", "kept", "3"]);
    b.send("kept", { keep: true });
    assert.equal(b.queue().at(-1), "kept");
  });

  test("drop-volatile: volatile messages go, and the session ends if that is not enough", () => {
    const b = bench("drop-volatile");
    b.send("volatile", { volatile: true });
    fill(b);
    b.session.onTurn();
    b.send("13");
    assert.deepEqual(b.log, ["backlog", "dropped volatile", "given up"]);
  });

  test("a message of several packets goes whole", () => {
    const b = bench("drop-oldest");
    b.session.sendMessage([{ ...message("a"), more: true }, { ...message("b"), more: true }, message("c")]);
    fill(b);
    b.session.onTurn();
    b.send("13");
    assert.deepEqual(b.log, ["backlog", "dropped a,b,c,1"]);
    b.policy = "drop-newest";
    b.send("14");
    b.session.sendMessage([{ ...message("d"), more: true }, message("e")]);
    assert.deepEqual(b.log.slice(2), ["dropped 14", "dropped d,e"]);
  });

  test("a message that has left in part is not broken off", () => {
    const b = bench("drop-oldest");
    b.session.sendMessage([{ ...message("a"), more: true }, { ...message("b"), more: true }, message("c")]);
    // It takes one packet, and is full again.
    Object.assign(b.transport, { batchSize: () => 1, send: () => (b.transport.full = true) });
    b.read();
    fill(b);
    b.session.onTurn();
    b.send("13");
    assert.deepEqual(b.queue().slice(0, 3), ["b", "c", "4"]);
  });

  test("when all of it has been read, its largest message counts no more", () => {
    const b = bench("disconnect");
    b.session.send({ type: "message", data: "x".repeat(5000) });
    b.read();
    fill(b);
    assert.deepEqual(b.log, ["backlog"]);
  });
});
