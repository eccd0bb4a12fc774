import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packages } from "../../tools/packages.ts";
import { root } from "../../tools/setup.mjs";
import { consumer } from "./consumer.ts";

const ATTW = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");

/**
 * An ES module with the ending .js in a CommonJS package, which Node.js would misread: a browser's file, at the path that row
 * E-69 gives it. Node.js has the package's main entry.
 */
const BROWSERS_ONLY = ["exports ./dist/engine.io.esm.min.js"];

describe("linters of packages", () => {
  for (const { name } of packages) {
    test(`publint finds nothing wrong with ${name}`, async () => {
      const app = await consumer();
      const tarball = new Uint8Array(readFileSync(app.tarballs.get(name)!)).buffer;
      const { messages, pkg } = await publint({ pack: { tarball }, level: "warning", strict: true });
      const faults = messages.filter((message) => !BROWSERS_ONLY.includes(message.path.join(" ")));
      assert.deepEqual(
        faults.map((message) => formatMessage(message, pkg)),
        [],
      );
    });
  }

  for (const { name, kind } of packages) {
    if (kind === "manifest") continue;
    test(`attw finds the types of ${name} right for Node.js and bundlers`, async () => {
      const app = await consumer();
      const bundles = Object.keys(app.manifest(name).exports ?? {}).filter((path) => path.startsWith("./dist/"));
      const { status, output } = await attw([
        app.tarballs.get(name)!,
        "--profile=node16",
        "--ignore-rules=missing-export-equals",
        "--format=ascii",
        "--no-color",
        "--no-emoji",
        ...(bundles.length > 0 ? ["--exclude-entrypoints", ...bundles] : []),
      ]);
      assert.equal(status, 0, output);
      // It is content, too, with a package that has no types at all.
      assert.doesNotMatch(output, /does not contain types/);
    });
  }
});

function attw(args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [ATTW, ...args], (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? 1, output: stdout + stderr });
    });
  });
}
