import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import fc from "fast-check";

// The log is no part of the package's face.
type Log = import("../src/recovery-log.ts").RecoveryLog;
type Limits = import("../src/recovery-log.ts").RecoveryLimits;
const { RecoveryLog, ENTRY_BYTES } = createRequire(import.meta.url)(
  "socket.io-adapter/dist/recovery-log.js",
) as typeof import("../src/recovery-log.ts");

const PREFIX = "abc.";
const WIDE: Limits = { maxAgeMs: 1000, maxPackets: 1e6, maxBytes: 1e9, maxSessions: 1e6 };

function logOf(limits: Partial<Limits> = {}): Log {
  return new RecoveryLog({ ...WIDE, ...limits }, PREFIX);
}

const toAll = { rooms: new Set<string>() };
const to = (...rooms: string[]) => ({ rooms: new Set(rooms) });
const session = (pid: string, ...rooms: string[]) => ({ sid: `sid of ${pid}`, pid, rooms, data: {} });

/** The first messages of what a session missed; undefined if it is not handed out. */
function missed(log: Log, pid: string, offset: string, now = 0): unknown[] | undefined {
  return log.take(pid, offset, now)?.missed.map(([text]) => text as unknown);
}

describe("what a session missed", () => {
  test("is everything after its offset that was for all or for one of its rooms, without what left it out", () => {
    const log = logOf();
    log.append(["had"], toAll, 0);
    const offset = log.offsetOf(0);
    log.append(["for all"], toAll, 0);
    log.append(["for r"], to("r"), 0);
    log.append(["for s"], to("s"), 0);
    log.append(["for r or s"], to("s", "r"), 0);
    log.append(["not for r"], { rooms: new Set(), except: new Set(["r"]) }, 0);
    log.append(["for t, but not for r"], { rooms: new Set(["t"]), except: new Set(["r"]) }, 0);
    log.append(["not for s"], { rooms: new Set(), except: new Set(["s"]) }, 0);
    log.keep(session("p", "p", "r", "t"), undefined, 0);
    assert.deepEqual(missed(log, "p", offset), ["for all", "for r", "for r or s", "not for s"]);
  });

  test("does not change with what the application does to its rooms, lists and bytes afterwards", () => {
    const log = logOf();
    const rooms = new Set(["r"]);
    const except = new Set(["s"]);
    const bytes = Buffer.from([1, 2, 3]);
    const view = new Uint16Array([7, 8]);
    const messages: unknown[] = ["text", bytes, view, new Uint8Array([9]).buffer];
    log.append(["had"], toAll, 0);
    log.append(messages, { rooms, except }, 0);
    log.keep(session("p", "r"), undefined, 0);
    rooms.delete("r");
    except.add("r");
    bytes.fill(0);
    view.fill(0);
    messages.length = 0;
    const [packet] = log.take("p", log.offsetOf(0), 0)!.missed;
    assert.deepEqual(packet, ["text", Buffer.from([1, 2, 3]), Buffer.from([7, 0, 8, 0]), Buffer.from([9])]);
  });

  test("is not known for offsets that the log has not given out: then there is no session", () => {
    for (const offset of [
      "",
      PREFIX,
      "a text of the application",
      "0",
      `${PREFIX}1`,
      `${PREFIX}2`,
      `${PREFIX}-1`,
      `${PREFIX}00`,
      `${PREFIX}0.`,
      `${PREFIX}0 `,
      `${PREFIX}+0`,
      `${PREFIX}zzzzzzzzzzzzz`,
      `${PREFIX}NaN`,
      `${PREFIX}nan`,
      `${PREFIX}${"0".repeat(1e6)}`,
      "abd.0",
      "ABC.0",
    ]) {
      const log = logOf();
      log.append(["x"], toAll, 0);
      log.keep(session("p"), undefined, 0);
      assert.equal(log.take("p", offset, 0), undefined, offset.slice(0, 30));
    }
    const log = logOf();
    log.append(["x"], toAll, 0);
    log.keep(session("p"), undefined, 0);
    assert.ok(log.take("p", `${PREFIX}0`, 0), "the one that is right");
  });

  test("goes on to be gathered until it is sent", () => {
    const log = logOf();
    log.append(["had"], toAll, 0);
    log.keep(session("p", "r"), undefined, 0);
    log.append(["before"], toAll, 0);
    const taken = log.take("p", log.offsetOf(0), 0)!;
    log.append(["meanwhile"], to("r"), 0);
    log.append(["for others"], to("s"), 0);
    const { messages, lastSent } = log.catchUp(taken)!;
    assert.deepEqual(messages, [["before"], ["meanwhile"]]);
    assert.equal(lastSent, 2);
  });

  test("is never a part: once a packet of the stretch is gone there is nothing", () => {
    const log = logOf({ maxPackets: 3 });
    for (let n = 0; n < 5; n++) log.append([`${n}`], toAll, 0);
    for (const pid of ["p0", "p1", "p4"]) log.keep(session(pid), undefined, 0);
    assert.equal(missed(log, "p0", log.offsetOf(0)), undefined);
    assert.deepEqual(missed(log, "p1", log.offsetOf(1)), ["2", "3", "4"]);
    assert.deepEqual(missed(log, "p4", log.offsetOf(4)), []);
    log.keep(session("late"), undefined, 0);
    const taken = log.take("late", log.offsetOf(4), 0)!;
    for (let n = 0; n < 4; n++) log.append(["flood"], toAll, 0);
    assert.equal(log.catchUp(taken), undefined);
  });

  test("leaves out what was sent to others before the cut, if the client has had all that was sent to it", () => {
    const log = logOf({ maxPackets: 3 });
    log.append(["had"], to("p"), 0);
    for (let n = 0; n < 5; n++) log.append(["for others"], to("q"), 0);
    log.keep(session("p", "p"), 0, 0);
    log.append(["missed"], to("p"), 0);
    assert.deepEqual(missed(log, "p", log.offsetOf(0)), ["missed"]);
    // The same, but its last packet was lost with the connection.
    log.keep(session("q", "q"), 5, 0);
    assert.equal(missed(log, "q", log.offsetOf(0)), undefined);
  });
});

