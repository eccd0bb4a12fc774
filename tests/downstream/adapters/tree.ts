/** Where the adapters of other makes are installed over our tarballs, and proof of what is loaded from there. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { root } from "../../../tools/setup.mjs";

const HOME = join(root, ".cache", "downstream-adapters");

/** Fails with what to do where nothing is installed. */
export function home(): string {
  assert.ok(
    existsSync(join(HOME, "node_modules", ".installed-from")),
    "The adapters are not installed. `npm test -- tests/downstream` does it.",
  );
  return realpathSync(HOME);
}

/** Loads a package of the tree. `any`: packages of many makes, whose types are those of other servers. */
// oxlint-disable-next-line typescript/no-explicit-any
export const load: (name: string) => any = createRequire(join(home(), "package.json"));

export interface Place {
  readonly name: string;
  readonly version: string;
  /** Below node_modules of the tree. */
  readonly folder: string;
}

/** The package itself. */
export function placeOf(name: string): Place {
  return describe(join(home(), "node_modules", name));
}

/** What a package gets when it requires another one. */
export function placeFor(dependent: string, name: string): Place {
  return placeFrom(join(home(), "node_modules", dependent), name);
}

/** Every package that a file was loaded from, by these names inside. */
export function loadedPlaces(...names: readonly string[]): Place[] {
  const folders = new Set(
    Object.keys(load("node:module")._cache as object)
      .filter((file) => file.startsWith(join(home(), "node_modules")))
      .map(folderOf),
  );
  return [...folders].map(describe).filter(({ name }) => names.includes(name));
}

export function ourVersion(name: string): string {
  const manifest = readFileSync(join(root, "packages", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** The server and what it consists of are ours, each of them once, out of the tarballs. */
export function assertServerIsOurs(): void {
  load("socket.io");
  for (const name of ["socket.io", "engine.io", "engine.io-parser", "socket.io-parser"]) {
    assert.deepEqual(
      loadedPlaces(name).filter(({ folder }) => folder === name),
      [{ name, version: ourVersion(name), folder: name }],
    );
  }
}

export const OUR_BASE: Place = {
  name: "socket.io-adapter",
  version: ourVersion("socket.io-adapter"),
  folder: "socket.io-adapter",
};

function placeFrom(folder: string, name: string): Place {
  return describe(folderOf(createRequire(join(folder, "package.json")).resolve(name)));
}

function folderOf(file: string): string {
  for (let folder = dirname(realpathSync(file)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name) return folder;
  }
  throw new Error(`${file} belongs to no package`);
}

function describe(folder: string): Place {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Place;
  return { name, version, folder: realpathSync(folder).slice(join(home(), "node_modules").length + 1) };
}
