import assert from "node:assert/strict";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Server, ServerOptions } from "socket.io";
import type { Behaviours } from "../behaviour.ts";
import type { Stage } from "../stage.ts";

type Make = ((srv?: unknown, opts?: Partial<ServerOptions>) => Server) & Record<string, unknown>;

/** What `require` and `import` give. */
export const entryPoints: Behaviours = {
  "the CommonJS module is a function of two parameters, with three classes on it and nothing else": ({ library }) => {
    const make = library as unknown as Make;
    assert.equal(typeof make, "function");
    assert.equal(make.length, 2);
    assert.throws(() => Reflect.construct(make, []), TypeError);
    assert.deepEqual(Object.keys(make).sort(), ["Namespace", "Server", "Socket"]);
    for (const name of Object.keys(make)) assert.equal(typeof make[name], "function");
    for (const name of ["default", "__esModule", "listen", "protocol", "RemoteSocket", "BroadcastOperator"]) {
      assert.equal(name in make, false, name);
    }
  },

  "called as a function the module makes a server of its arguments": async (stage) => {
    const make = stage.library as unknown as Make;
    const http = await stage.http();
    const attached = stage.keep(make(http, { path: "/x" }));
    assert.ok(attached instanceof stage.library.Server);
    assert.equal(attached.httpServer, http);
    assert.equal(attached.path(), "/x");
    const loose = stage.keep(make({ path: "/y" }));
    assert.equal(loose.httpServer, undefined);
    assert.equal(loose.path(), "/y");
    assert.ok(stage.keep(make()) instanceof stage.library.Server);
  },

  "the ES module has the same three classes and no default": async (stage) => {
    const esm = await importOf(stage);
    assert.deepEqual(Object.keys(esm).sort(), ["Namespace", "Server", "Socket"]);
    for (const [name, value] of Object.entries(esm)) {
      assert.equal(value, (stage.library as unknown as Record<string, unknown>)[name], name);
    }
  },

  "the classes are those that servers make things of": async (stage) => {
    const { Namespace, Server, Socket } = stage.library;
    const io = stage.create(createServer());
    assert.equal(io.constructor, Server);
    assert.equal(io.sockets.constructor, Namespace);
    const served = await stage.serve();
    assert.equal((await stage.join(served)).socket.constructor, Socket);
  },

  "the manifest leads to dist/index.js, its types and wrapper.mjs, and to no other path that upstream knows": ({
    cell,
  }) => {
    const manifest = manifestOf(cell);
    assert.equal(manifest.main, "./dist/index.js");
    assert.equal(manifest.types, "./dist/index.d.ts");
    assert.equal(manifest.type, "commonjs");
    // For workers of node:cluster.
    const others = cell.maker === "ours" ? ["./cluster"] : [];
    assert.deepEqual(Object.keys(manifest.exports).sort(), [".", ...others, "./package.json"]);
    assert.equal(manifest.exports["./package.json"], "./package.json");
    for (const folder of ["dist/", "client-dist/", "wrapper.mjs"]) assert.ok(manifest.files.includes(folder), folder);
    const ways = manifest.exports["."] as Ways;
    assert.equal(entryOf(ways, "import"), "./wrapper.mjs");
    assert.equal(entryOf(ways, "require"), "./dist/index.js");
    // Types are looked for before anything else.
    for (const way of [ways, ways.import, ways.require]) {
      if (typeof way === "object" && "types" in way) assert.equal(Object.keys(way)[0], "types");
    }
    assert.throws(() => cell.require("socket.io/dist/index.js"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
  },

  "the manifest asks for Node.js 20.19, and has types of its own for import and for require": {
    upstreamDiffers: 'issue "Foundation": Node.js 20.19 or newer, types for each way',
    run: ({ cell }) => {
      const manifest = manifestOf(cell);
      const { import: imported, require: required } = manifest.exports["."] as Ways;
      assert.equal(manifest.engines.node, ">=20.19");
      assert.deepEqual(imported, { types: "./wrapper.d.mts", default: "./wrapper.mjs" });
      assert.deepEqual(required, { types: "./dist/index.d.ts", default: "./dist/index.js" });
    },
  },
};

interface Ways {
  readonly import: string | Record<string, string>;
  readonly require: string | Record<string, string>;
}

interface Manifest {
  readonly main: string;
  readonly types: string;
  readonly type: string;
  readonly files: string[];
  readonly exports: Record<string, unknown>;
  readonly engines: { readonly node: string };
}

function manifestOf(cell: Stage["cell"]): Manifest {
  return cell.require("socket.io/package.json") as Manifest;
}

function entryOf(ways: Ways, way: keyof Ways): string | undefined {
  const target = ways[way];
  return typeof target === "string" ? target : target["default"];
}

function importOf({ cell }: Stage): Promise<Record<string, unknown>> {
  const folder = dirname(cell.require.resolve("socket.io/package.json"));
  const entry = entryOf(manifestOf(cell).exports["."] as Ways, "import")!;
  return import(pathToFileURL(join(folder, entry)).href) as Promise<Record<string, unknown>>;
}
