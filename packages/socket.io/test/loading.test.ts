import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";

/** What every server has; `debug` brings the rest of these, some where they are installed. */
const ALWAYS = ["debug", "engine.io", "engine.io-parser", "socket.io", "socket.io-adapter", "socket.io-parser"];
const OF_DEBUG = ["has-flag", "ms", "supports-color"];

/** What only some servers need: adapters of clusters and recovery, the codec of clients of Socket.IO 2. */
const CLUSTERED = "socket.io-adapter/package.js";
const FILES = [CLUSTERED, "engine.io-parser/package-v3.js"];

/** Parts of Node.js that only some servers need. */
const PARTS = ["cluster", "https", "zlib"];

/** What a new process has loaded once it has run a script, beyond what every server has: packages, {@link FILES} and {@link PARTS}. */
function loadedBy(script: string): string[] {
  const told = run(`${script};
    const files = Object.keys(require.cache).map((file) => file.replaceAll("\\\\", "/"));
    const packages = files.map((file) => /.*[/](?:packages|node_modules)[/]([^/]+)/.exec(file)[1]);
    const some = ${JSON.stringify(FILES)}.filter((name) => {
      const [home, file] = name.split("/");
      return files.some((path) => path.includes("/" + home + "/") && path.endsWith("/" + file));
    });
    const parts = ${JSON.stringify(PARTS)}.filter((name) => process.moduleLoadList.includes("NativeModule " + name));
    process.stdout.write(JSON.stringify([...new Set(packages), ...some, ...parts]));
    process.exit();`);
  const loaded = JSON.parse(told) as string[];
  for (const name of ALWAYS) assert.ok(loaded.includes(name), name);
  return loaded.filter((name) => ![...ALWAYS, ...OF_DEBUG].includes(name));
}

function run(script: string): string {
  // tsx would load parts of Node.js of its own.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return execFileSync(process.execPath, ["-e", script], { cwd: import.meta.dirname, env, encoding: "utf8" });
}

const SERVER = 'const { Server } = require("socket.io")';
const attached = (options: string): string => `${SERVER}; new Server(require("node:http").createServer(), ${options})`;

describe('require("socket.io")', () => {
  test("loads nothing that only some servers need, nor does a server without options", () => {
    assert.deepEqual(loadedBy(SERVER), []);
    assert.deepEqual(loadedBy(attached("{}")), []);
  });
});

test("node:cluster is loaded by those who join its workers", () => {
  const primary = 'const { NodeClusterAdapter, setupPrimary } = require("socket.io/cluster")';
  const isOne = 'NodeClusterAdapter.prototype instanceof require("socket.io-adapter").ClusterAdapter';
  assert.deepEqual(loadedBy(`${SERVER}; ${primary}; if (!(${isOne})) throw new Error("two classes")`), [CLUSTERED]);
  assert.deepEqual(loadedBy(`${SERVER}; ${primary}; setupPrimary()`), [CLUSTERED, "cluster"]);
});

test("what of the adapter is loaded when somebody asks is there as values from then on", () => {
  assert.deepEqual(
    loadedBy(`${SERVER}; const adapter = require("socket.io-adapter");
      const { ClusterAdapter } = adapter;
      for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(adapter))) {
        if (get !== undefined) throw new Error(name);
      }
      if (!(ClusterAdapter.prototype instanceof adapter.Adapter)) throw new Error("two classes");`),
    [CLUSTERED],
  );
});

test("what the files of a package share are values, not accessors", () => {
  assert.deepEqual(
    loadedBy(`${SERVER};
      for (const { filename, exports } of Object.values(require.cache)) {
        const shared = /package\\.js$/.test(filename) ? Object.entries(Object.getOwnPropertyDescriptors(exports)) : [];
        for (const [name, { get }] of shared) if (get !== undefined) throw new Error(filename + ": " + name);
      }`),
    [],
  );
});

describe("what an option needs is there once the server is made", () => {
  for (const [options, name] of [
    ["{ perMessageDeflate: true }", "ws"],
    ["{ cors: {} }", "cors"],
    ["{ cookie: true }", "cookie"],
    ['{ bindSession: { cookie: "session" } }', "cookie"],
    ["{ allowEIO3: true }", "engine.io-parser/package-v3.js"],
    ["{ connectionStateRecovery: {} }", CLUSTERED],
  ] as const) {
    test(`${options}: ${name}`, () => assert.ok(loadedBy(attached(options)).includes(name)));
  }
});

test("without ws a server that compresses fails as it is made, by the name of what is missing; another one serves", () => {
  const told = run(`
    const Module = require("node:module");
    const load = Module._load;
    Module._load = (name, ...rest) => {
      if (name === "ws") throw Object.assign(new Error("Cannot find module 'ws'"), { code: "MODULE_NOT_FOUND" });
      return load(name, ...rest);
    };
    ${SERVER};
    const http = require("node:http").createServer().listen(0, async () => {
      try {
        new Server({ perMessageDeflate: true }).attach(http);
      } catch (error) {
        console.log(error.message);
      }
      const io = new Server(http);
      io.engine.on("connection", ({ transport }) => {
        console.log(transport.name);
        process.exit();
      });
      const headers = {
        connection: "upgrade", upgrade: "websocket", "sec-websocket-version": 13, "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      };
      require("node:http").get({ port: http.address().port, path: "/socket.io/?EIO=4&transport=websocket", headers });
    });`);
  assert.deepEqual(told.trim().split("\n"), ["Cannot find module 'ws'", "websocket"]);
});
