import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";

const require = createRequire(import.meta.url);
const fromPeers = createRequire(new URL("../../../peers/package.json", import.meta.url));

/** What applications import by name, in alphabetical order. */
const NAMES = ["Server", "Socket", "Transport", "attach", "listen", "parser", "protocol", "transports", "uServer"];

/** Ours, and upstream's as the referee. */
const PACKAGES = { ours: require, upstream: fromPeers };

for (const [whose, requireFrom] of Object.entries(PACKAGES)) {
  const main = requireFrom.resolve("engine.io");

  describe(`the package engine.io, ${whose}`, () => {
    test("gives these names by require, and is no function", () => {
      const module = requireFrom("engine.io") as Record<string, unknown>;
      assert.deepEqual(Object.keys(module).sort(), NAMES);
      assert.deepEqual([module["__esModule"], typeof module], [true, "object"]);
    });

    test("gives the same names by import, and no default", async () => {
      const wrapper = new URL("../wrapper.mjs", `file://${main}`).href;
      const module = (await import(wrapper)) as Record<string, unknown>;
      assert.deepEqual(Object.keys(module).sort(), NAMES);
      const required = requireFrom("engine.io") as Record<string, unknown>;
      for (const name of NAMES) assert.equal(module[name], required[name], name);
    });

    test("has one entry, and nothing below it can be loaded", () => {
      for (const path of ["package.json", "build/engine.io.js", "build/server.js", "wrapper.mjs"]) {
        assert.throws(() => requireFrom.resolve(`engine.io/${path}`), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" }, path);
      }
      assert.match(main, /\/engine\.io\/build\/engine\.io\.js$/);
    });

    test("exports these types besides", (t) => {
      const types = ["AttachOptions", "ServerOptions", "BaseServer", "ErrorCallback"];
      const faults = compile(
        t,
        `import type { ${[...NAMES, ...types, "Unknown"].join(", ")} } from ${JSON.stringify(main)};`,
      );
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0]!, /no exported member '?"?Unknown/);
    });
  });
}

/** What the compiler has against a module. */
function compile(t: TestContext, source: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "module.mts"), source);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  const options = ["--noEmit", "--skipLibCheck", "--module", "nodenext", "--pretty", "false"];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, "module.mts"], { cwd: folder, encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.includes("error TS"));
}
