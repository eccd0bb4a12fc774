import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { consumer } from "./consumer.ts";

const SERVED = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"];
const ENGINE = ["engine.io.js", "engine.io.min.js", "engine.io.esm.min.js"];
const withMaps = (files: readonly string[]): string[] => files.flatMap((file) => [file, `${file}.map`]);

/** Bundles with the readable names and what they must say. */
const BUNDLES: readonly [packageName: string, folder: string, files: readonly string[]][] = [
  ["socket.io-client", "dist", SERVED],
  ["socket.io", "client-dist", SERVED],
  ["engine.io-client", "dist", ENGINE],
];

describe("files that others reach by path", () => {
  test("paths that upstream's maps close are open or refused as Node refuses them, and the open ones load", async () => {
    const app = await consumer();
    const printed = (await app.run(
      "closed-paths.cjs",
      `const closed = ["socket.io/dist/index.js", "socket.io/client-dist/socket.io.js", "socket.io-client/build/cjs/index.js",
         "socket.io-client/dist/socket.io.min.js", "engine.io/build/engine.io.js", "engine.io/package.json",
         "engine.io-parser/package.json", "socket.io-parser/package.json"];
       const open = ["socket.io", "socket.io/package.json", "socket.io-client", "socket.io-client/debug", "socket.io-client/package.json",
         "socket.io-client/dist/socket.io.js", "socket.io-client/dist/socket.io.js.map", "engine.io", "engine.io-client",
         "engine.io-client/debug", "engine.io-client/package.json", "engine.io-client/dist/engine.io.js",
         "engine.io-client/dist/engine.io.min.js", "engine.io-client/dist/engine.io.esm.min.js", "engine.io-parser",
         "socket.io-parser", "socket.io-adapter", "socket.io-adapter/dist/index.js"];
       const outcome = (path) => { try { require.resolve(path); return "open"; } catch (error) { return error.code; } };
       console.log(JSON.stringify({ closed: closed.map(outcome), open: open.map(outcome) }));`,
    )) as { closed: string[]; open: string[] };
    for (const outcome of printed.closed)
      assert.ok(["open", "ERR_PACKAGE_PATH_NOT_EXPORTED"].includes(outcome), outcome);
    assert.deepEqual(new Set(printed.open), new Set(["open"]));
  });

  test("the files behind closed paths exist for those who read them from disk", async () => {
    const app = await consumer();
    const files: readonly [string, string][] = [
      ["socket.io", "dist/index.js"],
      ["socket.io", "wrapper.mjs"],
      ["engine.io", "build/engine.io.js"],
      ["engine.io", "wrapper.mjs"],
      ["socket.io-client", "build/cjs/index.js"],
      ["socket.io-client", "build/esm/index.js"],
      ["socket.io-client", "build/esm-debug/index.js"],
      ["engine.io-client", "build/cjs/index.js"],
      ["engine.io-client", "build/esm/index.js"],
    ];
    for (const [name, file] of files) assert.ok(existsSync(app.path(name, file)), `${name}/${file}`);
  });

  for (const [name, folder, files] of BUNDLES) {
    test(`${name}/${folder} has the browser files under the names that pages use, with their maps`, async () => {
      const app = await consumer();
      for (const file of withMaps(files)) assert.ok(existsSync(app.path(name, `${folder}/${file}`)), file);
    });

    test(`every browser file of ${name}/${folder} names its version and license and carries the sources in its map`, async () => {
      const app = await consumer();
      for (const file of files) {
        const text = readFileSync(app.path(name, `${folder}/${file}`), "utf8");
        const map = JSON.parse(readFileSync(app.path(name, `${folder}/${file}.map`), "utf8")) as {
          sources: string[];
          sourcesContent?: (string | null)[];
        };
        assert.match(text.slice(0, 80), /^\/\*! \S+ v\d+\.\d+\.\d+ \| MIT \*\//, file);
        assert.ok(text.trimEnd().endsWith(`//# sourceMappingURL=${file}.map`), `${file} points to its map`);
        assert.ok(map.sources.length > 5, file);
        assert.equal(
          map.sourcesContent?.filter((content) => typeof content === "string").length,
          map.sources.length,
          file,
        );
      }
    });
  }

  test("the server carries the very browser files of the client", async () => {
    const app = await consumer();
    for (const file of withMaps(SERVED)) {
      const [served, made] = [
        app.path("socket.io", `client-dist/${file}`),
        app.path("socket.io-client", `dist/${file}`),
      ];
      assert.ok(readFileSync(served).equals(readFileSync(made)), file);
    }
  });

  test("only the readable browser file carries debug logs", async () => {
    const app = await consumer();
    const logs = (file: string): boolean =>
      readFileSync(app.path("socket.io-client", `dist/${file}`), "utf8").includes("socket.io-client:");
    assert.deepEqual(SERVED.map(logs), [true, false, false]);
  });

  test("a script tag's global io is the function with Manager, Socket, io and connect", async () => {
    const app = await consumer();
    const printed = await app.run(
      "script-tag.cjs",
      `const { readFileSync } = require("node:fs");
       const vm = require("node:vm");
       const keys = ["socket.io.js", "socket.io.min.js"].map((file) => {
         const page = vm.createContext({ setTimeout, clearTimeout, console, TextEncoder, TextDecoder, URL });
         vm.runInContext(readFileSync("node_modules/socket.io-client/dist/" + file, "utf8"), page);
         return [typeof page.io, ...Object.keys(page.io).sort()];
       });
       console.log(JSON.stringify(keys));`,
    );
    const expected = ["function", "Manager", "Socket", "connect", "io"];
    assert.deepEqual(printed, [expected, expected]);
  });

  for (const [file, name] of [
    ["dist/socket.js", "Socket"],
    ["dist/broadcast-operator.js", "BroadcastOperator"],
    ["dist/namespace.js", "Namespace"],
  ] as const) {
    test(`socket.io/${file} is a CommonJS module of its own through which tracing tools reach ${name}`, async () => {
      const app = await consumer();
      const printed = await app.run(
        `patch-${name}.cjs`,
        `const path = require.resolve("./node_modules/socket.io/${file}");
         const { Server } = require("socket.io");
         const loadedByServer = path in require.cache;
         const module_ = require(path);
         // What a tracing tool does: wrap a method of the class and see our server call it.
         const Class = module_[${JSON.stringify(name)}];
         const io = new Server();
         const emit = Class.prototype.emit;
         let calls = 0;
         Class.prototype.emit = function (...args) { calls++; return emit.apply(this, args); };
         if (${JSON.stringify(name)} === "Namespace") io.of("/").emit("x");
         if (${JSON.stringify(name)} === "BroadcastOperator") io.to("room").emit("x");
         console.log(JSON.stringify({
           loadedByServer, kind: typeof Class, calls,
           known: require("socket.io")[${JSON.stringify(name)}] === undefined || require("socket.io")[${JSON.stringify(name)}] === Class,
         }));`,
      );
      const calls = name === "Socket" ? 0 : 1;
      assert.deepEqual(printed, { loadedByServer: true, kind: "function", calls, known: true });
    });
  }
});
