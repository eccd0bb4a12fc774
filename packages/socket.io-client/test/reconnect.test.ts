import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../../tests/support/random.ts";
import { Backoff } from "../src/reconnect.ts";

function backoffOf(
  reconnectionDelay: number,
  reconnectionDelayMax: number,
  randomizationFactor: number,
  reconnectionAttempts: number,
): Backoff {
  return new Backoff({ reconnectionAttempts, reconnectionDelay, reconnectionDelayMax, randomizationFactor });
}

function delaysOfAttempt(attempt: number, draws = 20_000): number[] {
  const backoff = backoffOf(1000, 5000, 0.5, Infinity);
  const random = new Random(attempt);
  return Array.from({ length: draws }, () => {
    backoff.attempts = attempt - 1;
    return backoff.duration(() => random.next());
  });
}

/** Fails unless the delays fill [from, to] evenly: each tenth holds a tenth of them, within a tenth of that. */
function assertUniform(delays: readonly number[], from: number, to: number): void {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const delay of delays) {
    assert.ok(Number.isInteger(delay) && delay >= from && delay <= to, `${delay} lies outside of ${from} to ${to}`);
    tenths[Math.min(9, Math.floor(((delay - from) / (to - from)) * 10))]!++;
  }
  for (const [at, count] of tenths.entries()) {
    assert.ok(Math.abs(count / (delays.length / 10) - 1) < 0.1, `tenth ${at} holds ${count} of ${delays.length}`);
  }
}

test("the first delays fill the range of reconnectionDelay × (1 ± randomizationFactor) evenly", () => {
  assertUniform(delaysOfAttempt(1), 500, 1500);
  assertUniform(delaysOfAttempt(2), 1000, 3000);
});

test("a delay whose jitter would pass the cap is spread evenly up to the cap", () => {
  assertUniform(delaysOfAttempt(3), 2000, 5000);
});

test("delays at the cap stay spread, below it", () => {
  assertUniform(delaysOfAttempt(4), 2500, 5000);
  assertUniform(delaysOfAttempt(2000), 2500, 5000);
});

test("without jitter the delays double up to the cap", () => {
  const backoff = backoffOf(1000, 5000, 0, Infinity);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => backoff.duration()),
    [1000, 2000, 4000, 5000, 5000],
  );
});

test("a factor outside of ]0, 1] means no jitter", () => {
  for (const factor of [-0.5, 1.5, Number.NaN]) assert.equal(backoffOf(1000, 5000, factor, 1).duration(), 1000);
});

test("an infinite cap never makes a delay that timers take for none", () => {
  const backoff = backoffOf(1000, Infinity, 0.5, Infinity);
  const random = new Random(1);
  for (let i = 0; i < 3000; i++) {
    const delay = backoff.duration(() => random.next());
    assert.ok(delay >= 500 && delay < 2 ** 31, String(delay));
  }
});

test("attempts are counted up to the last one, and anew after a reset", () => {
  const backoff = backoffOf(10, 10, 0, 2);
  const seen = [backoff.exhausted];
  for (let i = 0; i < 2; i++) {
    backoff.duration();
    seen.push(backoff.exhausted);
  }
  assert.deepEqual([backoff.attempts, seen], [2, [false, false, true]]);
  backoff.reset();
  assert.deepEqual([backoff.attempts, backoff.exhausted], [0, false]);
});
