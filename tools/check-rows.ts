import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";
import { loadResults, type TestResult } from "./test-results.ts";
import type { CheckOutcome } from "./checks.ts";

/** Where a row of the API contract is proven. */
interface Proof {
  readonly file: string;
  /** The test's name, after the names of the suites around it joined by " › ". */
  readonly title: string;
}

/**
 * tests/rows.json. `pending` names the issue that will prove a row: for one row ("E-16"), a range ("E-1 to E-66") or all rows
 * of a letter ("S"). `outOfBatch` names rows that an issue leaves out, and why. Every row of tests/rows-index.json is proven, pending or
 * out of batch.
 */
interface Rows {
  readonly rows: Readonly<Record<string, Proof | readonly Proof[]>>;
  readonly pending: Readonly<Record<string, string>>;
  readonly outOfBatch?: Readonly<Record<string, string>>;
}

export function checkRows(): CheckOutcome {
  const results = loadResults();
  if (results === null) return { ok: false, output: "No test results yet: run the tests first." };
  const index = readJson("tests/rows-index.json") as Record<string, number>;
  const known = Object.entries(index).flatMap(([letter, count]) => numbered(letter, 1, count));
  const faults = rowFaults(readJson("tests/rows.json") as Rows, known, results);
  return { ok: faults.length === 0, output: faults.join("\n") };
}

export function rowFaults(
  { rows, pending, outOfBatch = {} }: Rows,
  known: readonly string[],
  results: readonly TestResult[],
): string[] {
  const faults: string[] = [];
  const waiting = new Map(
    Object.entries(pending).flatMap(([key, issue]) => rowsOf(key, known).map((row) => [row, issue])),
  );
  for (const key of Object.keys(pending)) {
    const unknown = rowsOf(key, known).filter((row) => !known.includes(row));
    if (unknown.length > 0 || rowsOf(key, known).length === 0)
      faults.push(`pending: ${key} is no row, range or letter`);
  }
  for (const row of [...Object.keys(rows), ...Object.keys(outOfBatch)]) {
    if (!known.includes(row)) faults.push(`${row}: there is no such row`);
  }
  for (const row of Object.keys(outOfBatch)) {
    if (rows[row] !== undefined || waiting.has(row)) faults.push(`${row}: out of batch, and proven or pending as well`);
  }
  for (const row of known) {
    const proofs = rows[row] === undefined ? [] : [rows[row]].flat();
    const isAccountedFor = waiting.has(row) || outOfBatch[row] !== undefined;
    if (proofs.length === 0 && !isAccountedFor) faults.push(`${row}: no test, and no issue that it waits for`);
    for (const proof of proofs) {
      const fault = proofFault(proof, results);
      if (fault !== null) faults.push(`${row}: ${fault}`);
    }
  }
  return faults;
}

function proofFault({ file, title }: Proof, results: readonly TestResult[]): string | null {
  const outcomes = results
    .filter((result) => result.file === file && result.title === title)
    .map((result) => result.outcome);
  if (outcomes.length === 0) return `"${title}" of ${file} did not run`;
  const bad = outcomes.find((outcome) => outcome !== "passed");
  return bad === undefined ? null : `"${title}" of ${file} was ${bad}`;
}

function rowsOf(key: string, known: readonly string[]): string[] {
  const range = /^([A-Z])-(\d+) to \1-(\d+)$/.exec(key);
  if (range !== null) return numbered(range[1]!, Number(range[2]), Number(range[3]));
  return key.includes("-") ? [key] : known.filter((row) => row.startsWith(`${key}-`));
}

function numbered(letter: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${letter}-${first + i}`);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}
