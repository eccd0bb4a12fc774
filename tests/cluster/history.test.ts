import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withoutRedis } from "../support/redis.ts";
import type { Rule } from "./history/check.ts";
import { FAULTY_ADAPTERS, type FaultName } from "./history/faulty-adapters.ts";
import { run } from "./history/run.ts";

/*
 * Servers on one Redis, over each of our adapters, while clients come and go, rooms change, everybody emits and asks, and Redis is slow or out of reach: what was
 * heard is as docs/clusters.md states. And the checker finds what is not, in adapters that have a fault each.
 */

/** Where the last node has a process of its own, that is killed. */
const RUNS = [
  ["pub/sub", 1, "local"],
  ["sharded", 2, "local"],
  ["streams", 5, "local"],
  ["pub/sub", 3, "child"],
] as const;
const STEPS = 1000;
/** A fault shows sooner. */
const FAULTY_STEPS = 150;

/** What gives each fault away. */
const GIVEN_AWAY: Record<FaultName, Rule> = {
  "skips de-duplication": "duplicate",
  "delivers after a leave": "outside the room",
  "swaps two messages": "order",
  "forgets to subscribe again": "lost",
  "answers from a dead node": "answer",
};

describe("what was said in a cluster, and what was heard", { skip: withoutRedis }, () => {
  for (const [adapter, seed, last] of RUNS) {
    const what = last === "child" ? "cuts, slow links and the end of servers" : "cuts and slow links";
    test(`is as stated over ${adapter}, through ${what} (seed ${seed})`, async () => {
      const { violations, ...counts } = await run({ seed, adapter, steps: STEPS, nodes: ["local", "local", last] });
      console.log(`seed ${seed}:`, JSON.stringify(counts));
      assert.deepEqual(violations, []);
      assert.ok(counts.deliveries > STEPS && counts.faults > 0 && counts.questions > 0);
    });
  }

  for (const fault of Object.keys(FAULTY_ADAPTERS) as FaultName[]) {
    test(`is found to be wrong where an adapter ${fault} (seed 4)`, async () => {
      const { violations } = await run({ seed: 4, steps: FAULTY_STEPS, nodes: ["local", "local"], fault });
      const rules = new Set(violations.map(({ rule }) => rule));
      assert.ok(rules.has(GIVEN_AWAY[fault]), [...rules].join(", "));
    });
  }
});
