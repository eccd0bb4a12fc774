import assert from "node:assert/strict";
import { test } from "node:test";
import { rowFaults } from "../../tools/check-rows.ts";
import type { TestResult } from "../../tools/test-results.ts";

const known = ["A-1", "A-2", "A-3", "B-1"];
const proof = { file: "tests/a.test.ts", title: "suite › test" };
const ran = (outcome: TestResult["outcome"]): TestResult[] => [{ ...proof, outcome, reason: "" }];
const pending = { "A-2 to A-3": "Some issue", B: "Another issue" };

test("rows are sound when each is proven by a test that passed or waits for an issue", () => {
  assert.deepEqual(rowFaults({ rows: { "A-1": proof }, pending }, known, ran("passed")), []);
});

test("a row may be proven while its range still waits", () => {
  assert.deepEqual(rowFaults({ rows: { "A-1": [proof], "A-2": [proof, proof] }, pending }, known, ran("passed")), []);
});

test("a row that is neither proven nor waiting is a fault", () => {
  assert.deepEqual(rowFaults({ rows: {}, pending }, known, []), ["A-1: no test, and no issue that it waits for"]);
});

test("a proof that did not run, failed or was skipped is a fault", () => {
  const rows = { rows: { "A-1": proof }, pending };
  assert.deepEqual(rowFaults(rows, known, []), ['A-1: "suite › test" of tests/a.test.ts did not run']);
  assert.deepEqual(rowFaults(rows, known, ran("failed")), ['A-1: "suite › test" of tests/a.test.ts was failed']);
  assert.deepEqual(rowFaults(rows, known, ran("skipped")), ['A-1: "suite › test" of tests/a.test.ts was skipped']);
});

test("a proof of which one instance passed and another failed is a fault", () => {
  const rows = { rows: { "A-1": proof }, pending };
  assert.equal(rowFaults(rows, known, [...ran("passed"), ...ran("failed")]).length, 1);
});

test("a row that an issue leaves out needs no test, and may not have another account", () => {
  const outOfBatch = { "A-1": "no server here" };
  assert.deepEqual(rowFaults({ rows: {}, pending, outOfBatch }, known, []), []);
  const both = { rows: { "A-1": proof }, pending, outOfBatch: { ...outOfBatch, "A-2": "x", "A-7": "x" } };
  assert.deepEqual(rowFaults(both, known, ran("passed")), [
    "A-7: there is no such row",
    "A-1: out of batch, and proven or pending as well",
    "A-2: out of batch, and proven or pending as well",
  ]);
});

test("unknown rows and unknown pending keys are faults", () => {
  const faults = rowFaults(
    { rows: { "A-1": proof, "A-9": proof }, pending: { ...pending, "B-2": "x", C: "x" } },
    known,
    ran("passed"),
  );
  assert.deepEqual(faults, [
    "pending: B-2 is no row, range or letter",
    "pending: C is no row, range or letter",
    "A-9: there is no such row",
  ]);
});
