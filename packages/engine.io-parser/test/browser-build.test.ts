import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, describe, test } from "node:test";
import type * as parser from "engine.io-parser";
import * as node from "engine.io-parser";
import { rolldown } from "rolldown";

const require = createRequire(import.meta.url);

// The ES modules for browsers, run here: what they need of a browser, Node 20 has too.
const browserModules = "../build/esm/index.js";

describe("the build for browsers", () => {
  let browser: typeof parser;

  before(async () => {
    browser = (await import(browserModules)) as typeof parser;
  });

  test("exports the same names", () => {
    assert.deepEqual(Object.keys(browser).sort(), Object.keys(node).sort());
  });

  test("writes and reads the same base64, of many bytes too", () => {
    for (const length of [0, 1, 2, 3, 0x7fff, 0x8001, 200_000]) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff);
      const encoded: unknown[] = [];
      for (const { encodePacket } of [browser, node]) {
        encodePacket({ type: "message", data: bytes.subarray(0) }, false, (text) => encoded.push(text));
      }
      assert.equal(encoded[0], encoded[1]);
      assert.deepEqual(browser.decodePacket(encoded[0]).data, bytes.buffer);
    }
  });

  test("gives ArrayBuffers, and Blobs on request", async () => {
    assert.ok(browser.decodePacket(new Uint8Array([1])).data instanceof ArrayBuffer);
    const { data } = browser.decodePacket("bAQID", "blob");
    assert.ok(data instanceof Blob);
    assert.deepEqual(new Uint8Array(await data.arrayBuffer()), Uint8Array.of(1, 2, 3));
    const blob = new Blob(["x"]);
    assert.equal(browser.decodePacket(blob, "blob").data, blob);
  });

  test("hands a Blob on as it is where the transport carries binary", () => {
    const blob = new Blob(["x"]);
    const results: unknown[] = [];
    browser.encodePacket({ type: "message", data: blob }, true, (encoded) => results.push(encoded));
    assert.deepEqual(results, [blob]);
  });

  test("a Blob keeps its place among the frames of a stream, and one that can't be read is empty", async () => {
    const gone = new Blob(["x"]);
    gone.arrayBuffer = () => Promise.reject(new Error("the file is gone"));
    const { readable, writable } = browser.createPacketEncoderStream();
    const writer = (writable as WritableStream).getWriter();
    const chunks: number[] = [];
    const read = (async () => {
      for await (const chunk of readable as AsyncIterable<Uint8Array>) chunks.push(...chunk);
    })();
    for (const data of [new Blob(["a"]), gone]) await writer.write({ type: "message", data });
    await writer.write({ type: "ping" });
    await writer.close();
    await read;
    assert.equal(Buffer.from(chunks).toString("hex"), "816101620132");
  });

  test("base64 that is none gives the error packet", () => {
    assert.deepEqual(browser.decodePacket("b!!!"), { type: "error", data: "parser error" });
    assert.deepEqual(browser.decodePacket(undefined), { type: "error", data: "parser error" });
  });
});

describe("the browser field", () => {
  const { browser, exports } = require("engine.io-parser/package.json") as {
    browser: Record<string, string>;
    exports: Record<string, object>;
  };

  // Of CommonJS, all is in one file: so what leads to it is swapped, too.
  const folders = ["", "session/", "emitter/", "v3/"];
  const whole = folders.map((folder) => [`./build/cjs/${folder}index.js`, `./build/cjs-browser/${folder}index.js`]);

  test("swaps the modules that encode and decode packets, in both builds", () => {
    for (const build of ["cjs", "esm"]) {
      for (const module of ["encodePacket", "decodePacket"]) {
        assert.equal(browser[`./build/${build}/${module}.js`], `./build/${build}/${module}.browser.js`);
      }
    }
    assert.equal(Object.keys(browser).length, 4 + whole.length);
    for (const [forNode, forBrowsers] of Object.entries(browser).filter(([file]) => file.startsWith("./build/cjs/"))) {
      const names = [forNode, forBrowsers].map((file) => Object.keys(require(`../${file}`) as object).toSorted());
      assert.deepEqual(names[0], names[1]);
    }
  });

  test("swaps what is CommonJS as a whole", () => {
    for (const [forNode, forBrowsers] of whole) assert.equal(browser[forNode!], forBrowsers);
  });

  test("is all that a bundler needs to make the CommonJS build one without Node's Buffer", async () => {
    const bundle = await rolldown({ input: require.resolve("engine.io-parser"), platform: "browser" });
    const { output } = await bundle.generate({ format: "cjs" });
    await bundle.close();
    assert.match(output[0].code, /decodePayload/);
    assert.doesNotMatch(output[0].code, /\bBuffer\b/);
  });

  test("the package is entered by import and by require", () => {
    assert.deepEqual(Object.keys(exports["."]!), ["import", "require"]);
  });
});
