import assert from "node:assert/strict";
import { test } from "node:test";
import { findTool, TOOLS } from "../../tools/find-tool.mjs";
import { freePort } from "../support/free-port.ts";
import { versionOf } from "./support/installation.ts";
import { SERVER, startProgram } from "./support/program.ts";

/** What Karma's run of its one test gave. */
interface Run {
  results: { description: string; success: boolean; log: string[] }[];
  exitCode: number;
  success: number;
  failed: number;
  disconnected: boolean;
}

const FLAGS = [
  "--no-sandbox", // as root Chromium refuses to start with it; the page is our own
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0", // the launcher's own choice is one port for all
];

const chromium = findTool("chromium");
const missing = `Chromium is missing. ${TOOLS.chromium.howTo}`;
const skip = chromium === null && process.env["CI"] !== "true" ? missing : false;

test(
  "Karma runs a test in Chromium over our server and its bundle, also after the line was cut, and stops",
  { skip },
  async (t) => {
    assert.ok(chromium !== null, missing);
    const program = await startProgram(t, "karma.mjs", [...SERVER], {
      CHROME_BIN: chromium,
      CHROME_FLAGS: JSON.stringify(FLAGS),
      KARMA_PORT: String(await freePort()),
    });
    await program.ask("start");
    assertGood(await program.ask<Run>("run", 0));

    // The page comes back over the same sockets, and says that it is no new page.
    const back = await program.ask<{ id: string; isSocketReconnect: boolean }>("cut");
    assert.equal(back.isSocketReconnect, true);
    assertGood(await program.ask<Run>("run", 1));

    assert.equal(await program.ask("stop"), 0);
  },
);

function assertGood(run: Run): void {
  const { results, ...outcome } = run;
  assert.deepEqual(outcome, { exitCode: 0, success: 1, failed: 0, disconnected: false });
  assert.equal(results.length, 1);
  assert.deepEqual(JSON.parse(results[0]!.log[0]!), {
    script: "/socket.io/socket.io.min.js",
    banner: `/*! socket.io-client v${versionOf("socket.io-client")} | MIT */`,
    isGlobal: true,
    connected: true,
    reconnectionDelayMax: "Infinity",
  });
}
