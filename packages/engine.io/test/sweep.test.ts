import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Sweep, type SweptSession } from "../src/sweep.ts";

/** A session that knows nothing but its deadline. */
function session(deadline: number, onDeadline: (this: SweptSession) => void): SweptSession {
  return { deadline, onDeadline, seenDeadline: 0, periodMs: 1000 } as unknown as SweptSession;
}

/** A sweep of so many sessions whose time is up, and the timer that has been set for them. */
function due(t: TestContext, count: number, onDeadline: (at: number) => void) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sweep = new Sweep();
  const sessions = Array.from({ length: count }, (_, at) =>
    session(1, function () {
      (this as { deadline: number }).deadline = Infinity;
      onDeadline(at);
    }),
  );
  for (const each of sessions) {
    sweep.add(each);
    sweep.note(each);
  }
  return { sweep, sessions };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("of many deadlines 64 are seen to at a time, and what else there is to do has its turn in between", async (t) => {
  const seen: number[] = [];
  due(t, 150, (at) => seen.push(at));
  t.mock.timers.tick(10);
  assert.equal(seen.length, 64);
  await turn();
  assert.equal(seen.length, 128);
  await turn();
  assert.deepEqual(
    seen,
    Array.from({ length: 150 }, (_, at) => at),
  );
});

test("a deadline that is set between two turns is noticed in time", async (t) => {
  const { sweep, sessions } = due(t, 100, () => {});
  t.mock.timers.tick(10);
  let seen = false;
  Object.assign(sessions[0]!, { deadline: 1, onDeadline: () => void (seen = true) });
  sweep.note(sessions[0]!);
  await turn();
  assert.equal(seen, false, "it has been looked at in this round");
  t.mock.timers.tick(10);
  assert.equal(seen, true);
});

test("sessions that end between two turns are not looked at, and those that begin then when it is their time", async (t) => {
  const seen: number[] = [];
  const { sweep, sessions } = due(t, 100, (at) => seen.push(at));
  t.mock.timers.tick(10);
  for (const each of sessions) sweep.delete(each);
  let calls = 0;
  const next = session(1, function () {
    calls++;
    (this as { deadline: number }).deadline = Infinity;
  });
  sweep.add(next);
  sweep.note(next);
  await turn();
  assert.deepEqual([seen.length, calls], [64, 0]);
  t.mock.timers.tick(10);
  assert.equal(calls, 1);
});
