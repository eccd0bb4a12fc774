/** Proves that a browser test runs our packages, and not upstream's of the same names. */
import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";

const root = new URL("../../../", import.meta.url);

/** The server by its real path and version, and the bundle that it serves to this page by its banner. */
export async function assertOurPackages(page: Page): Promise<void> {
  const require = createRequire(new URL("apps/demo/server.ts", root));
  const entry = realpathSync(require.resolve("socket.io"));
  assert.equal(entry, fileURLToPath(new URL("packages/socket.io/dist/index.js", root)));
  assert.ok(require.cache[entry], "the server of this process is loaded from there");
  assert.equal(require("socket.io/package.json").version, versionOf("socket.io"));

  const bundle = await page.evaluate(async () => (await fetch("/socket.io/socket.io.esm.min.js")).text());
  assert.equal(
    bundle.slice(0, bundle.indexOf("\n")),
    `/*! socket.io-client v${versionOf("socket.io-client")} | MIT */`,
  );
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, root), "utf8")).version;
}
