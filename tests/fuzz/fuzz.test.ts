import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe as suite, test } from "node:test";
import { describe } from "./corpus.ts";
import { fuzz } from "./fuzzer.ts";
import { FUZZERS } from "./fuzzers/index.ts";

/* The corpus, and new inputs from a new seed in each run. What is found is told with its seed: `npm run fuzz` finds it again. */

/** For each. */
const SECONDS = 6;
const { FUZZ_SEED = String(randomInt(2 ** 31)) } = process.env;

suite(`inputs of any kind, seed ${FUZZ_SEED}`, () => {
  for (const fuzzer of FUZZERS) {
    test(`${fuzzer.name}: nothing falls, hangs, grows or is misread`, async () => {
      const report = await fuzz(fuzzer, { seed: Number(FUZZ_SEED), seconds: SECONDS });
      assert.equal(report.finding, null, describe(fuzzer.name, report));
      assert.ok(report.inputs > 0);
    });
  }
});
