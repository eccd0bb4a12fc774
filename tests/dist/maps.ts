import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { consumer } from "./consumer.ts";

/** What a map of `exports` gives under some conditions, found as Node and TypeScript find it: the first key that applies. */
function resolveExport(map: unknown, conditions: readonly string[]): string | null {
  if (typeof map === "string") return map;
  if (typeof map !== "object" || map === null) return null;
  for (const [key, value] of Object.entries(map)) {
    if (key !== "default" && !conditions.includes(key)) continue;
    const found = resolveExport(value, conditions);
    if (found !== null) return found;
  }
  return null;
}

/** Subpath, conditions, and the file or (ending in "/") the folder that upstream's users know. */
type Expectation = readonly [subpath: string, conditions: readonly string[], target: string];

/** Both clients have the same map but for their bundles (rows C-5, E-69). */
const CLIENT: readonly Expectation[] = [
  [".", ["import", "types"], "./build/esm/index.d.ts"],
  [".", ["import", "node"], "./build/esm-debug/"],
  [".", ["import"], "./build/esm/index.js"],
  [".", ["require", "types"], "./build/cjs/index.d.ts"],
  [".", ["require"], "./build/cjs/index.js"],
  [".", ["require", "node"], "./build/cjs/index.js"],
  ["./debug", ["import", "types"], "./build/esm/index.d.ts"],
  ["./debug", ["import"], "./build/esm-debug/index.js"],
  ["./debug", ["require", "types"], "./build/cjs/index.d.ts"],
  ["./debug", ["require"], "./build/cjs/index.js"],
  ["./package.json", [], "./package.json"],
];

const MAPS: Readonly<Record<string, readonly Expectation[]>> = {
  "socket.io": [
    [".", ["require", "types"], "./dist/index.d.ts"],
    [".", ["import"], "./wrapper.mjs"],
    [".", ["require"], "./dist/index.js"],
    ["./package.json", [], "./package.json"],
  ],
  "engine.io": [
    [".", ["require", "types"], "./build/engine.io.d.ts"],
    [".", ["import"], "./wrapper.mjs"],
    [".", ["require"], "./build/engine.io.js"],
  ],
  "socket.io-client": [
    ...CLIENT,
    ["./dist/socket.io.js", [], "./dist/socket.io.js"],
    ["./dist/socket.io.js.map", [], "./dist/socket.io.js.map"],
  ],
  "engine.io-client": [
    ...CLIENT,
    ["./dist/engine.io.js", [], "./dist/engine.io.js"],
    ["./dist/engine.io.min.js", [], "./dist/engine.io.min.js"],
    ["./dist/engine.io.esm.min.js", [], "./dist/engine.io.esm.min.js"],
  ],
  "engine.io-parser": [
    [".", ["import"], "./build/esm/index.js"],
    [".", ["require"], "./build/cjs/index.js"],
  ],
  "socket.io-parser": [
    [".", ["import", "node"], "./build/esm-debug/"],
    [".", ["import", "development"], "./build/esm-debug/"],
    [".", ["import"], "./build/esm/index.js"],
    [".", ["require"], "./build/cjs/index.js"],
  ],
};

const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "socket.io": { main: "./dist/index.js", types: "./dist/index.d.ts", type: "commonjs" },
  "engine.io": { main: "./build/engine.io.js", types: "./build/engine.io.d.ts", type: "commonjs" },
  "socket.io-adapter": { main: "./dist/index.js", types: "./dist/index.d.ts", type: "commonjs" },
  ...Object.fromEntries(
    ["socket.io-client", "engine.io-client", "engine.io-parser", "socket.io-parser"].map((name) => [
      name,
      {
        main: "./build/cjs/index.js",
        module: "./build/esm/index.js",
        types: "./build/esm/index.d.ts",
        type: "commonjs",
      },
    ]),
  ),
};

