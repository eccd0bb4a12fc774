import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { root } from "../../tools/setup.mjs";

const { NODE_TEST_CONTEXT: _, ...env } = process.env;

describe("set-up", () => {
  test("an old Node.js is refused with one clear line", () => {
    const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } });`;
    const run = spawnSync(
      process.execPath,
      ["--import", `data:text/javascript,${older}`, join(root, "tools/test.mjs")],
      {
        encoding: "utf8",
        env,
      },
    );
    assert.equal(run.stderr, "Node.js 20.19 or newer is needed; this is 20.18.3.\n");
    assert.equal(run.status, 1);
  });

  test("a missing browser ends a run with CI=true, which says how to get one", () => {
    const run = spawnSync(process.execPath, [join(root, "tools/test.mjs")], {
      encoding: "utf8",
      env: { ...env, CI: "true", NO_SYSTEM_INSTALL: "1", CHROMIUM_PATH: join(root, "no-such-browser") },
    });
    assert.match(run.stdout, /chromium is missing.*Debian: .*macOS: .*Windows: /);
    assert.match(run.stderr, /CI=true allows no skips/);
    assert.equal(run.status, 1);
  });

  test("npm start prints an address that answers, and ends when told to", async () => {
    assert.doesNotMatch(await serveChat([]), /processes serve it/);
  });

  test("npm start -- --workers 2 does so with two processes", async () => {
    assert.match(await serveChat(["--workers", "2"]), /^ *2 processes serve it/m);
  });
});

/** @returns all that it prints */
async function serveChat(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, "tools/start.mjs"), ...args], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const printed: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const address = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      printed.push(line);
      const found = /http:\/\/\S+/.exec(line)?.[0];
      if (found !== undefined) resolve(found);
    });
    lines.once("close", () => reject(new Error("it ended without an address")));
  });
  const page = await fetch(address);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<!doctype html>/i);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  return printed.join("\n");
}
