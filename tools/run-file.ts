import { resolve } from "node:path";
import { inspect } from "node:util";
import { run } from "node:test";
import { root } from "./setup.mjs";
import type { TestResult } from "./test-results.ts";

/** After this long, in ms, a file is stopped and fails by its name. */
const FILE_LIMIT_MS = Number(process.env["TEST_FILE_LIMIT"] ?? 300_000);

// Processes of test files get the flags of this one; run() takes none of its own before Node 22.10.
process.execArgv.push("--import", new URL("process-errors.mjs", import.meta.url).href);

/** Runs one test file in a process of its own and prints what failed, with what the file printed meanwhile. */
export async function runFile(file: string): Promise<TestResult[]> {
  const path = resolve(root, file);
  const started = performance.now();
  const results: TestResult[] = [];
  const titles: string[] = [];
  let printed = "";
  for await (const event of run({ files: [path], signal: AbortSignal.timeout(FILE_LIMIT_MS) })) {
    if (event.type === "test:stdout" || event.type === "test:stderr") printed += event.data.message;
    if (event.type === "test:start") titles.splice(event.data.nesting, Infinity, event.data.name);
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;

    const { name, nesting, details } = event.data;
    const title = [...titles.slice(0, nesting), name].join(" › ");
    // The runner reports a file that ran no test, broke while loading or did not end as a test with the file's name.
    const isFile = nesting === 0 && (name === path || name === file);
    if (event.type === "test:fail") {
      const error = event.data.details.error;
      if (details.type === "suite" && isSubtestsFailed(error)) continue;
      const reason = isFile ? fileFailure(error) : describeError(error);
      results.push({ file, title: isFile ? "(the file itself)" : title, outcome: "failed", reason });
    } else if (!isFile && (details.type !== "suite" || skipOf(event.data).outcome === "skipped")) {
      // A suite that is skipped runs no tests that could be counted.
      results.push({ file, title, ...skipOf(event.data) });
    }
  }
  if (results.length === 0) {
    results.push({ file, title: "(the file itself)", outcome: "failed", reason: "The file ran no test." });
  }
  print(file, results, printed, performance.now() - started);
  return results;
}

function skipOf(data: { skip?: string | boolean; todo?: string | boolean }): Pick<TestResult, "outcome" | "reason"> {
  const why = data.skip ?? data.todo;
  if (why === undefined || why === false) return { outcome: "passed", reason: "" };
  return { outcome: "skipped", reason: typeof why === "string" && why !== "" ? why : "no reason given" };
}

function print(file: string, results: readonly TestResult[], printed: string, ms: number): void {
  const failed = results.filter((result) => result.outcome === "failed");
  const seconds = (ms / 1000).toFixed(1);
  console.log(`${failed.length === 0 ? "✔" : "✖"} ${file} (${results.length} tests, ${seconds} s)`);
  if (printed.trim() !== "") console.log(indent(printed.trimEnd()));
  for (const { title, reason } of failed) console.log(`  ✖ ${title}\n${indent(reason, "      ")}`);
}

function fileFailure(error: Error): string {
  return failureType(error) === "testAborted"
    ? `The file did not end within ${FILE_LIMIT_MS / 1000} s and was stopped.`
    : `The file broke outside its tests: ${error.message}`;
}

/** node:test wraps what a test threw in an error of its own. An assertion's message says all that its fields say. */
function describeError(error: Error): string {
  const cause = error.cause ?? error;
  const isAssertion = cause instanceof Error && "code" in cause && cause.code === "ERR_ASSERTION";
  return isAssertion ? (cause.stack ?? cause.message) : inspect(cause);
}

function isSubtestsFailed(error: Error): boolean {
  return failureType(error) === "subtestsFailed";
}

function failureType(error: Error): unknown {
  return "failureType" in error ? error.failureType : undefined;
}

function indent(text: string, by = "    "): string {
  return text.replaceAll(/^/gm, by);
}
