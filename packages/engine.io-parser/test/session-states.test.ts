import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Packet, PacketType } from "engine.io-parser";
import {
  CLOSE_TIMEOUT_MS,
  NEXT,
  ServerSession,
  type CloseReason,
  type SessionHost,
  type SessionState,
} from "engine.io-parser/session";
import { messages, Pair, PATIENT } from "../../../tests/support/pair.ts";
import { TestClient } from "../../../tests/support/test-client.ts";
import { memoryWebSocket, VirtualNetwork, type MemoryWebSocket } from "../../../tests/support/virtual-network.ts";
import { VirtualClock } from "../../../tests/support/virtual-clock.ts";

const STATES: readonly SessionState[] = ["opening", "open", "closing", "closed"];
const OPEN: Packet = {
  type: "open",
  data: JSON.stringify({ sid: "sid", upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 100 }),
};

interface Bench {
  readonly clock: VirtualClock;
  readonly session: TestClient | ServerSession;
  readonly transport: MemoryWebSocket;
  readonly peer: MemoryWebSocket;
  readonly log: string[];
  open(): void;
}

/** Counted by servers alone: they are the ones with many peers that read slowly. */
const bufferedBytes = ({ session }: Bench): number => (session as ServerSession).bufferedBytes;

/** The end at once, for a reason of this side's. */
const end = ({ session }: Bench, reason: CloseReason): void => {
  if (session instanceof ServerSession) session.fail({ reason });
  else session._end(reason);
};

function bench(role: "client" | "server"): Bench {
  const clock = new VirtualClock();
  const [a, b] = memoryWebSocket(new VirtualNetwork(clock, { latencyMs: 0 }));
  const log: string[] = [];
  if (role === "client") {
    const session = new TestClient(clock, a);
    session.on("packet", (packet) => log.push(`packet ${packet.type}`));
    session.on("message", (data) => log.push(`message ${String(data)}`));
    session.on("open", () => log.push("open"));
    session.on("close", (reason) => log.push(`close ${reason}`));
    return { clock, session, transport: a, peer: b, log, open: () => session.onPacket(OPEN) };
  }
  const host: SessionHost = {
    now: () => clock.now,
    onPacket: (packet) => log.push(`packet ${packet.type}`),
    onMessage: (data) => log.push(`message ${String(data)}`),
    onHeartbeat: () => log.push("heartbeat"),
    onFlush: (batch) => log.push(`flush ${batch.length}`),
    onDrain: () => log.push("drain"),
    onDeadlineSet: () => {},
    onUpgrade: () => log.push("upgrade"),
    onClose: (cause) => log.push(`close ${cause.reason}`),
  };
  const session = new ServerSession({ ...host, ...PATIENT }, b);
  return { clock, session, transport: b, peer: a, log, open: () => session.open([OPEN]) };
}

/** Ways to bring a fresh session into each state. */
const REACH: Record<SessionState, (bench: Bench) => void> = {
  opening: () => {},
  open: (b) => b.open(),
  closing: (b) => {
    b.open();
    // A full transport keeps the last message here, and the session in "closing" with it.
    b.transport.full = true;
    b.session.send({ type: "message", data: "last" });
    b.session.close();
  },
  closed: (b) => end(b, "forced close"),
};

/** Everything that can happen to a session, from above, from below and by time. */
const STIMULI: Record<string, (bench: Bench) => void> = {
  open: (b) => b.open(),
  send: (b) => b.session.send({ type: "message", data: "x" }),
  close: (b) => b.session.close(),
  "close with a full transport": (b) => {
    b.transport.full = true;
    b.session.send({ type: "message", data: "x" });
    b.session.close();
  },
  "close over a transport that takes its time": (b) => {
    b.transport.close = () => {};
    b.session.close();
  },
  discard: (b) => end(b, "forced close"),
  fail: (b) => end(b, "parse error"),
  "transport closed": (b) => b.session.onClose({ reason: "transport close" }),
  "transport failed": (b) => b.session.onClose({ reason: "transport error", description: new Error("broken") }),
  writable: (b) => {
    b.transport.full = false;
    b.transport.sink?.onWritable();
  },
  "deadline passed": (b) => {
    b.clock.advance(100_000);
    if (b.session instanceof ServerSession) b.session.onDeadline(b.clock.now);
  },
  ...Object.fromEntries(
    (["open", "close", "ping", "pong", "message", "upgrade", "noop", "error"] satisfies PacketType[]).map((type) => [
      `packet ${type}`,
      (b: Bench) => b.session.onPacket({ type, data: type === "open" ? OPEN.data : "x" }),
    ]),
  ),
};

