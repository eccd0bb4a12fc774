import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { findRuntime, RUNTIMES } from "../../tools/runtimes.mjs";
import { runtime } from "../support/runtimes.ts";

describe("runtimes that are fetched for tests", () => {
  const before = process.env["TEST_RUNTIMES"];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "runtimes-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env["TEST_RUNTIMES"];
    else process.env["TEST_RUNTIMES"] = before;
  });

  function fetched(version: string): string {
    const at = join(folder, "deno", "node_modules", RUNTIMES.deno.package);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, "package.json"), JSON.stringify({ version }));
    writeFileSync(join(at, "deno"), "");
    return join(at, "deno");
  }

  test("are found in the version that is pinned", () => {
    const path = fetched(RUNTIMES.deno.version);
    assert.equal(findRuntime("deno", folder), path);
  });

  test("are not found in another version, so that it is replaced", () => {
    fetched("2.9.6");
    assert.equal(findRuntime("deno", folder), null);
    assert.equal(findRuntime("bun", folder), null);
  });

  test("are used only in runs that name them; the others say why their tests are skipped", () => {
    process.env["TEST_RUNTIMES"] = "";
    assert.deepEqual(runtime("deno"), { path: "", skip: "only npm run test:all uses it" });
    process.env["TEST_RUNTIMES"] = "bun,deno";
    assert.notEqual(runtime("deno").skip, "only npm run test:all uses it");
  });
});
