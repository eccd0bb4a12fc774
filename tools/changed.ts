import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesBelow } from "./files.ts";
import { packages, type PackageBuild } from "./packages.ts";
import { root } from "./setup.mjs";

/*
 * Which packages need a build: a stamp per package holds a hash of its sources, of the build itself and of the packages
 * that it is built from.
 */

export function needsBuild(pkg: PackageBuild): boolean {
  const stamp = stampFile(pkg.name);
  if (!existsSync(join(root, "packages", pkg.name, pkg.cjs!))) return true;
  return !existsSync(stamp) || readFileSync(stamp, "utf8") !== sourceHash(pkg.name);
}

export function markBuilt(pkg: PackageBuild): void {
  mkdirSync(dirname(stampFile(pkg.name)), { recursive: true });
  writeFileSync(stampFile(pkg.name), sourceHash(pkg.name));
}

export function forgetBuild(pkg: PackageBuild): void {
  rmSync(stampFile(pkg.name), { force: true });
}

function stampFile(name: string): string {
  return join(root, ".cache/build", name);
}

/** Of the build and of what all packages share. */
const COMMON = [
  ...["build", "mangling", "module-resolution", "packages", "whole-files"].map((name) => `tools/${name}.ts`),
  ...["tsconfig.base.json", "package-lock.json"],
];

function sourceHash(name: string): string {
  const folder = join(root, "packages", name);
  const hash = createHash("sha256");
  const files = [
    ...COMMON.map((file) => join(root, file)),
    join(folder, "package.json"),
    join(folder, "tsconfig.json"),
    ...filesBelow(join(folder, "src")).toSorted(),
  ];
  for (const file of files) {
    if (existsSync(file)) hash.update(`${file}\n`).update(readFileSync(file));
  }
  for (const part of madeFrom(name)) hash.update(sourceHash(part));
  return hash.digest("hex");
}

/** Ours among the dependencies, whose types and sources go into the build; and the browser files that the server carries. */
function madeFrom(name: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  const ours = packages.map((pkg) => pkg.name).filter((ourName) => manifest.dependencies?.[ourName] !== undefined);
  return name === "socket.io" ? [...ours, "socket.io-client"] : ours;
}