describe("a session", () => {
  test("is handed out once, whatever its user does with it", () => {
    const log = logOf();
    log.append(["x"], toAll, 0);
    log.keep(session("p"), undefined, 0);
    assert.ok(log.take("p", log.offsetOf(0), 0));
    assert.equal(log.take("p", log.offsetOf(0), 0), undefined);
    log.keep(session("q"), undefined, 0);
    assert.equal(log.take("q", "not an offset", 0), undefined);
    assert.equal(log.take("q", log.offsetOf(0), 0), undefined, "a client that lost its place has no use for it");
  });

  test("can be put back, and is as old as before", () => {
    const log = logOf();
    log.append(["x"], toAll, 0);
    log.keep(session("p"), 0, 0);
    log.append(["y"], toAll, 500);
    log.putBack(log.take("p", log.offsetOf(0), 900)!);
    assert.deepEqual(missed(log, "p", log.offsetOf(0), 999), ["y"]);
    log.keep(session("p"), 0, 0);
    log.putBack(log.take("p", log.offsetOf(0), 999)!);
    assert.equal(missed(log, "p", log.offsetOf(0), 1000), undefined);
  });

  test("takes the place of an earlier one with the same private id", () => {
    const log = logOf();
    log.append(["x"], toAll, 0);
    log.keep(session("p", "old"), undefined, 0);
    log.keep(session("p", "new"), undefined, 0);
    assert.equal(log.sessions, 1);
    assert.deepEqual(log.take("p", log.offsetOf(0), 0)!.session.rooms, ["new"]);
  });
});

