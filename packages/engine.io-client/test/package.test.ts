import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";

const root = new URL("../", import.meta.url);
const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  version: string;
  browser: Record<string, string>;
};
const bundle = (name: string): string => readFileSync(new URL(`dist/${name}`, root), "utf8");

describe("engine.io-client as a package", () => {
  test("has these entries and no other", async () => {
    const dist = ["engine.io.js", "engine.io.min.js", "engine.io.esm.min.js"].map((name) => `/dist/${name}`);
    for (const path of ["", "/debug", "/package.json", ...dist]) {
      assert.ok(existsSync(require.resolve(`engine.io-client${path}`)), path);
    }
    for (const path of ["/build/cjs/index.js", "/build/esm/index.js", "/dist/engine.io.js.map", "/dist"]) {
      assert.throws(() => require.resolve(`engine.io-client${path}`), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
    }
    // However it is loaded, there is one class.
    const { Socket } = require("engine.io-client") as { Socket: unknown };
    for (const path of ["", "/debug"]) {
      assert.equal(((await import(`engine.io-client${path}`)) as { Socket: unknown }).Socket, Socket);
      assert.equal((require(`engine.io-client${path}`) as { Socket: unknown }).Socket, Socket);
    }
  });

  test("says to bundlers which files have a half for browsers", async () => {
    const halves = ["transports/polling-xhr", "transports/websocket", "globals"];
    for (const folder of ["./build/esm", "./build/cjs"]) {
      for (const half of halves) {
        assert.equal(manifest.browser[`${folder}/${half}.node.js`], `${folder}/${half}.js`);
      }
    }
    for (const [node, browser] of Object.entries(manifest.browser)) {
      const [forNode, forBrowsers] = [node, browser].map((path) => new URL(path, root)) as [URL, URL];
      const source = readFileSync(forBrowsers, "utf8");
      assert.doesNotMatch(source, /(from|require\()\s*["'](node:|ws["'])/, browser);
      // Whoever imports the one finds in the other what it asks for.
      const names = async (url: URL): Promise<string[]> =>
        Object.keys((await import(pathToFileURL(url.pathname).href)) as object).filter(
          (name) => name !== "default" && name !== "module.exports",
        );
      assert.deepEqual(await names(forBrowsers), await names(forNode), node);
    }
  });

  for (const file of ["engine.io.js", "engine.io.min.js"]) {
    test(`${file} makes sockets by the global eio, a CommonJS value and AMD`, () => {
      type Eio = (uri: string, options: object) => { hostname: string; readyState: string; close(): void };
      const page = { setTimeout, clearTimeout, queueMicrotask, URLSearchParams, TextEncoder, TextDecoder };
      const source = bundle(file);
      const script = { ...page } as { eio?: Eio };
      const commonJs = { ...page, module: { exports: {} as unknown }, exports: {} };
      let amd: unknown;
      runInNewContext(source, script);
      runInNewContext(source, commonJs);
      const define = Object.assign((_: string[], factory: () => unknown) => (amd = factory()), { amd: {} });
      runInNewContext(source, { ...page, define });
      for (const eio of [script.eio, commonJs.module.exports, amd] as Eio[]) {
        assert.equal(typeof eio, "function");
        assert.deepEqual(Object.keys(eio), []);
        const socket = eio("http://example.com", { transports: [] });
        assert.deepEqual([socket.hostname, socket.readyState], ["example.com", "opening"]);
        socket.close();
      }
      assert.ok(source.startsWith(`/*! engine.io-client v${manifest.version} | MIT */`));
    });
  }

  test("engine.io.esm.min.js has the names of the package, Node's being the browser's", async () => {
    const url = new URL("dist/engine.io.esm.min.js", root);
    const names = (await import(url.href)) as Record<string, unknown>;
    const own = Object.keys(require("engine.io-client") as object).filter((name) => name !== "default");
    assert.deepEqual(Object.keys(names).sort(), own.sort());
    assert.equal(names["NodeXHR"], names["XHR"]);
    assert.equal(names["NodeWebSocket"], names["WebSocket"]);
  });

  test("all bundles have maps", () => {
    for (const file of ["engine.io.js", "engine.io.min.js", "engine.io.esm.min.js"]) {
      assert.match(bundle(file), new RegExp(`//# sourceMappingURL=${file}\\.map\\s*$`));
      const map = JSON.parse(bundle(`${file}.map`)) as { sources: string[]; sourcesContent: string[] };
      assert.ok(map.sources.some((source) => source.endsWith("/src/socket.ts")));
      assert.equal(map.sourcesContent.length, map.sources.length);
    }
  });
});
