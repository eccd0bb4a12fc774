import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createContext, runInContext } from "node:vm";
import type { Behaviours } from "../behaviour.ts";
import type { Stage } from "../stage.ts";

const NAMES = [
  ...["Fetch", "Manager", "NodeWebSocket", "NodeXHR", "Socket", "WebSocket", "WebTransport", "XHR"],
  ...["connect", "default", "io", "protocol"],
];

/** Sizes of the browser files of 4.8.4, in bytes. */
const SIZES = {
  "socket.io.js": 153_519,
  "socket.io.min.js": 47_295,
  "socket.io.esm.min.js": 40_759,
  "socket.io.msgpack.min.js": 50_630,
};

/** How programs and pages get hold of the client (rows C-1 to C-9). */
export const entryPoints: Behaviours = {
  "required, the package is the function io, with four names": ({ library }) => {
    assert.equal(typeof library, "function");
    assert.deepEqual(Object.keys(library).sort(), ["Manager", "Socket", "connect", "io"]);
    assert.equal(library.io, library);
    assert.equal((library as unknown as { connect: unknown }).connect, library);
    assert.equal("__esModule" in library, false);
  },

  "imported, it has these names, and io as its default": async (stage) => {
    const module = await imported(stage, ".");
    assert.deepEqual(Object.keys(module).sort(), NAMES);
    assert.equal(module["default"], module["io"]);
    assert.equal(module["connect"], module["io"]);
    assert.equal(module["protocol"], 5);
  },

  "the entry debug has the same names": async (stage) => {
    assert.deepEqual(Object.keys(await imported(stage, "./debug")).sort(), NAMES);
    const required = stage.cell.require("socket.io-client/debug") as object;
    assert.ok(["Manager", "Socket", "connect", "io"].every((name) => name in required));
  },

  "these paths are open, and the files beside them are closed": ({ cell }) => {
    for (const path of ["", "/debug", "/package.json", "/dist/socket.io.js", "/dist/socket.io.js.map"]) {
      assert.ok(cell.require.resolve(`socket.io-client${path}`), path);
    }
    for (const path of ["build/cjs/index.js", "build/esm/index.js", "dist/socket.io.min.js", "dist", "build"]) {
      const code = codeOf(() => cell.require.resolve(`socket.io-client/${path}`));
      assert.equal(code, "ERR_PACKAGE_PATH_NOT_EXPORTED", path);
    }
  },

  "the manifest says the same to tools that read other fields": (stage) => {
    const manifest = manifestOf(stage);
    const { main, module, types, type, files } = manifest;
    assert.deepEqual(
      { main, module, types, type },
      {
        main: "./build/cjs/index.js",
        module: "./build/esm/index.js",
        types: "./build/esm/index.d.ts",
        type: "commonjs",
      },
    );
    assert.deepEqual([...(files as string[])].sort(), ["build/", "dist/"]);
    assert.equal("sideEffects" in manifest, false);
    for (const folder of ["esm", "esm-debug"]) {
      assert.equal(JSON.parse(read(stage, `build/${folder}/package.json`)).type, "module");
    }
    for (const path of [main, module, types]) assert.ok(existsSync(join(folderOf(stage), path as string)));
  },

  "the files for browsers are there, with their maps, and say what they are": (stage) => {
    const { version } = manifestOf(stage) as { version: string };
    for (const file of Object.keys(SIZES)) {
      assert.ok(read(stage, `dist/${file}.map`).length > 0, file);
      const banner = read(stage, `dist/${file}`).slice(0, 200);
      assert.ok(banner.startsWith("/*!") && banner.includes(` v${version}`), banner);
      assert.match(banner, /socket\.io[\s\S]+MIT/i);
    }
  },

  "no file for browsers is larger than that of 4.8.4": (stage) => {
    for (const [file, size] of Object.entries(SIZES)) {
      const { size: actual } = statSync(join(folderOf(stage), "dist", file));
      assert.ok(actual <= size, `${file} has ${actual} bytes`);
    }
  },

  "by a script tag, io is a function with Manager, Socket, io and connect": (stage) => {
    for (const file of ["socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js"]) {
      const { io } = inPage(read(stage, `dist/${file}`));
      assert.equal(typeof io, "function", file);
      assert.deepEqual(Object.keys(io as object).sort(), ["Manager", "Socket", "connect", "io"], file);
    }
  },

  "the module for browsers has the names of the package, of which the classes for Node.js are those of browsers":
    async (stage) => {
      const url = pathToFileURL(join(folderOf(stage), "dist/socket.io.esm.min.js")).href;
      const module = (await import(url)) as Record<string, unknown>;
      assert.deepEqual(Object.keys(module).sort(), NAMES);
      assert.equal(typeof module["NodeXHR"], "function");
      // Node's halves bring classes of their own; here there is one of each.
      assert.equal(module["NodeXHR"], module["XHR"]);
      assert.equal(module["NodeWebSocket"], module["WebSocket"]);
    },

  "what differs between Node.js and browsers is swapped in the engine's package": ({ cell }) => {
    const { browser } = cell.require("engine.io-client/package.json") as { browser: Record<string, unknown> };
    for (const build of ["esm", "cjs"]) {
      for (const file of ["transports/polling-xhr", "transports/websocket", "globals"]) {
        assert.equal(browser[`./build/${build}/${file}.node.js`], `./build/${build}/${file}.js`);
      }
    }
  },
};

type Condition = string | { readonly [name: string]: Condition };

/** What `import` gives in Node.js by the map of the package. */
async function imported(stage: Stage, subpath: string): Promise<Record<string, unknown>> {
  const { exports } = manifestOf(stage) as { exports: Record<string, Record<string, Condition>> };
  let found: Condition | undefined = exports[subpath]!["import"];
  while (typeof found === "object") found = found["node"] ?? found["default"];
  return import(pathToFileURL(join(folderOf(stage), found!)).href) as Promise<Record<string, unknown>>;
}

function folderOf({ cell }: Stage): string {
  return join(cell.require.resolve("socket.io-client/package.json"), "..");
}

function manifestOf(stage: Stage): Record<string, unknown> {
  return JSON.parse(read(stage, "package.json")) as Record<string, unknown>;
}

function read(stage: Stage, path: string): string {
  return readFileSync(join(folderOf(stage), path), "utf8");
}

/** Runs a script as pages do, without `module`, `require` and `define`. */
function inPage(script: string): Record<string, unknown> {
  const globals = { setTimeout, clearTimeout, URLSearchParams, TextEncoder, TextDecoder };
  const page = createContext({ ...globals }) as Record<string, unknown>;
  page["self"] = page["window"] = page;
  runInContext(script, page);
  return page;
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