describe("limits", () => {
  test("age: packets and sessions go after maxAgeMs, neither before", () => {
    const log = logOf({ maxAgeMs: 1000 });
    log.append(["a"], toAll, 0);
    log.append(["b"], toAll, 600);
    log.keep(session("p"), undefined, 500);
    log.keep(session("q"), undefined, 700);
    log.trim(999);
    assert.deepEqual([log.packets, log.sessions], [2, 2]);
    log.trim(1000);
    assert.deepEqual([log.packets, log.sessions], [1, 2]);
    log.trim(1500);
    assert.deepEqual([log.packets, log.sessions], [1, 1]);
    log.trim(1700);
    assert.deepEqual([log.packets, log.bytes, log.sessions, log.isEmpty], [0, 0, 0, true]);
  });

  test("sessions: the oldest go first", () => {
    const log = logOf({ maxSessions: 2 });
    log.append(["x"], toAll, 0);
    for (const pid of ["a", "b", "c"]) log.keep(session(pid), undefined, 0);
    assert.equal(log.sessions, 2);
    assert.equal(log.take("a", log.offsetOf(0), 0), undefined);
    assert.ok(log.take("c", log.offsetOf(0), 0));
  });

  test("bytes: texts count by their bytes, binary messages by theirs, names of rooms a little", () => {
    const log = logOf();
    log.append(["é", Buffer.alloc(10), new ArrayBuffer(5), new Blob(["abc"])], to("r", "s"), 0);
    assert.equal(log.bytes, ENTRY_BYTES + 2 + 10 + 5 + 3 + 2 * 8);
  });

  test("bytes: the oldest go first; a packet that is too large alone is not kept, nor what was before it", () => {
    const log = logOf({ maxBytes: 3 * (ENTRY_BYTES + 100) });
    for (let n = 0; n < 10; n++) log.append(["x".repeat(100)], toAll, 0);
    assert.equal(log.packets, 3);
    log.keep(session("p"), undefined, 0);
    const last = log.offsetOf(9);
    log.append(["x".repeat(1000)], toAll, 0);
    assert.deepEqual([log.packets, log.bytes], [0, 0]);
    assert.equal(log.take("p", last, 0), undefined);
  });

  test("200,000 packets of 1 KB: never more than the limits say, by count and by bytes", () => {
    for (const limits of [{ maxPackets: 1000 }, { maxBytes: 1_000_000 }]) {
      const log = logOf(limits);
      const text = "x".repeat(1000);
      let most = 0;
      for (let n = 0; n < 200_000; n++) {
        log.append([text], toAll, 0);
        if (log.packets > most) most = log.packets;
        if (log.bytes > (limits.maxBytes ?? Infinity)) assert.fail(`${log.bytes} bytes`);
      }
      assert.equal(most, limits.maxPackets ?? Math.floor(1_000_000 / (ENTRY_BYTES + 1000)));
    }
  });

  test("what nobody can come back for is only counted: its offset is valid, those before are none", () => {
    const log = logOf();
    log.append(["x"], toAll, 0);
    log.skip();
    assert.deepEqual([log.packets, log.next], [0, 2]);
    log.keep(session("p"), undefined, 0);
    assert.equal(log.take("p", log.offsetOf(0), 0), undefined);
    log.keep(session("p"), undefined, 0);
    assert.deepEqual(missed(log, "p", log.offsetOf(1)), []);
  });
});

