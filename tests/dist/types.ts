import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, test } from "node:test";
import { root } from "../../tools/setup.mjs";
import { importsOf } from "../../tools/module-syntax.ts";
import { packages } from "../../tools/packages.ts";
import { readTarball, type PackedFile } from "../../tools/tarball.ts";
import { consumer, type Consumer, type Manifest } from "./consumer.ts";

const TSC = {
  "5.9": join(root, "node_modules/typescript-5/lib/tsc.js"),
  "7": join(root, "node_modules/typescript/bin/tsc"),
} as const;

/** A compiler, set as its user sets it, and the file name that makes the source an ES or a CommonJS module. */
interface Setting {
  readonly compiler: keyof typeof TSC;
  readonly resolution: "node10" | "node16" | "bundler";
  readonly module: "commonjs" | "node16" | "esnext";
  readonly file: "main.ts" | "main.mts" | "main.cts";
}

const SETTINGS: Readonly<Record<string, Setting>> = {
  "TypeScript 5.9, node10": { compiler: "5.9", resolution: "node10", module: "commonjs", file: "main.ts" },
  "TypeScript 5.9, node16 import": { compiler: "5.9", resolution: "node16", module: "node16", file: "main.mts" },
  "TypeScript 5.9, node16 require": { compiler: "5.9", resolution: "node16", module: "node16", file: "main.cts" },
  "TypeScript 5.9, bundler": { compiler: "5.9", resolution: "bundler", module: "esnext", file: "main.ts" },
  "TypeScript 7, node16 import": { compiler: "7", resolution: "node16", module: "node16", file: "main.mts" },
  "TypeScript 7, node16 require": { compiler: "7", resolution: "node16", module: "node16", file: "main.cts" },
  "TypeScript 7, bundler": { compiler: "7", resolution: "bundler", module: "esnext", file: "main.ts" },
};

const CLIENT_PACKAGES = ["socket.io-client", "engine.io-client", "socket.io-parser", "engine.io-parser"];

describe("types of the installed packages", () => {
  for (const [name, setting] of Object.entries(SETTINGS)) {
    test(`${name}: an application of server, client, engine, parsers and adapter compiles`, async () => {
      const app = await consumer();
      // The application itself uses node:http, so it names the types that our packages brought along.
      assert.equal(await compile(app.folder, "application", setting, { lib: ["es2022"], types: ["node"] }), "");
    });

    test(`${name}: a page compiles that has the client and nothing else`, async () => {
      const page = await pageWithClientOnly();
      assert.equal(await compile(page, "browser-page", setting, { lib: ["es2022", "dom"], types: [] }), "");
    });
  }

  test("TypeScript 5.9, node10: every deep type path that applications use is there", async () => {
    const app = await consumer();
    const setting = SETTINGS["TypeScript 5.9, node10"]!;
    assert.equal(await compile(app.folder, "deep-paths", setting, { lib: ["es2022"], types: ["node"] }), "");
  });

  test("TypeScript 5.9: the compiler's defaults suffice", async () => {
    const app = await consumer();
    assert.equal(await compile(app.folder, "application", SETTINGS["TypeScript 5.9, node16 import"]!, {}), "");
  });

  test("TypeScript 7: the compiler's defaults suffice for a server that uses nothing of Node.js itself", async () => {
    const app = await consumer();
    assert.equal(await compile(app.folder, "small-server", SETTINGS["TypeScript 7, node16 import"]!, {}), "");
  });

  test("whatever our types import is a dependency of the package, the types of Node.js included", async () => {
    const app = await consumer();
    for (const { name } of packages) {
      const dependencies = Object.keys(app.manifest(name).dependencies ?? {});
      const files = readTarball(app.tarballs.get(name)!).filter(({ path }) => /\.d\.m?ts$/.test(path));
      for (const { path, content } of reachable(files, app.manifest(name))) {
        for (const needed of packagesNeededBy(path, content.toString(), app)) {
          assert.ok(needed === name || dependencies.includes(needed), `${name}/${path} needs ${needed}`);
        }
      }
    }
  });

  test("an application that misuses the types does not compile", async () => {
    const app = await consumer();
    const output = await compile(
      app.folder,
      "application",
      SETTINGS["TypeScript 7, bundler"]!,
      { types: ["node"] },
      (text) =>
        text.replace(
          'socket.on("message", (text, delivered) => {',
          'socket.on("message", (text: number, delivered) => {',
        ),
    );
    assert.match(output, /main\.ts\(\d+,\d+\): error TS/);
  });
});

/** What the compiler says of one of the sources in tests/types: "" when it is content. */
function compile(
  home: string,
  source: string,
  setting: Setting,
  compilerOptions: Record<string, unknown>,
  edit = (text: string) => text,
): Promise<string> {
  const text = readFileSync(join(root, "tests/types", `${source}.ts`), "utf8");
  return compileText(home, edit(text), setting, compilerOptions);
}

/** What the compiler says of an application's file. */
export async function compileText(
  home: string,
  text: string,
  { compiler, resolution, module, file } = SETTINGS["TypeScript 7, node16 import"]!,
  compilerOptions: Record<string, unknown> = {},
): Promise<string> {
  const folder = join(home, "types", `${count++}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        ...{ target: "es2022", module, moduleResolution: resolution, esModuleInterop: true },
        ...{ strict: true, noEmit: true, skipLibCheck: false, ...compilerOptions },
      },
      files: [file],
    }),
  );
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC[compiler], "-p", "tsconfig.json"], { cwd: folder }, (error, stdout, stderr) =>
      resolve(stdout + stderr || (error?.message ?? "")),
    );
  });
}

/** The files that a compiler reads for those who import what the manifest names. Without a map of exports every file counts. */
function reachable(files: readonly PackedFile[], manifest: Manifest): PackedFile[] {
  if (manifest.exports === undefined) return [...files];
  const found = new Set<PackedFile>();
  const follow = (path: string): void => {
    const file = files.find((candidate) => candidate.path === path);
    if (file === undefined || found.has(file)) return;
    found.add(file);
    for (const { from } of importsOf(path, file.content.toString())) {
      if (from.startsWith(".")) follow(posix.join(posix.dirname(path), from).replace(/\.(m?)js$/, ".d.$1ts"));
    }
  };
  for (const [entry] of JSON.stringify([manifest.exports, manifest["types"]]).matchAll(/[\w./-]+\.d\.m?ts/g)) {
    follow(posix.normalize(entry));
  }
  assert.ok(found.size > 0, "it has types");
  return [...found];
}

/** The packages that bring the types which a d.ts file names. */
function packagesNeededBy(path: string, text: string, app: Consumer): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const needed = importsOf(path, text)
    .map(({ from }) => from)
    .filter((from) => !from.startsWith("."))
    .map((from) => (from.startsWith("node:") ? "@types/node" : from.split("/", from.startsWith("@") ? 2 : 1).join("/")))
    .map((name) => (app.manifest(name)["types"] === undefined ? `@types/${name}` : name));
  return /\b(Buffer|NodeJS\.\w+)\b/.test(code) ? [...needed, "@types/node"] : needed;
}

let count = 0;
let page: string | undefined;

/** The client's packages in a folder without any types of others. */
async function pageWithClientOnly(): Promise<string> {
  if (page !== undefined) return page;
  const app = await consumer();
  page = join(app.folder, "..", "page");
  for (const name of CLIENT_PACKAGES)
    cpSync(app.path(name, "."), join(page, "node_modules", name), { recursive: true });
  return page;
}
