import { existsSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { checks, rowsCheck, type Check } from "./checks.ts";
import { runFile } from "./run-file.ts";
import { root } from "./setup.mjs";
import { printSummary, saveResults, type TestResult } from "./test-results.ts";

/*
 * Runs test files, each in a process of its own, one more at a time than there are cores, since most of them wait for something.
 * Fails on a failed test, on a file that ran no test, on nothing to run, and with CI=true on a skipped test.
 *
 *   run-tests.ts                  the checks, every test file, rows.json
 *   run-tests.ts path…            these test files, or those below these folders
 *   run-tests.ts --checks name…   these checks
 */
const results: TestResult[] = [];
const args = process.argv.slice(2);

if (args[0] === "--checks") {
  const wanted = args.slice(1);
  if (wanted.includes("tests")) await runFiles(testFilesOfProject());
  await runChecks([...checks, rowsCheck].filter((check) => wanted.includes(check.name)));
} else if (args.length > 0) {
  await runFiles(args.flatMap((path) => testFilesBelow(resolve(path))));
} else {
  await runChecks(checks);
  await runFiles(testFilesOfProject());
  saveResults(results);
  await runChecks([rowsCheck]);
}
process.exitCode = printSummary(results) ? 0 : 1;

async function runChecks(list: readonly Check[]): Promise<void> {
  for (const check of list) {
    const { ok, output } = await check.run();
    console.log(`${ok ? "✔" : "✖"} check: ${check.name}`);
    if (output.trim() !== "") console.log(output.trimEnd());
    results.push({ file: "check", title: check.name, outcome: ok ? "passed" : "failed", reason: ok ? "" : output });
  }
}

async function runFiles(files: readonly string[]): Promise<void> {
  const waiting = [...new Set(files)];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) results.push(...(await runFile(file)));
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
}

function testFilesOfProject(): string[] {
  const homes = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name, "test")),
  );
  const files = [...homes.filter((home) => existsSync(home)), join(root, "tests")].flatMap(testFilesBelow);
  // Else one of them would be the last, and alone.
  return [...files.filter(takesLong), ...files.filter((file) => !takesLong(file))];
}

/** A minute and more, some of them only in `npm run test:all`. */
function takesLong(file: string): boolean {
  return /^tests\/(dist\/(packed|type-rows)|browser\/(chat|hostile|screenshots)|cluster\/redis-outages|fuzz\/fuzz|guide\/blocks|soak\/soak)\.test/.test(
    file,
  );
}

/** Paths from the root of the repository, with slashes on every system. */
function testFilesBelow(path: string): string[] {
  const found = statSync(path).isFile()
    ? [path]
    : readdirSync(path, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".test.ts") && !name.split(sep).includes("node_modules"))
        .map((name) => join(path, name));
  return found.map((file) => relative(root, file).split(sep).join("/")).toSorted();
}
