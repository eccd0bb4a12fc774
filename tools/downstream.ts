import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packAll, runNpm } from "./pack.ts";
import { root } from "./setup.mjs";

/*
 * Installs the programs of tests/downstream and the bundlers of tests/environments over our tarballs, into .cache: outside the
 * workspaces, so that npm links none of them. Third parties come from the lock files there; the tarballs, whose content changes
 * with every build, stand in them without a checksum. Does nothing when lock file and tarballs are those of the last time.
 *
 *   downstream.ts [path…]  install what the tests in these files or folders need; without a path: all
 *   downstream.ts --lock   make the lock files anew, after a change of a package.json in these folders or of our dependencies
 */
interface Tree {
  readonly source: string;
  readonly target: string;
}

const TREES: readonly Tree[] = [
  { source: join(root, "tests", "downstream"), target: join(root, ".cache", "downstream") },
  { source: join(root, "tests", "downstream", "adapters"), target: join(root, ".cache", "downstream-adapters") },
  { source: join(root, "tests", "environments"), target: join(root, ".cache", "environments") },
];

interface Lock {
  packages: Record<string, { resolved?: string; integrity?: string }>;
}

for (const tree of TREES) {
  if (process.argv.includes("--lock")) await lock(tree);
  else await install(tree);
}

async function install(tree: Tree): Promise<void> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const path of [...bringFiles(tree, "package.json", "package-lock.json"), ...(await packStable(tree))]) {
    hash.update(readFileSync(path));
  }
  const wanted = hash.digest("hex");
  const stamp = join(tree.target, "node_modules", ".installed-from");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log(`Installing ${relative(root, tree.source)} over our tarballs …`);
  await runNpm(["ci", ...quiet(tree)], tree.target);
  writeFileSync(stamp, wanted);
}

async function lock(tree: Tree): Promise<void> {
  const { source, target } = tree;
  bringFiles(tree, "package.json");
  await packStable(tree);
  // What an earlier install left would be kept.
  for (const name of ["node_modules", "package-lock.json"])
    rmSync(join(target, name), { recursive: true, force: true });
  await runNpm(["install", "--package-lock-only", "--omit-lockfile-registry-resolved", ...quiet(tree)], target);
  const made = JSON.parse(readFileSync(join(target, "package-lock.json"), "utf8")) as Lock;
  for (const entry of Object.values(made.packages)) {
    if (entry.resolved?.startsWith("file:")) delete entry.integrity;
  }
  writeFileSync(join(source, "package-lock.json"), `${JSON.stringify(made, null, 2)}\n`);
  // An incomplete lock file is noticed by `npm ci` alone.
  await install(tree);
}

/** Packs into packs/, under names without versions: package.json and the lock file name them. */
async function packStable({ target }: Tree): Promise<string[]> {
  const packs = join(target, "packs");
  mkdirSync(packs, { recursive: true });
  return [...(await packAll(packs))].map(([name, path]) => {
    const stable = join(packs, `${name}.tgz`);
    renameSync(path, stable);
    return stable;
  });
}

function bringFiles({ source, target }: Tree, ...names: string[]): string[] {
  mkdirSync(target, { recursive: true });
  return names.map((name) => {
    copyFileSync(join(source, name), join(target, name));
    return join(target, name);
  });
}

function quiet({ target }: Tree): string[] {
  return ["--prefix", target, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
}
