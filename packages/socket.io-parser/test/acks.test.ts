import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { AckTable, Deadlines, type Deadline } from "socket.io-parser/acks";

describe("deadlines", () => {
  test("next is the earliest, and Infinity when there is none", () => {
    const deadlines = new Deadlines();
    assert.equal(deadlines.next, Infinity);
    deadlines.add(300, () => {});
    const first = deadlines.add(100, () => {});
    deadlines.add(200, () => {});
    assert.equal(deadlines.next, 100);
    deadlines.cancel(first);
    assert.equal(deadlines.next, 200);
  });

  test("expire calls what is due, the earliest first, and of the same time the first added first", () => {
    const deadlines = new Deadlines();
    const calls: string[] = [];
    for (const [at, label] of [
      [2, "c"],
      [1, "a"],
      [2, "d"],
      [1, "b"],
      [3, "e"],
    ] as const) {
      deadlines.add(at, () => calls.push(label));
    }
    deadlines.expire(0);
    assert.deepEqual(calls, []);
    deadlines.expire(2);
    assert.deepEqual(calls, ["a", "b", "c", "d"]);
    assert.equal(deadlines.next, 3);
  });

  test("what is cancelled is not called, also when another that expires cancels it", () => {
    const deadlines = new Deadlines();
    const calls: string[] = [];
    let second: Deadline | undefined = undefined;
    deadlines.add(1, () => {
      calls.push("first");
      deadlines.cancel(second!);
    });
    second = deadlines.add(1, () => calls.push("second"));
    deadlines.expire(5);
    deadlines.cancel(second);
    assert.deepEqual(calls, ["first"]);
    assert.equal(deadlines.next, Infinity);
  });

  test("what is added while expiring waits for the next round, even if due", () => {
    const deadlines = new Deadlines();
    let rounds = 0;
    const again = (): void => {
      rounds++;
      deadlines.add(0, again);
    };
    deadlines.add(0, again);
    deadlines.expire(10);
    assert.equal(rounds, 1);
    assert.equal(deadlines.next, 0);
    deadlines.expire(10);
    assert.equal(rounds, 2);
  });

  test("if one throws, the others stay due and it does not come again", () => {
    const deadlines = new Deadlines();
    const calls: string[] = [];
    deadlines.add(1, () => {
      throw new Error("from a deadline");
    });
    deadlines.add(1, () => calls.push("second"));
    deadlines.add(2, () => calls.push("third"));
    assert.throws(() => deadlines.expire(2), /from a deadline/);
    assert.equal(deadlines.next, 1);
    deadlines.expire(2);
    assert.deepEqual(calls, ["second", "third"]);
  });

  test("behave like a sorted list under any order of additions and cancellations", () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat(50) }),
      fc.record({ cancel: fc.nat(200) }),
      fc.record({ expire: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
        const deadlines = new Deadlines();
        const added: { at: number; deadline: Deadline; order: number }[] = [];
        let model: typeof added = [];
        let called: number[] = [];
        for (const action of steps) {
          if ("add" in action) {
            const order = added.length;
            const entry = { at: action.add, order, deadline: deadlines.add(action.add, () => called.push(order)) };
            added.push(entry);
            model.push(entry);
          } else if ("cancel" in action) {
            const entry = added[action.cancel % Math.max(added.length, 1)];
            if (entry === undefined) continue;
            deadlines.cancel(entry.deadline);
            model = model.filter((other) => other !== entry);
          } else {
            called = [];
            deadlines.expire(action.expire);
            const due = model.filter(({ at }) => at <= action.expire).sort((a, b) => a.at - b.at || a.order - b.order);
            assert.deepEqual(
              called,
              due.map(({ order }) => order),
            );
            model = model.filter((entry) => !due.includes(entry));
          }
          assert.equal(deadlines.next, Math.min(Infinity, ...model.map(({ at }) => at)));
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("a hundred thousand that are added and cancelled at once leave nothing behind", () => {
    const deadlines = new Deadlines();
    const started = deadlines.add(1e9, () => {});
    for (let at = 0; at < 100_000; at++) deadlines.cancel(deadlines.add(at, () => {}));
    assert.equal(deadlines.next, 1e9);
    deadlines.cancel(started);
    assert.equal(deadlines.next, Infinity);
  });
});

describe("the table of acknowledgements", () => {
  function table(): { acks: AckTable; deadlines: Deadlines; calls: unknown[] } {
    const deadlines = new Deadlines();
    return { deadlines, acks: new AckTable(deadlines), calls: [] };
  }

  test("an answer reaches the one who waits for its id, once", () => {
    const { acks, calls } = table();
    acks.expect(3, (...args) => calls.push(args));
    assert.equal(acks.answer(4, ["no"]), false);
    assert.equal(acks.answer(undefined, ["no"]), false);
    assert.equal(acks.answer(3, ["a", 1]), true);
    assert.equal(acks.answer(3, ["again"]), false);
    assert.deepEqual(calls, [["a", 1]]);
    assert.equal(acks.size, 0);
  });

  test("an answer without payload calls without arguments", () => {
    const { acks, calls } = table();
    acks.expect(1, (...args) => calls.push(args));
    acks.answer(1, undefined);
    assert.deepEqual(calls, [[]]);
  });

  test("what adapters set by themselves is answered as well", () => {
    const { acks, calls } = table();
    acks.set(9, (value: unknown) => calls.push(value));
    assert.ok(acks instanceof Map);
    assert.equal(acks.answer(9, ["from the peer"]), true);
    assert.deepEqual(calls, ["from the peer"]);
  });

  test("an acknowledgement that throws is answered all the same", () => {
    const { acks } = table();
    acks.expect(1, () => {
      throw new Error("from the user");
    });
    assert.throws(() => acks.answer(1, []), /from the user/);
    assert.equal(acks.answer(1, []), false);
  });

  test("once its deadline has passed only onTimeout is called, and a late answer finds nobody", () => {
    const { acks, deadlines, calls } = table();
    acks.expect(1, () => calls.push("ack"), { deadline: 100, onTimeout: () => calls.push("timeout") });
    assert.equal(deadlines.next, 100);
    deadlines.expire(100);
    assert.equal(acks.answer(1, []), false);
    assert.deepEqual(calls, ["timeout"]);
  });

  test("an answer in time cancels the deadline", () => {
    const { acks, deadlines, calls } = table();
    acks.expect(1, () => calls.push("ack"), { deadline: 100, onTimeout: () => calls.push("timeout") });
    acks.answer(1, []);
    assert.equal(deadlines.next, Infinity);
    deadlines.expire(1000);
    assert.deepEqual(calls, ["ack"]);
  });

  test("deleting, replacing and clearing entries cancels their deadlines", () => {
    const { acks, deadlines } = table();
    for (const id of [1, 2, 3]) acks.expect(id, () => {}, { deadline: id, onTimeout: () => assert.fail("cancelled") });
    assert.equal(acks.delete(1), true);
    assert.equal(acks.delete(1), false);
    assert.equal(deadlines.next, 2);
    acks.set(2, () => {});
    assert.equal(deadlines.next, 3);
    acks.clear();
    assert.equal(deadlines.next, Infinity);
    assert.equal(acks.size, 0);
  });

  test("at the end of the connection onDisconnect is called, deadlines go on, all others are forgotten", () => {
    const { acks, deadlines, calls } = table();
    acks.expect(1, () => calls.push("ack 1"));
    acks.expect(2, () => calls.push("ack 2"), { onDisconnect: () => calls.push("gone 2") });
    acks.expect(3, () => calls.push("ack 3"), { deadline: 50, onTimeout: () => calls.push("timeout 3") });
    acks.expect(4, () => calls.push("ack 4"), {
      deadline: 60,
      onTimeout: () => calls.push("timeout 4"),
      onDisconnect: () => calls.push("gone 4"),
    });
    acks.disconnect();
    assert.deepEqual(calls, ["gone 2", "gone 4"]);
    assert.equal(acks.size, 0);
    acks.disconnect();
    deadlines.expire(100);
    assert.deepEqual(calls, ["gone 2", "gone 4", "timeout 3"]);
  });

  test("everybody is told of the end, even if one of them throws", () => {
    const { acks, calls } = table();
    acks.expect(1, () => {}, {
      onDisconnect: () => {
        throw new Error("from the first");
      },
    });
    acks.expect(2, () => {}, { onDisconnect: () => calls.push("second") });
    assert.throws(() => acks.disconnect(), /from the first/);
    assert.deepEqual(calls, ["second"]);
  });

  test("what is expected while the end is told stays", () => {
    const { acks } = table();
    acks.expect(1, () => {}, { onDisconnect: () => acks.expect(2, () => {}) });
    acks.disconnect();
    assert.deepEqual([...acks.keys()], [2]);
  });
});
