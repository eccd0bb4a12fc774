/** The engine in other runtimes: our client there against our server here, and the reverse. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Server } from "engine.io";
import { listen } from "../support/listening.ts";
import { runtime, type RuntimeForTests } from "../support/runtimes.ts";
import type { Client, Report } from "./programs/scenario.mts";

interface Place extends RuntimeForTests {
  /** What the runtime is given before the program. */
  readonly args: readonly string[];
}

/** This Node runs the same programs as well: it needs no download, and tells a fault of theirs from one of a runtime. */
const places: Record<string, Place> = {
  "this Node": { path: process.execPath, skip: false, args: ["--import", "tsx"] },
  "Node 24": { ...runtime("node24"), args: [] },
  Bun: { ...runtime("bun"), args: ["run"] },
  Deno: { ...runtime("deno"), args: ["run", "-A", "--quiet"] },
};

for (const [name, place] of Object.entries(places)) {
  const start = (program: string, ...args: string[]): ChildProcess => {
    const file = fileURLToPath(new URL(`programs/${program}.mts`, import.meta.url));
    return spawn(place.path, [...place.args, file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  };

  describe(`our client in ${name}, our server in this Node`, { skip: place.skip, timeout: 120_000 }, async () => {
    const { MODES, EXPECTED, serveEcho, SERVER_OPTIONS } = await import("./programs/scenario.mts");
    const http = createServer();
    const engine = new Server(SERVER_OPTIONS);
    engine.attach(http);
    serveEcho(engine);
    let reports: Record<string, Report | string> = {};

    before(async () => {
      const port = await listen(http);
      const child = start("client", `http://127.0.0.1:${port}`);
      const output = await everything(child);
      reports = JSON.parse(output) as typeof reports;
    });
    after(() => {
      engine.close();
      http.close();
      http.closeAllConnections();
    });

    for (const [mode, { carrier, needs }] of Object.entries(MODES)) {
      // Node 20 has no WebSocket of its own.
      if (name === "this Node" && needs && !(needs in globalThis)) continue;
      test(mode, () => assert.deepEqual(reports[mode], { transport: carrier, ...EXPECTED }));
    }
  });

  describe(`our server in ${name}, our client in this Node`, { skip: place.skip, timeout: 120_000 }, async () => {
    const { MODES, EXPECTED, converse } = await import("./programs/scenario.mts");
    const client = createRequire(import.meta.url)("engine.io-client") as Client;
    let child: ChildProcess;
    let url: string;

    before(async () => {
      child = start("server");
      const [port] = (await once(child.stdout!, "data")) as [Buffer];
      url = `http://127.0.0.1:${Number(String(port))}`;
    });
    after(async () => {
      const ended = once(child, "close");
      child.stdin!.end();
      await ended;
    });

    for (const [mode, { carrier, needs }] of Object.entries(MODES)) {
      if (needs && !(needs in globalThis)) continue;
      test(mode, async () => {
        assert.deepEqual(await converse(client, url, mode), { transport: carrier, ...EXPECTED });
      });
    }
  });
}

async function everything(child: ChildProcess): Promise<string> {
  let output = "";
  child.stdout!.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0);
  return output;
}
