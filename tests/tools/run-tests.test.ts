import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { root } from "../../tools/setup.mjs";

const folder = mkdtempSync(join(tmpdir(), "run-tests-"));
after(() => rmSync(folder, { recursive: true }));

interface Run {
  status: number | null;
  output: string;
  lastLine: string;
}

/** Runs `npm test -- file` over a file with this text. */
function runOver(name: string, text: string, env: Record<string, string> = {}): Run {
  const file = join(folder, `${name}.test.ts`);
  writeFileSync(file, text);
  // Without this variable the runner takes itself for a test file and runs nothing.
  const { NODE_TEST_CONTEXT: _, CI: __, ...inherited } = process.env;
  const run = spawnSync(process.execPath, ["--import", "tsx", join(root, "tools/run-tests.ts"), file], {
    cwd: root,
    encoding: "utf8",
    env: { ...inherited, ...env },
  });
  return { status: run.status, output: run.stdout, lastLine: run.stdout.trimEnd().split("\n").at(-1) ?? "" };
}

const HEAD = 'import test, { describe } from "node:test";\n';

describe("the runner behind npm test", () => {
  test("ends with the totals alone on the last line", () => {
    const run = runOver("passing", `${HEAD} test("a", () => {}); describe("b", () => { test("c", () => {}); });`);
    assert.equal(run.lastLine, "2 passed, 0 failed, 0 skipped");
    assert.equal(run.status, 0);
  });

  test("fails on a failed test and names it with the suites around it", () => {
    const run = runOver(
      "failing",
      `${HEAD} describe("b", () => { test("c", () => { throw new Error("broken"); }); });`,
    );
    assert.equal(run.lastLine, "0 passed, 1 failed, 0 skipped");
    assert.match(run.output, /✖ b › c\n\s+Error: broken/);
    assert.equal(run.status, 1);
  });

  test("counts a skipped suite as one that was skipped", () => {
    const run = runOver(
      "skipped-suite",
      `${HEAD} describe("b", { skip: "not here" }, () => { test("c", () => {}); });`,
    );
    assert.match(run.output, /skipped: .*: b: not here/);
    assert.equal(run.lastLine, "0 passed, 0 failed, 1 skipped");
  });

  test("fails on a file that ran no test", () => {
    const run = runOver("empty", "export {};");
    assert.match(run.output, /The file ran no test/);
    assert.equal(run.status, 1);
  });

  test("fails on a file that can't be loaded", () => {
    const run = runOver("unloadable", 'import "no-such-package-anywhere";');
    assert.match(run.output, /no-such-package-anywhere/);
    assert.equal(run.lastLine, "0 passed, 1 failed, 0 skipped");
    assert.equal(run.status, 1);
  });

  test("fails on an error outside of tests, though all tests passed", () => {
    const run = runOver("late", `${HEAD} test("a", () => {}); process.exitCode = 3;`);
    assert.equal(run.lastLine, "1 passed, 1 failed, 0 skipped");
    assert.equal(run.status, 1);
  });

  test("fails on what reaches the process after its test, and says what it was", () => {
    const run = runOver(
      "late-rejection",
      `${HEAD} test("a", () => void setTimeout(() => void Promise.reject(new Error("too late")), 20));
       test("b", () => void setTimeout(() => { throw new Error("later still"); }, 40));`,
    );
    assert.match(run.output, /unhandledRejection: Error: too late\n\s+at /);
    assert.match(run.output, /uncaughtException: Error: later still\n\s+at /);
    assert.equal(run.lastLine, "2 passed, 1 failed, 0 skipped");
    assert.equal(run.status, 1);
  });

  const TAKEN = `
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    const seen = new Promise((resolve) => process.once("unhandledRejection", resolve));
    void Promise.reject(new Error("on purpose"));
    await seen;`;

  test("lets a test wait for a rejection on purpose, if it puts the listeners back", () => {
    const back = `for (const other of others) process.on("unhandledRejection", other);`;
    const run = runOver("on-purpose", `${HEAD} test("a", async () => {${TAKEN} ${back} });`);
    assert.equal(run.lastLine, "1 passed, 0 failed, 0 skipped");
    assert.equal(run.status, 0);
    const forgetful = runOver("forgetful", `${HEAD} test("a", async () => {${TAKEN} });`);
    assert.match(forgetful.output, /listeners of unhandledRejection were taken away/);
    assert.equal(forgetful.status, 1);
  });

  test("stops a file that does not end and fails it by its name", () => {
    const run = runOver("hanging", `${HEAD} test("a", () => {}); setInterval(() => {}, 1000);`, {
      TEST_FILE_LIMIT: "2000",
    });
    assert.match(run.output, /failed: .*hanging\.test\.ts/);
    assert.match(run.output, /did not end within 2 s/);
    assert.equal(run.status, 1);
  });

  const SKIPPED = `${HEAD} test("a", () => {}); test("b", { skip: "no browser here" }, () => {});`;

  test("counts a skipped test and prints why", () => {
    const run = runOver("skipping", SKIPPED);
    assert.match(run.output, /skipped: .*: b: no browser here/);
    assert.equal(run.lastLine, "1 passed, 0 failed, 1 skipped");
    assert.equal(run.status, 0);
  });

  test("fails on a skipped test where CI=true", () => {
    assert.equal(runOver("skipping-in-ci", SKIPPED, { CI: "true" }).status, 1);
  });
});