describe("whatever happens", () => {
  const room = fc.constantFrom("r", "s", "t");
  const rooms = fc.uniqueArray(room, { maxLength: 2 });
  const step = fc.oneof(
    { withCrossShrink: true },
    fc.record({ do: fc.constant("append" as const), rooms, except: rooms, size: fc.nat(40) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat(20) }),
    fc.record({ do: fc.constant("keep" as const), pid: fc.nat(1), rooms, back: fc.nat(6), knowsLast: fc.boolean() }),
    fc.record({ do: fc.constant("take" as const), pid: fc.nat(1), back: fc.nat(8), putBack: fc.boolean() }),
  );
  const limits = fc.record({
    maxAgeMs: fc.integer({ min: 1, max: 300 }),
    maxPackets: fc.integer({ min: 3, max: 40 }),
    maxBytes: fc.integer({ min: 5 * ENTRY_BYTES, max: 30 * ENTRY_BYTES }),
    maxSessions: fc.integer({ min: 1, max: 3 }),
  });

  test("a session is given all that it missed, in order, nothing twice, nothing of other rooms; or it is not given", () => {
    let recovered = 0;
    fc.assert(
      fc.property(limits, fc.array(step, { minLength: 10, maxLength: 120 }), (caps, steps) => {
        const log = new RecoveryLog(caps, PREFIX);
        // The model keeps everything and looks for what should have gone.
        const history: { rooms: string[]; except: string[]; bytes: number; time: number }[] = [];
        const kept = new Map<number, { rooms: string[]; lastSent: number | undefined; next: number; time: number }>();
        let first = 0;
        let now = 0;
        const evict = (): void => {
          const isOver = (): boolean => {
            const held = history.slice(first);
            const bytes = held.reduce((sum, entry) => sum + entry.bytes, 0);
            return held.length > caps.maxPackets || bytes > caps.maxBytes || now - held[0]!.time >= caps.maxAgeMs;
          };
          while (first < history.length && isOver()) first++;
        };
        const forget = (): void => {
          for (const [pid, { time }] of kept) {
            if (kept.size <= caps.maxSessions && now - time < caps.maxAgeMs) break;
            kept.delete(pid);
          }
        };
        for (const it of steps) {
          if (it.do === "wait") {
            now += it.ms;
          } else if (it.do === "append") {
            const text = `${history.length} ${"x".repeat(it.size)}`;
            const bytes = ENTRY_BYTES + text.length + 8 * (it.rooms.length + it.except.length);
            history.push({ rooms: it.rooms, except: it.except, bytes, time: now });
            log.append([text], { rooms: new Set(it.rooms), except: new Set(it.except) }, now);
          } else if (it.do === "keep") {
            const lastSent = it.knowsLast ? Math.max(0, history.length - 1 - it.back) : undefined;
            log.keep({ sid: "", pid: `${it.pid}`, rooms: it.rooms, data: 0 }, lastSent, now);
            kept.delete(it.pid);
            kept.set(it.pid, { rooms: it.rooms, lastSent, next: history.length, time: now });
            forget();
          } else {
            const seq = history.length - 1 - it.back;
            if (seq < 0) continue;
            evict();
            const taken = log.take(`${it.pid}`, log.offsetOf(seq), now);
            const known = kept.get(it.pid);
            const from = seq === known?.lastSent ? known.next : seq + 1;
            const isKnown = known !== undefined && now - known.time < caps.maxAgeMs;
            const expected =
              isKnown && from >= first
                ? history.flatMap((entry, n) => {
                    const inRoom = (name: string): boolean => known.rooms.includes(name);
                    const wanted = entry.rooms.length === 0 || entry.rooms.some(inRoom);
                    return n >= from && wanted && !entry.except.some(inRoom) ? [n] : [];
                  })
                : undefined;
            const got = taken?.missed.map(([text]) => Number.parseInt(text as string, 10));
            assert.deepEqual(got, expected);
            kept.delete(it.pid);
            if (taken === undefined) continue;
            recovered++;
            if (it.putBack) {
              log.putBack(taken);
              kept.set(it.pid, known!);
            }
          }
          evict();
          log.trim(now);
          forget();
          assert.equal(log.packets, history.length - first);
          assert.ok(log.bytes <= caps.maxBytes && log.packets <= caps.maxPackets && log.sessions <= caps.maxSessions);
        }
      }),
      { numRuns: 2000 },
    );
    assert.ok(recovered > 300, `${recovered} recovered sessions say something`);
  });
});
