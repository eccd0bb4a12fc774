import assert from "node:assert/strict";
import { test } from "node:test";
import { Rate, TokenBucket, type RateOptions } from "engine.io-parser/session";

const bucket = (options: RateOptions): TokenBucket => new TokenBucket(new Rate(options, "x"));

test("a burst passes at once, then so many a second", () => {
  const tokens = bucket({ perSecond: 2, burst: 3 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => tokens.take(1, 0)),
    [0, 0, 0, 500],
  );
  assert.equal(tokens.take(1, 499), 1);
  assert.deepEqual([tokens.take(1, 500), tokens.take(1, 500)], [0, 500]);
});

test("what is refused costs nothing: a flood gets exactly its rate", () => {
  const tokens = bucket({ perSecond: 10, burst: 5 });
  let passed = 0;
  for (let now = 0; now < 10_000; now++) if (tokens.take(1, now) === 0) passed++;
  assert.equal(passed, 5 + 99);
});

test("silence fills it up to the burst and no further", () => {
  const tokens = bucket({ perSecond: 1000, burst: 2 });
  assert.equal(tokens.isFull(0), true);
  tokens.take(1, 1_000_000);
  assert.deepEqual([tokens.isFull(1_000_000), tokens.isFull(1_000_001)], [false, true]);
  assert.deepEqual(
    [1, 2, 3].map(() => tokens.take(1, 2_000_000)),
    [0, 0, 1],
  );
});

test("what costs more than the burst passes when it is full, and is paid off first", () => {
  const tokens = bucket({ perSecond: 100, burst: 100 });
  tokens.take(1, 0);
  assert.equal(tokens.take(1000, 0), 10);
  assert.equal(tokens.take(1000, 10), 0);
  assert.equal(tokens.take(1, 10), 9010);
});

test("the burst is a second's worth unless it is given, and at least one", () => {
  assert.deepEqual([new Rate({ perSecond: 20 }, "x").burst, new Rate({ perSecond: 0.1 }, "x").burst], [20, 1]);
});

test("numbers that make no sense are refused by the name of the option", () => {
  for (const options of [{ perSecond: 0 }, { perSecond: -1 }, { perSecond: NaN }, { perSecond: 1, burst: 0.5 }]) {
    assert.throws(() => new Rate(options, "rateLimit.x"), /^RangeError: rateLimit\.x: perSecond has to be above 0/);
  }
});
