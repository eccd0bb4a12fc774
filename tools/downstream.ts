import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packAll, runNpm } from "./pack.ts";
import { root } from "./setup.mjs";

/*
 * Installs the programs of tests/downstream over our tarballs, into .cache/downstream: outside the workspaces, so that npm links
 * none of them. Third parties come from the lock file of tests/downstream; the tarballs, whose content changes with every build,
 * stand in it without a checksum. Does nothing when lock file and tarballs are those of the last time.
 *
 *   downstream.ts          install
 *   downstream.ts --lock   make the lock file anew, after a change of tests/downstream/package.json or of our dependencies
 */
const SOURCE = join(root, "tests", "downstream");
const TARGET = join(root, ".cache", "downstream");
const STAMP = join(TARGET, "node_modules", ".installed-from");
const QUIET = ["--prefix", TARGET, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

interface Lock {
  packages: Record<string, { resolved?: string; integrity?: string }>;
}

if (process.argv.includes("--lock")) await lock();
else await install();

async function install(): Promise<void> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const path of [...bringFiles("package.json", "package-lock.json"), ...(await packStable())]) {
    hash.update(readFileSync(path));
  }
  const wanted = hash.digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  console.log("Installing the programs of tests/downstream over our tarballs …");
  await runNpm(["ci", ...QUIET], TARGET);
  writeFileSync(STAMP, wanted);
}

async function lock(): Promise<void> {
  bringFiles("package.json");
  await packStable();
  // What an earlier install left would be kept.
  for (const name of ["node_modules", "package-lock.json"])
    rmSync(join(TARGET, name), { recursive: true, force: true });
  await runNpm(["install", "--package-lock-only", "--omit-lockfile-registry-resolved", ...QUIET], TARGET);
  const made = JSON.parse(readFileSync(join(TARGET, "package-lock.json"), "utf8")) as Lock;
  for (const entry of Object.values(made.packages)) {
    if (entry.resolved?.startsWith("file:")) delete entry.integrity;
  }
  writeFileSync(join(SOURCE, "package-lock.json"), `${JSON.stringify(made, null, 2)}\n`);
  // An incomplete lock file is noticed by `npm ci` alone.
  await install();
}

/** Packs into packs/, under names without versions: package.json and the lock file name them. */
async function packStable(): Promise<string[]> {
  const packs = join(TARGET, "packs");
  mkdirSync(packs, { recursive: true });
  return [...(await packAll(packs))].map(([name, path]) => {
    const stable = join(packs, `${name}.tgz`);
    renameSync(path, stable);
    return stable;
  });
}

function bringFiles(...names: string[]): string[] {
  mkdirSync(TARGET, { recursive: true });
  return names.map((name) => {
    copyFileSync(join(SOURCE, name), join(TARGET, name));
    return join(TARGET, name);
  });
}
