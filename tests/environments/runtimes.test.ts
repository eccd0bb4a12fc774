/** The packed client in the runtimes for servers. tests/runtimes has the engine's client and server there, tests/deno WebTransport. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { runtime } from "../support/runtimes.ts";
import { application } from "./support/bundlers.ts";
import { conversation, serveEcho } from "./support/server.ts";

const PLACES = {
  "this Node": { path: process.execPath, skip: false, args: [] },
  "Node 24": { ...runtime("node24"), args: [] },
  Bun: { ...runtime("bun"), args: ["run"] },
  Deno: { ...runtime("deno"), args: ["run", "-A", "--quiet", "--node-modules-dir=manual"] },
};
/** A runtime that hangs is stopped after so many ms. */
const PATIENCE_MS = 60_000;

for (const [name, { path, skip, args }] of Object.entries(PLACES)) {
  test(`the client in ${name}: polling, websocket and the upgrade carry text and bytes`, { skip }, async (t) => {
    const server = await serveEcho();
    t.after(() => server.close());
    const app = application();
    t.after(app.remove);
    // The loader that the tests run under is not to help it.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
    const { stdout } = await promisify(execFile)(path, [...args, join(app.folder, "runtime.js"), server.url], {
      cwd: app.folder,
      env,
      timeout: PATIENCE_MS,
    });
    assert.deepEqual(JSON.parse(stdout), [
      conversation("polling"),
      conversation("websocket"),
      conversation("websocket"),
    ]);
    assert.deepEqual(server.began, ["polling", "websocket", "polling"]);
  });
}