describe("states of a session", () => {
  for (const role of ["client", "server"] as const) {
    test(`whatever happens to a ${role} session, it makes legal moves only, and every legal move is made`, () => {
      const seen = new Set<string>();
      for (const from of STATES) {
        for (const [name, stimulus] of Object.entries(STIMULI)) {
          const b = bench(role);
          REACH[from](b);
          assert.equal(b.session.state, from);
          // A server's open() on a session that is open already is a mistake of the shell, not of a peer.
          if (role === "server" && name === "open" && from !== "opening") continue;
          stimulus(b);
          const to = b.session.state;
          if (from === to) continue;
          // A close with nothing to wait for passes through "closing" within the call.
          const legal = NEXT[from].includes(to);
          assert.ok(legal, `${from} → ${to} by "${name}"`);
          seen.add(`${from} → ${to}`);
        }
      }
      const legal = STATES.flatMap((from) => NEXT[from].map((to) => `${from} → ${to}`));
      assert.deepEqual([...seen].sort(), legal.sort());
    });

    test(`a closed ${role} session is deaf, mute and needs no attention`, () => {
      for (const [name, stimulus] of Object.entries(STIMULI)) {
        if (name === "open" && role === "server") continue;
        const b = bench(role);
        b.open();
        end(b, "forced close");
        b.log.length = 0;
        stimulus(b);
        assert.deepEqual([b.session.state, b.log], ["closed", []], name);
        if (b.session instanceof ServerSession) assert.equal(b.session.deadline, Infinity);
        assert.equal(b.session.queue.length, 0);
        if (role === "server") assert.equal(bufferedBytes(b), 0);
      }
    });

    test(`a ${role} session tells of its end exactly once, whatever follows`, () => {
      for (const first of Object.values(STIMULI)) {
        for (const second of Object.values(STIMULI)) {
          const b = bench(role);
          b.session.onPacket(OPEN);
          first(b);
          if (b.session.state === "closed") second(b);
          assert.ok(b.log.filter((entry) => entry.startsWith("close ")).length <= 1);
        }
      }
    });
  }

  test("a client that gets no good open packet closes with a reason and never throws", () => {
    const good = JSON.parse(OPEN.data as string) as Record<string, unknown>;
    const bad: unknown[] = [
      undefined,
      "",
      "{",
      "null",
      "[]",
      "1",
      JSON.stringify({}),
      JSON.stringify({ ...good, sid: 5 }),
      JSON.stringify({ ...good, sid: "" }),
      JSON.stringify({ ...good, upgrades: "websocket" }),
      JSON.stringify({ ...good, upgrades: undefined }),
      JSON.stringify({ ...good, pingInterval: "25000" }),
      JSON.stringify({ ...good, pingInterval: -1 }),
      JSON.stringify({ ...good, pingTimeout: null }),
      JSON.stringify({ ...good, pingTimeout: 0 }),
      JSON.stringify({ ...good, maxPayload: "big" }),
      new Uint8Array(3),
    ];
    for (const data of bad) {
      const b = bench("client");
      b.session.onPacket({ type: "open", data });
      assert.deepEqual(b.log, ["packet open", "close transport error"], String(data));
    }
    const b = bench("client");
    b.session.onPacket({ type: "open", data: JSON.stringify({ ...good, maxPayload: undefined, future: { x: 1 } }) });
    assert.equal(b.session.state, "open", "an old server without maxPayload, a new one with more keys");
  });

  test("an error packet closes the server with 'parse error', the client with 'transport error'", () => {
    const server = bench("server");
    server.open();
    server.session.onPacket({ type: "error", data: "parser error" });
    assert.equal(server.log.at(-1), "close parse error");
    const client = bench("client");
    client.open();
    client.session.onPacket({ type: "error", data: "parser error" });
    assert.equal(client.log.at(-1), "close transport error");
  });

  test("a close packet ends the session with 'transport close', over a websocket as well", () => {
    const pair = new Pair({ transport: "websocket" });
    pair.advance(10);
    pair.client.session.transport.send([{ type: "close" }]);
    pair.advance(10);
    assert.deepEqual(pair.server.log, ["close: transport close"]);
    assert.equal(pair.client.session.state, "closed");
  });

  test("legal types without a meaning are ignored", () => {
    const pair = new Pair({ transport: "websocket" });
    pair.advance(10);
    for (const type of ["open", "upgrade", "noop"] as const) pair.client.session.send({ type });
    pair.advance(10);
    assert.deepEqual([pair.server.log, pair.server.received], [[], []]);
    assert.equal(pair.server.session.state, "open");
  });
});

