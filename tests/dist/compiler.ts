import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/setup.mjs";

const TSC = {
  "5.9": join(root, "node_modules/typescript-5/lib/tsc.js"),
  "7": join(root, "node_modules/typescript/bin/tsc"),
} as const;

/** A compiler, set as its user sets it, and the ending that makes a source an ES or a CommonJS module. */
export interface Setting {
  readonly compiler: keyof typeof TSC;
  readonly resolution: "node10" | "node16" | "bundler";
  readonly module: "commonjs" | "node16" | "esnext";
  readonly ending: "ts" | "mts" | "cts";
}

export const SETTINGS = {
  "TypeScript 5.9, node10": { compiler: "5.9", resolution: "node10", module: "commonjs", ending: "ts" },
  "TypeScript 5.9, node16 import": { compiler: "5.9", resolution: "node16", module: "node16", ending: "mts" },
  "TypeScript 5.9, node16 require": { compiler: "5.9", resolution: "node16", module: "node16", ending: "cts" },
  "TypeScript 5.9, bundler": { compiler: "5.9", resolution: "bundler", module: "esnext", ending: "ts" },
  "TypeScript 7, node16 import": { compiler: "7", resolution: "node16", module: "node16", ending: "mts" },
  "TypeScript 7, node16 require": { compiler: "7", resolution: "node16", module: "node16", ending: "cts" },
  "TypeScript 7, bundler": { compiler: "7", resolution: "bundler", module: "esnext", ending: "ts" },
} as const satisfies Readonly<Record<string, Setting>>;

export type CompilerOptions = Readonly<Record<string, unknown>>;

/** What the compiler says of an application's file: "" when it is content. */
export function compileText(
  home: string,
  text: string,
  setting: Setting = SETTINGS["TypeScript 7, node16 import"],
  options: CompilerOptions = {},
): Promise<string> {
  return compileFiles(home, { main: text }, setting, options);
}

/**
 * What the compiler says of several files of an application.
 *
 * @param home whose packages they import
 * @param texts by name without the ending; a name that has one (`x.d.ts`) keeps it
 */
export function compileFiles(
  home: string,
  texts: Readonly<Record<string, string>>,
  { compiler, resolution, module, ending }: Setting,
  options: CompilerOptions = {},
): Promise<string> {
  const folder = join(home, "types", `${count++}`);
  mkdirSync(folder, { recursive: true });
  const files = Object.entries(texts).map(([name, text]) => {
    const file = name.includes(".") ? name : `${name}.${ending}`;
    writeFileSync(join(folder, file), text);
    return file;
  });
  const compilerOptions = {
    ...{ target: "es2022", module, moduleResolution: resolution, esModuleInterop: true },
    ...{ strict: true, noEmit: true, skipLibCheck: false, ...options },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC[compiler], "-p", "tsconfig.json"], { cwd: folder }, (error, stdout, stderr) =>
      resolve(stdout + stderr || (error?.message ?? "")),
    );
  });
}

let count = 0;
