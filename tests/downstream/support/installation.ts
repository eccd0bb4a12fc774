/** Where the programs of other people are installed over our tarballs, and what has to be there. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../tools/setup.mjs";

/** Our packages that the programs get, at the top of the tree. socket.io-redis is a manifest alone so far. */
export const OURS = [
  "engine.io",
  "engine.io-client",
  "engine.io-parser",
  "socket.io",
  "socket.io-adapter",
  "socket.io-client",
  "socket.io-msgpack-parser",
  "socket.io-parser",
] as const;

const HOME = join(root, ".cache", "downstream");

/** Fails with what to do where nothing is installed. */
export function installation(): string {
  assert.ok(
    existsSync(join(HOME, "node_modules", ".installed-from")),
    "The programs are not installed. `npm test -- tests/downstream` does it.",
  );
  return realpathSync(HOME);
}

export function versionOf(name: string): string {
  return (JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as { version: string })
    .version;
}

/** A package, as it is found by somebody or running in a process. */
export interface Found {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly dependent?: string;
}

/** Each is the copy at the top of the installation, of the version that is built here. */
export function assertOurs(found: readonly Found[]): void {
  for (const { name, version, folder, dependent } of found) {
    const label = dependent === undefined ? name : `${name}, as ${dependent} finds it`;
    assert.equal(folder, join(installation(), "node_modules", name), label);
    assert.equal(version, versionOf(name), label);
  }
}
