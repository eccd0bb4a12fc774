import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, test } from "node:test";
import { root } from "../../tools/setup.mjs";
import { importsOf } from "../../tools/module-syntax.ts";
import { packages } from "../../tools/packages.ts";
import { readTarball, type PackedFile } from "../../tools/tarball.ts";
import { compileText, SETTINGS, type CompilerOptions, type Setting } from "./compiler.ts";
import { consumer, type Consumer, type Manifest } from "./consumer.ts";

const CLIENT_PACKAGES = [
  ...["socket.io-client", "engine.io-client", "socket.io-parser", "engine.io-parser"],
  "@socket.io/component-emitter",
];

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
    const setting = SETTINGS["TypeScript 5.9, node10"];
    assert.equal(await compile(app.folder, "deep-paths", setting, { lib: ["es2022"], types: ["node"] }), "");
  });

  test("TypeScript 5.9: the compiler's defaults suffice", async () => {
    const app = await consumer();
    assert.equal(await compile(app.folder, "application", SETTINGS["TypeScript 5.9, node16 import"], {}), "");
  });

  test("TypeScript 7: the compiler's defaults suffice for a server that uses nothing of Node.js itself", async () => {
    const app = await consumer();
    assert.equal(await compile(app.folder, "small-server", SETTINGS["TypeScript 7, node16 import"], {}), "");
  });

  test("whatever our types import is a dependency of the package, the types of Node.js included", async () => {
    const app = await consumer();
    for (const { name } of packages) {
      const dependencies = Object.keys(app.manifest(name).dependencies ?? {});
      const files = readTarball(app.tarballs.get(name)!).filter(({ path }) => /\.d\.m?ts$/.test(path));
      for (const { path, content } of reachable(files, app.manifest(name))) {
        for (const needed of packagesNeededBy(path, content.toString(), app)) {
          if (needed === "@types/node" && NODE_ALONE.test(`${name}/${path}`)) continue;
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
      SETTINGS["TypeScript 7, bundler"],
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
  compilerOptions: CompilerOptions,
  edit = (text: string) => text,
): Promise<string> {
  const text = readFileSync(join(root, "tests/types", `${source}.ts`), "utf8");
  return compileText(home, edit(text), setting, compilerOptions);
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

/** Frames of WebSocket, for our packages in Node, which bring these types. No other types of the clients reach them. */
const NODE_ALONE = /^engine\.io-parser\/build\/(cjs|esm)\/websocket\//;

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
