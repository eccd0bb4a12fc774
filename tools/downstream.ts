import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { packAll, runNpm } from "./pack.ts";
import { root } from "./setup.mjs";

/*
 * Installs the programs of tests/downstream, the bundlers of tests/environments and what benches measure over our tarballs, into .cache:
 * outside the workspaces, so that npm links none of them. Third parties come from the lock files there; the tarballs, whose content changes
 * with every build, stand in them without a checksum. Does nothing when lock file and tarballs are those of the last time.
 *
 *   downstream.ts [path…]  install what the tests in these files or folders need; without a path: all
 *   downstream.ts --lock   make the lock files anew, after a change of a package.json in these folders or of our dependencies
 */
interface Tree {
  readonly source: string;
  readonly target: string;
  /** Where its tests are. By default in `source`. */
  readonly tests?: string;
}

const TREES: readonly Tree[] = [
  { source: join(root, "tests", "downstream"), target: join(root, ".cache", "downstream") },
  { source: join(root, "tests", "downstream", "adapters"), target: join(root, ".cache", "downstream-adapters") },
  { source: join(root, "tests", "environments"), target: join(root, ".cache", "environments") },
  {
    source: join(root, "bench", "installed"),
    target: join(root, ".cache", "bench"),
    tests: join(root, "tests", "bench"),
  },
];

interface Lock {
  packages: Record<string, { resolved?: string; integrity?: string }>;
}

const args = process.argv.slice(2);
const paths = args.filter((arg) => arg !== "--lock").map((path) => resolve(path));
const wanted = TREES.filter(
  ({ source, tests = source }) =>
    paths.length === 0 || paths.some((path) => isNear(path, source) || isNear(path, tests)),
);
const packs = wanted.length === 0 ? [] : await packStable();
for (const tree of wanted) {
  if (args.includes("--lock")) await lock(tree);
  else await install(tree);
}

/** Whether a path names files of a tree. */
function isNear(path: string, source: string): boolean {
  return `${path}${sep}`.startsWith(`${source}${sep}`) || source.startsWith(`${path}${sep}`);
}

async function install(tree: Tree): Promise<void> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const path of [...bringFiles(tree, "package.json", "package-lock.json"), ...bringPacks(tree)]) {
    hash.update(readFileSync(path));
  }
  const state = hash.digest("hex");
  const stamp = join(tree.target, "node_modules", ".installed-from");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) return;
  console.log(`Installing ${relative(root, tree.source)} over our tarballs …`);
  await runNpm(["ci", ...quiet(tree)], tree.target);
  writeFileSync(stamp, state);
}

async function lock(tree: Tree): Promise<void> {
  const { source, target } = tree;
  bringFiles(tree, "package.json");
  bringPacks(tree);
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

/** Once for all trees, under names without versions: package.json and the lock files name them. */
async function packStable(): Promise<string[]> {
  const folder = join(root, ".cache", "packs");
  mkdirSync(folder, { recursive: true });
  return [...(await packAll(folder))].map(([name, path]) => {
    const stable = join(folder, `${name}.tgz`);
    renameSync(path, stable);
    return stable;
  });
}

function bringPacks({ target }: Tree): string[] {
  mkdirSync(join(target, "packs"), { recursive: true });
  return packs.map((path) => {
    const copy = join(target, "packs", basename(path));
    copyFileSync(path, copy);
    return copy;
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