describe("maps of the packages", () => {
  for (const [name, expectations] of Object.entries(MAPS)) {
    test(`${name} exports every name that upstream's map has, from a file at the same path`, async () => {
      const app = await consumer();
      const exported = app.manifest(name).exports as Record<string, unknown>;
      for (const [subpath, conditions, target] of expectations) {
        const found = resolveExport(exported[subpath], conditions);
        const label = `${subpath} under {${conditions.join(", ")}}`;
        if (target.endsWith("/")) assert.ok(found?.startsWith(target), `${label} lies in ${target}: ${found}`);
        else assert.equal(found, target, label);
        assert.ok(existsSync(app.path(name, found!)), `${label}: ${found} exists`);
      }
    });
  }

  for (const [name, fields] of Object.entries(FIELDS)) {
    test(`${name} keeps the fields that tools without exports read`, async () => {
      const manifest = (await consumer()).manifest(name);
      for (const [field, value] of Object.entries(fields)) assert.equal(manifest[field], value, field);
    });
  }

  for (const name of Object.keys(MAPS)) {
    test(`${name} has types for every way in, and every file of its map exists`, async () => {
      const app = await consumer();
      for (const [subpath, map] of Object.entries(app.manifest(name).exports as Record<string, unknown>)) {
        for (const kind of ["import", "require"]) {
          for (const where of [["node"], [], ["development"], ["browser"]]) {
            const file = resolveExport(map, [kind, ...where]);
            assert.ok(
              file !== null && existsSync(app.path(name, file)),
              `${subpath} {${[kind, ...where].join()}}: ${file}`,
            );
            if (subpath.endsWith(".json") || subpath.startsWith("./dist/")) continue;
            const types = resolveExport(map, ["types", kind, ...where]);
            assert.match(types ?? "", /\.d\.m?ts$/, `${subpath} {${[kind, ...where].join()}} has types`);
            assert.ok(existsSync(app.path(name, types!)), `${types} exists`);
          }
        }
      }
    });
  }

  test("both files of every pair in a browser field exist, so bundlers without exports get the browser's half", async () => {
    const app = await consumer();
    let pairs = 0;
    for (const name of ["engine.io-parser", "engine.io-client"]) {
      for (const [node, browser] of Object.entries((app.manifest(name)["browser"] ?? {}) as Record<string, string>)) {
        assert.ok(existsSync(app.path(name, node)), `${name}: ${node}`);
        assert.ok(existsSync(app.path(name, browser)), `${name}: ${browser}`);
        pairs++;
      }
    }
    assert.ok(pairs > 0);
  });

  test("socket.io-adapter has no map, so that the deep paths which adapters of other makes load stay open", async () => {
    const app = await consumer();
    assert.equal(app.manifest("socket.io-adapter").exports, undefined);
    const printed = await app.run(
      "deep-adapter.cjs",
      `const { Adapter } = require("socket.io-adapter");
       console.log(JSON.stringify(require("socket.io-adapter/dist/in-memory-adapter").Adapter === Adapter));`,
    );
    assert.equal(printed, true);
  });

  test("the folders of ES modules say that they are", async () => {
    const app = await consumer();
    const folders = [
      ["engine.io-parser", "build/esm"],
      ["socket.io-parser", "build/esm", "build/esm-debug"],
      ["engine.io-client", "build/esm", "build/esm-debug"],
      ["socket.io-client", "build/esm", "build/esm-debug"],
    ] as const;
    for (const [name, ...dirs] of folders) {
      for (const dir of dirs) assert.equal(app.manifest(`${name}/${dir}`)["type"], "module", `${name}/${dir}`);
    }
  });

  test("the emitter that component-emitter is to upstream comes with the parser, by import and by require", async () => {
    const app = await consumer();
    const printed = await app.run(
      "emitter.cjs",
      `const { Emitter } = require("engine.io-parser/emitter");
       import("engine.io-parser/emitter").then((module) => {
         const heard = [];
         new Emitter().on("a", (x) => heard.push(x)).once("a", (x) => heard.push(x)).emit("a", 1).emit("a", 2);
         console.log(JSON.stringify({ same: module.Emitter === Emitter, heard }));
       });`,
    );
    assert.deepEqual(printed, { same: true, heard: [1, 1, 2] });
  });

  test("the msgpack parser is one CommonJS module, by import and by require", async () => {
    const app = await consumer();
    assert.equal(app.manifest("socket.io-msgpack-parser").exports, undefined);
    const printed = await app.run(
      "msgpack.cjs",
      `const parser = require("socket.io-msgpack-parser");
       import("socket.io-msgpack-parser").then((module) => {
         const [message] = new module.Encoder().encode({ type: parser.PacketType.EVENT, nsp: "/", data: ["a", 1] });
         const seen = [];
         const decoder = new parser.Decoder();
         decoder.on("decoded", (packet) => seen.push(packet.data));
         decoder.add(message);
         console.log(JSON.stringify({ same: module.Encoder === parser.Encoder, names: Object.keys(parser), seen }));
       });`,
    );
    assert.deepEqual(printed, {
      same: true,
      names: ["DecodeError", "Decoder", "Encoder", "PacketType", "protocol"],
      seen: [["a", 1]],
    });
  });

  test("socket.io-redis is a function by require, and gives its names by require and import", async () => {
    const app = await consumer();
    assert.equal(app.manifest("socket.io-redis").exports, undefined);
    const printed = await app.run(
      "redis.mjs",
      `import { createRequire } from "node:module";
       import { BroadcastOperator, createAdapter, createShardedAdapter, Emitter, RedisAdapter, RESERVED_EVENTS } from "socket.io-redis";
       const module = createRequire(import.meta.url)("socket.io-redis");
       console.log(JSON.stringify({
         same: [createAdapter === module, createAdapter === module.createAdapter, RedisAdapter === module.RedisAdapter,
           createShardedAdapter === module.createShardedAdapter, Emitter === module.Emitter,
           BroadcastOperator === module.BroadcastOperator, RESERVED_EVENTS === module.RESERVED_EVENTS],
         operator: new Emitter({ publish() {}, on() {} }).to("room") instanceof BroadcastOperator,
         reserved: [...RESERVED_EVENTS].sort(),
         names: Object.keys(module).sort(),
       }));`,
    );
    assert.deepEqual(printed, {
      same: [true, true, true, true, true, true, true],
      operator: true,
      reserved: ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"],
      names: [
        ...["BroadcastOperator", "Emitter", "RESERVED_EVENTS", "RedisAdapter", "StreamsEmitter"],
        ...["createAdapter", "createSessionBus", "createShardedAdapter", "createStreamsAdapter"],
      ],
    });
  });
});
