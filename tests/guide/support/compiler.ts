import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../../tools/setup.mjs";

/** Files lie here while they run: below the repository, so that they find its packages by name as users do. */
export const FOLDER = join(root, ".cache", `guide-${process.pid}`);

let count = 0;

/** @param extension tells Node and the compiler what kind of module it is */
export function writeInFolder(name: string, extension: string, text: string): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}-${count++}.${extension}`);
  writeFileSync(file, text);
  return file;
}

export function clearFolder(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}

/**
 * What TypeScript says of a file, "" when it is content. It reads our types as a strict user's compiler does, and leaves
 * the JavaScript beside the file.
 */
export function compilerSays(file: string): Promise<string> {
  const config = writeInFolder("tsconfig", "json", JSON.stringify({ compilerOptions: STRICT, files: [file] }));
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC, "-p", config], { cwd: dirname(file) }, (error, stdout, stderr) =>
      resolve(stdout + stderr || (error?.message ?? "")),
    );
  });
}

const TSC = join(root, "node_modules/typescript/bin/tsc");

const STRICT = {
  ...{ target: "es2022", module: "nodenext", moduleResolution: "nodenext", rootDir: "." },
  ...{ lib: ["es2022", "dom"], types: ["node"], strict: true, skipLibCheck: false },
};
