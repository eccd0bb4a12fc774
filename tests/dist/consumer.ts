import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { packAll, runNpm } from "../../tools/pack.ts";

/** An application of somebody else: an empty folder outside the workspaces into which our tarballs were installed. */
export interface Consumer {
  readonly folder: string;
  readonly tarballs: ReadonlyMap<string, string>;
  /** Absolute path of a file inside an installed package, whether or not its `exports` lets it through. */
  path(packageName: string, file: string): string;
  manifest(packageName: string): Manifest;
  write(file: string, text: string): string;
  /** Runs a program of the application with plain Node. It prints one JSON value. */
  run(file: string, program: string): Promise<unknown>;
}

export interface Manifest {
  readonly [field: string]: unknown;
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

let made: Promise<Consumer> | undefined;

/** One for all tests of this process: packing and installing takes seconds. */
export function consumer(): Promise<Consumer> {
  return (made ??= make());
}

const home = mkdtempSync(join(tmpdir(), "consumer-"));
after(() => rmSync(home, { recursive: true, force: true }));

async function make(): Promise<Consumer> {
  const folder = join(home, "app");
  const packs = join(home, "packs");
  mkdirSync(folder);
  mkdirSync(packs);
  const write = (file: string, text: string): string => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const path = (packageName: string, file: string): string => join(folder, "node_modules", packageName, file);

  write("package.json", JSON.stringify({ name: "app", private: true, type: "commonjs" }));
  const tarballs = await packAll(packs);
  const quiet = [
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--ignore-scripts",
    "--prefer-offline",
    "--loglevel=error",
  ];
  await runNpm(["install", "--prefix", folder, ...quiet, ...tarballs.values()], folder);

  return {
    folder,
    tarballs,
    path,
    write,
    manifest: (packageName) => createRequire(write("index.js", ""))(path(packageName, "package.json")) as Manifest,
    run: (file, program) => runProgram(write(file, program), folder),
  };
}

function runProgram(path: string, cwd: string): Promise<unknown> {
  // The loader that the tests run under is not to help the application.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [path], { cwd, env, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${path} failed: ${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout));
    });
  });
}
