import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { findOnPath, findTool, TOOLS } from "./find-tool.mjs";

/*
 * What `npm start`, `npm test` and `npm run check` do before their own work. Runs on a machine that has Node and nothing
 * else, so nothing here may come from node_modules.
 */

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const LEAST_NODE = /** @type {const} */ ([20, 19]);

/** Ends the process with one clear line on a Node that is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  console.error(`Node.js ${LEAST_NODE.join(".")} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

/**
 * Installs the packages of the lock file, unless node_modules was made from this very lock file.
 *
 * @param {string} [folder] the repository, or a folder with a lock file of its own
 */
export function installPackages(folder = ".") {
  const at = join(root, folder);
  const stamp = join(at, "node_modules", ".installed-from");
  const wanted = lockHash(at);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log(`Installing the packages of ${folder === "." ? "the repository" : folder} …`);
  npm(["ci", "--prefix", at, "--no-audit", "--no-fund", "--loglevel=error"]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** @param {string} folder */
function lockHash(folder) {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  // Line ends differ between checkouts, the packages do not.
  hash.update(readFileSync(join(folder, "package-lock.json"), "utf8").replaceAll("\r\n", "\n"));
  return hash.digest("hex");
}

/**
 * Sees to the programs that the tests drive: installs them where that is possible and allowed, otherwise says what is
 * missing. With CI=true a missing program ends the run.
 *
 * @param {readonly import("./find-tool.mjs").ToolName[]} names
 */
export function provideTools(names) {
  let missing = names.filter((name) => findTool(name) === null);
  if (missing.length > 0 && mayInstall()) {
    installWithApt(missing.flatMap((name) => TOOLS[name].apt));
    missing = names.filter((name) => findTool(name) === null);
  }
  for (const name of missing) {
    console.log(`${name} is missing; the tests that need it are skipped. ${TOOLS[name].howTo}`);
  }
  if (missing.length > 0 && process.env["CI"] === "true") {
    console.error(`CI=true allows no skips, and ${missing.join(", ")} could not be had.`);
    process.exit(1);
  }
}

function mayInstall() {
  return process.getuid?.() === 0 && !process.env["NO_SYSTEM_INSTALL"] && findOnPath("apt-get") !== null;
}

/** @param {readonly string[]} packages */
function installWithApt(packages) {
  console.log(`Installing ${packages.join(", ")} with apt-get …`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    encoding: /** @type {const} */ ("utf8"),
  };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const run = spawnSync("apt-get", args, options);
    if (run.status !== 0) console.log(`apt-get ${args[0]} failed: ${run.stderr || run.error?.message}`);
  }
}

/** Builds the packages whose sources changed since the last build. Ends the process when that fails. */
export function build() {
  const status = runTypeScript("tools/build.ts", ["--changed"]);
  if (status !== 0) {
    console.error("The build failed.");
    process.exit(status);
  }
}

/**
 * Installs the programs of tests/downstream and tests/environments, and what benches measure, over what was built. Ends the process when that fails.
 *
 * @param {readonly string[]} paths the files and folders that are to be tested; none: all
 */
export function provideDownstream(paths) {
  const status = runTypeScript("tools/downstream.ts", paths);
  if (status !== 0) {
    console.error("What tests and benches need of our tarballs could not be installed.");
    process.exit(status);
  }
}

/**
 * Runs one of our TypeScript files in a Node of its own and returns its exit status.
 *
 * @param {string} file path below the root of the repository
 * @param {readonly string[]} [args]
 */
export function runTypeScript(file, args = []) {
  const run = spawnSync(process.execPath, ["--import", "tsx", join(root, file), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (run.error) throw run.error;
  return run.status ?? 1;
}

/** @param {readonly string[]} args */
function npm(args) {
  const run = runNpm(args, root);
  if (run.status === 0) return;
  console.error(`npm ${args[0]} failed${run.error ? `: ${run.error.message}` : ""}`);
  process.exit(run.status || 1);
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 */
export function runNpm(args, cwd) {
  const cli = npmCli();
  if (cli !== null) return spawnSync(process.execPath, [cli, ...args], { cwd, stdio: "inherit" });
  // Windows starts a .cmd file through a shell only. The arguments are ours: nothing to quote but the folder.
  const shell = process.platform === "win32";
  return spawnSync(shell ? "npm.cmd" : "npm", args.map(quoted), { cwd, stdio: "inherit", shell });
}

/** The npm that runs us, or the one that came with this Node; null: look on PATH. */
export function npmCli() {
  const running = process.env["npm_execpath"];
  if (running?.endsWith("npm-cli.js")) return running;
  const beside = dirname(process.execPath);
  const usual = [
    join(beside, "node_modules/npm/bin/npm-cli.js"),
    join(beside, "../lib/node_modules/npm/bin/npm-cli.js"),
  ];
  return usual.find((path) => existsSync(path)) ?? null;
}

/** @param {string} arg */
function quoted(arg) {
  return process.platform === "win32" && arg.includes(" ") ? `"${arg}"` : arg;
}