describe("write queue of a session", () => {
  test("packets wait in order while the transport is not writable, and leave in one batch", () => {
    const b = bench("server");
    b.open();
    b.transport.full = true;
    for (const packet of messages(0, 4)) b.session.send(packet);
    assert.deepEqual(
      b.session.queue.map((packet) => packet.data as string),
      ["0", "1", "2", "3"],
    );
    b.log.length = 0;
    b.transport.full = false;
    b.transport.sink!.onWritable();
    assert.deepEqual(b.log, ["flush 4", "drain"]);
    assert.equal(b.session.queue.length, 0);
  });

  test("what waits is counted in bytes, here and below, text and binary", () => {
    const b = bench("server");
    b.open();
    b.transport.full = true;
    b.session.send({ type: "message", data: "hello" });
    b.session.send({ type: "message", data: new Uint8Array(100) });
    b.session.send({ type: "noop" });
    assert.equal(bufferedBytes(b), 105);
    b.transport.bufferedBytes = 1_000;
    assert.equal(bufferedBytes(b), 1_105);
    b.transport.full = false;
    b.transport.sink!.onWritable();
    assert.equal(bufferedBytes(b), 1_000);
    b.transport.bufferedBytes = 0;
    assert.equal(bufferedBytes(b), 0);
  });

  test("a transport that takes small batches gets the queue in pieces, each packet once and in order", () => {
    const b = bench("server");
    const batches: number[] = [];
    const send = b.transport.send.bind(b.transport);
    const transport: MemoryWebSocket & { batchSize?: (queue: readonly Packet[]) => number } = b.transport;
    transport.batchSize = () => 3;
    transport.send = (batch) => {
      batches.push(batch.length);
      return send(batch);
    };
    const received: unknown[] = [];
    b.peer.sink = { onPacket: (packet) => received.push(packet.data), onWritable() {}, onSent() {}, onClose() {} };
    b.open();
    b.transport.full = true;
    for (const packet of messages(0, 8)) b.session.send(packet);
    b.transport.full = false;
    b.transport.sink!.onWritable();
    b.clock.advance(1);
    assert.deepEqual(batches, [1, 3, 3, 2]);
    assert.deepEqual(received.slice(1), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert.equal(bufferedBytes(b), 0);
  });

  test("a packet sent while a batch is being handed over follows it", () => {
    const pair = new Pair({ transport: "polling" });
    pair.advance(10);
    pair.client.session.send({ type: "message", data: "first" });
    pair.client.session.send({ type: "message", data: "second" });
    assert.equal(pair.client.session.queue.length, 1, "one POST at a time");
    pair.advance(10);
    assert.deepEqual(pair.server.received, ["first", "second"]);
  });
});

describe("closing a session", () => {
  test("what was sent before leaves first", () => {
    for (const transport of ["polling", "websocket"] as const) {
      const pair = new Pair({ transport });
      pair.advance(10);
      pair.client.session.send({ type: "message", data: "one" });
      pair.client.session.send({ type: "message", data: "two" });
      pair.client.session.close();
      pair.client.session.send({ type: "message", data: "too late" });
      pair.advance(100);
      assert.deepEqual(pair.server.received, ["one", "two"], transport);
      assert.deepEqual(pair.client.log, ["open", "close: forced close"]);
      assert.deepEqual(pair.server.log, ["close: transport close"]);
    }
  });

  test("over polling the server's goodbye waits for the next poll", () => {
    const pair = new Pair({ transport: "polling", latencyMs: 20 });
    pair.advance(100);
    pair.server.session.send({ type: "message", data: "last" });
    pair.server.session.close();
    assert.equal(pair.server.session.state, "closing");
    pair.advance(100);
    assert.deepEqual(pair.server.log, ["close: forced close"]);
    assert.deepEqual(pair.client.received, ["last"]);
    assert.deepEqual(pair.client.log, ["open", "close: transport close"]);
  });

  test("a server whose peer never polls again lets go after 30 s", () => {
    const pair = new Pair({ transport: "polling" });
    pair.advance(10);
    pair.network.drop = true;
    pair.server.session.send({ type: "message", data: "into the void" });
    pair.server.session.close();
    pair.advance(CLOSE_TIMEOUT_MS - 1);
    assert.equal(pair.server.session.state, "closing");
    pair.advance(1);
    assert.deepEqual(pair.server.log, ["close: forced close"]);
    assert.equal(CLOSE_TIMEOUT_MS, 30_000);
  });

  test("with discard it ends at once, and what was queued is dropped", () => {
    const pair = new Pair({ transport: "polling" });
    pair.advance(10);
    pair.server.session.send({ type: "message", data: "one" });
    pair.server.session.send({ type: "message", data: "two" });
    pair.server.session.close(true);
    assert.deepEqual(pair.server.log, ["close: forced close"]);
    assert.equal(pair.server.session.queue.length, 0);
  });
});
