import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { importsOf, statementsBesideExports, type ImportOf } from "./module-syntax.ts";
import { packages } from "./packages.ts";
import { root } from "./setup.mjs";
import type { CheckOutcome } from "./checks.ts";

/** What a package may import from ours: dependencies point down. A subpath allows that subpath alone. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "engine.io-parser": [],
  "socket.io-parser": ["engine.io-parser/emitter"],
  "socket.io-msgpack-parser": ["engine.io-parser/emitter", "socket.io-parser"],
  "socket.io-adapter": ["socket.io-parser"],
  "engine.io": ["engine.io-parser"],
  "engine.io-client": ["engine.io-parser"],
  "socket.io-client": ["engine.io-client", "engine.io-parser/emitter", "socket.io-parser"],
  "socket.io": [
    "engine.io",
    "engine.io-parser/session",
    "socket.io-adapter",
    "socket.io-adapter/dist/ipc",
    "socket.io-parser",
  ],
  "socket.io-redis": [
    "socket.io-adapter",
    "socket.io-adapter/dist/cluster",
    "socket.io-msgpack-parser/build/codec/decode.js",
    "socket.io-msgpack-parser/build/codec/encode.js",
    "socket.io-parser",
  ],
};

/**
 * Protocol code: no sockets and no clock. Where bytes have a faster way in Node, the file says so in its name; frames of
 * WebSocket are made and read in Node alone.
 */
const PURE = ["engine.io-parser", "socket.io-parser"];
const HOST_FILES = /(^|\/)(base64|framing)[^/]*\.ts$|\.node\.ts$|\/engine\.io-parser\/src\/websocket\//;
const CLOCKS = /\b(setTimeout|setInterval|setImmediate|requestAnimationFrame|Date\.now|performance\.now)\b/;

interface SourceFile {
  readonly package: string;
  readonly path: string;
  readonly text: string;
  readonly imports: readonly ImportOf[];
}

export function checkImports(): CheckOutcome {
  const faults = importFaults(packages.flatMap((pkg) => sourcesOf(pkg.name)));
  return { ok: faults.length === 0, output: faults.join("\n") };
}

export function importFaults(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(faultsOfFile), ...cycles(files)];
}

/** `path` counts from the package's `src`. */
export function sourceFile(packageName: string, path: string, text: string): SourceFile {
  const full = join(root, "packages", packageName, "src", path);
  return { package: packageName, path: full, text, imports: importsOf(full, text) };
}

function faultsOfFile(file: SourceFile): string[] {
  const faults: string[] = [];
  const say = (what: string) => faults.push(`${show(file.path)}: ${what}`);
  const declared = dependenciesOf(file.package);
  for (const { from } of file.imports) {
    const name = packageName(from);
    if (from.startsWith("node:")) {
      if (PURE.includes(file.package) && !HOST_FILES.test(show(file.path))) say(`protocol code imports ${from}`);
    } else if (from.startsWith(".")) {
      if (!resolve(dirname(file.path), from).startsWith(join(root, "packages", file.package, "src")))
        say(`imports ${from}, outside its package's sources`);
    } else if (ALLOWED[name] !== undefined) {
      const allowed = ALLOWED[file.package] ?? [];
      if (!allowed.includes(name) && !allowed.includes(from)) say(`${file.package} may not import ${from}`);
      if (!declared.has(name)) say(`imports ${from}, which is no dependency of ${file.package}`);
    } else if (!declared.has(name)) {
      say(`imports ${from}, which is no dependency of ${file.package}`);
    }
  }
  const clock = PURE.includes(file.package) ? CLOCKS.exec(withoutComments(file.text)) : null;
  if (clock !== null) say(`protocol code knows no clock, but uses ${clock[1]}`);
  if (file.path.endsWith(`${sep}index.ts`)) {
    for (const line of statementsBesideExports(file.path, file.text))
      say(`index.ts only re-exports, but line ${line} does more`);
  }
  return faults;
}

/** Files that need each other at run time. Types may point both ways: they are gone before anything is loaded. */
function cycles(files: readonly SourceFile[]): string[] {
  const next = new Map(
    files.map((file) => [file.path, file.imports.filter((i) => !i.typeOnly).map((i) => target(file, i.from))]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) found.push(`files import each other: ${[...trail.slice(start), path].map(show).join(" → ")}`);
    if (start !== -1 || done.has(path)) return;
    for (const other of next.get(path) ?? []) {
      if (other !== null) walk(other, [...trail, path]);
    }
    done.add(path);
  };
  for (const file of files) walk(file.path, []);
  return found;
}

function target(file: SourceFile, from: string): string | null {
  return from.startsWith(".") ? resolve(dirname(file.path), from.replace(/\.js$/, ".ts")) : null;
}

function sourcesOf(name: string): SourceFile[] {
  const folder = join(root, "packages", name, "src");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((entry) => entry.endsWith(".ts"))
    .map((entry) => sourceFile(name, entry, readFileSync(join(folder, entry), "utf8")));
}

function dependenciesOf(name: string): Set<string> {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  return new Set(Object.keys(manifest.dependencies ?? {}));
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

function show(path: string): string {
  return relative(root, path).split(sep).join("/");
}
