/** Jest with jest-environment-jsdom: `require` under the condition `browser`. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { application } from "./support/bundlers.ts";
import { installation } from "./support/installation.ts";
import { serveEcho } from "./support/server.ts";

interface JestResults {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { title: string; status: string; failureMessages: string[] }[];
  }[];
}

/** A Jest that hangs is stopped after so many ms. */
const PATIENCE_MS = 60_000;

const TITLES = [
  "the page is jsdom's, and the module is CommonJS",
  'connects over ["polling"]',
  'connects over ["websocket"]',
  'connects over ["polling","websocket"]',
  "connects over websocket by the entry of that name",
];

test("the client works in Jest with jsdom, over each transport", async (t) => {
  const server = await serveEcho(new Map(), { cors: { origin: true } });
  t.after(() => server.close());
  const app = application();
  t.after(app.remove);
  const { testResults } = await jest(join(app.folder, "jest"), server.url);
  assert.equal(testResults.length, 1);
  const { message, assertionResults } = testResults[0]!;
  const outcomes = assertionResults.map(({ title, status }) => `${status}: ${title}`);
  assert.deepEqual(
    outcomes,
    TITLES.map((title) => `passed: ${title}`),
    message,
  );
  assert.deepEqual(server.began, ["polling", "websocket", "polling", "websocket"]);
});

function jest(folder: string, url: string): Promise<JestResults> {
  const program = join(installation(), "node_modules/jest/bin/jest.js");
  const config = {
    rootDir: folder,
    testEnvironment: "jsdom",
    testMatch: ["**/*.test.cjs"],
    transform: {},
    cacheDirectory: join(folder, "cache"),
  };
  const args = [
    program,
    "--config",
    JSON.stringify(config),
    "--json",
    "--runInBand",
    "--watchman=false",
    "--forceExit",
  ];
  // The loader that the tests run under is not to help it.
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  return new Promise((resolve, reject) => {
    const options = {
      cwd: folder,
      env: { ...env, ECHO_URL: url },
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
    } as const;
    execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as JestResults);
      } catch (cause) {
        reject(new Error(`Jest gave no results: ${stderr}`, { cause }));
      }
    });
  });
}
