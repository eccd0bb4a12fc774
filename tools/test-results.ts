import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./setup.mjs";

export interface TestResult {
  /** Path from the root of the repository, with slashes. */
  readonly file: string;
  /** Names of the suites around the test and its own, joined by " › ". */
  readonly title: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason: string;
}

const RESULTS = join(root, ".cache", "test-results.json");

export function saveResults(results: readonly TestResult[]): void {
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, JSON.stringify(results, null, 1));
}

/** What the last complete run left, or null. */
export function loadResults(): TestResult[] | null {
  return existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, "utf8")) as TestResult[]) : null;
}

/** Prints failures, skips with their reason, and the totals as the last line. True if the run was good. */
export function printSummary(results: readonly TestResult[]): boolean {
  const of = (outcome: TestResult["outcome"]) => results.filter((result) => result.outcome === outcome);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  const strict = process.env["CI"] === "true";
  console.log("");
  for (const { file, title, reason } of skipped) console.log(`skipped: ${file}: ${title}: ${reason}`);
  for (const { file, title } of failed) console.log(`failed: ${file}: ${title}`);
  if (strict && skipped.length > 0) console.log("CI=true allows no skipped tests.");
  if (results.length === 0) console.log("There was nothing to run.");
  console.log(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length === 0 && passed.length > 0 && !(strict && skipped.length > 0);
}
