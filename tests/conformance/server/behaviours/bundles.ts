import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { tcp, type HttpAnswer } from "../../../support/raw-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import type { Stage } from "../stage.ts";

const SCRIPTS = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"];
const FILES = SCRIPTS.flatMap((name) => [name, `${name}.map`]);
const BUNDLE = "/socket.io/socket.io.js";

/** The files of the client that a server serves. */
export const bundles: Behaviours = {
  "eight files are served: four scripts and their maps, as they are, whatever the query": async (stage) => {
    await stage.serve();
    for (const name of FILES) {
      for (const query of ["", "?", "?v=1&x=/y"]) {
        const { status, bytes } = await stage.ask("GET", `/socket.io/${name}${query}`);
        assert.equal(status, 200, name);
        assert.ok(bytes.equals(contentOf(stage, name)), name);
      }
    }
  },

  "the scripts name their maps, and the maps hold the sources": async (stage) => {
    await stage.serve();
    for (const name of SCRIPTS) {
      const script = (await stage.ask("GET", `/socket.io/${name}`)).body;
      assert.ok(script.trimEnd().endsWith(`//# sourceMappingURL=${name}.map`), name);
      const map = JSON.parse((await stage.ask("GET", `/socket.io/${name}.map`)).body) as Record<string, unknown>;
      assert.equal(map["version"], 3);
      assert.ok((map["sources"] as unknown[]).length > 0);
    }
  },

  "a file comes with its type, a tag that is the version, and leave to keep it if it is asked about": async (stage) => {
    await stage.serve();
    for (const name of FILES) {
      const { headers } = await stage.ask("GET", `/socket.io/${name}`);
      const type = name.endsWith(".map") ? "application/json" : "application/javascript";
      assert.equal(headers["content-type"], `${type}; charset=utf-8`);
      assert.equal(headers["cache-control"], "public, max-age=0");
      assert.equal(headers["etag"], tagOf(stage));
      assert.equal(headers["transfer-encoding"], "chunked");
      for (const absent of ["content-length", "content-encoding", "sourcemap", "x-sourcemap", "last-modified"]) {
        assert.equal(headers[absent], undefined, absent);
      }
    }
  },

  "a client that has the file by its tag, weak or strong, gets 304 and none of these headers": async (stage) => {
    await stage.serve();
    const tag = tagOf(stage);
    for (const name of FILES) {
      for (const known of [tag, `W/${tag}`]) {
        const { status, headers, body } = await stage.ask("GET", `/socket.io/${name}`, { "if-none-match": known });
        assert.deepEqual([status, body], [304, ""]);
        for (const absent of ["etag", "cache-control", "content-type", "content-encoding"]) {
          assert.equal(headers[absent], undefined, absent);
        }
      }
    }
  },

  "another tag, a list of tags, or a bare version gets the file": async (stage) => {
    await stage.serve();
    const tag = tagOf(stage);
    for (const unknown of ['"0.0.0"', `"0.0.0", ${tag}`, tag.slice(1, -1), "*", ""]) {
      const { status } = await stage.ask("GET", BUNDLE, { "if-none-match": unknown });
      assert.equal(status, 200, unknown);
    }
  },

  "files are compressed in the way that the client likes best, of equals the one that it names first": async (
    stage,
  ) => {
    await stage.serve();
    for (const [accept, expected] of [
      ["br", "br"],
      ["gzip", "gzip"],
      ["deflate", "deflate"],
      ["gzip, deflate, br", "gzip"],
      ["deflate, gzip", "deflate"],
      ["br, gzip", "br"],
      ["br;q=0.9, deflate", "deflate"],
      ["gzip;q=0.5, br;q=0.8", "br"],
      ["*", "br"],
    ] as const) {
      const { headers, bytes } = await stage.ask("GET", BUNDLE, { "accept-encoding": accept });
      assert.equal(headers["content-encoding"], expected, accept);
      assert.equal(headers["etag"], tagOf(stage));
      assert.ok(DECODE[expected](bytes).equals(contentOf(stage, "socket.io.js")), accept);
    }
  },

  "a file is not compressed for a client that takes none of the three ways": async (stage) => {
    await stage.serve();
    for (const accept of ["identity", "gzip;q=0", "zstd", "compress", ""]) {
      const { headers, bytes } = await stage.ask("GET", BUNDLE, { "accept-encoding": accept });
      assert.equal(headers["content-encoding"], undefined, accept);
      assert.ok(bytes.equals(contentOf(stage, "socket.io.js")), accept);
    }
  },

  "HEAD gets the headers alone": async (stage) => {
    await stage.serve();
    const answer = await tcp(stage.port(), `HEAD ${BUNDLE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const [head = "", body] = answer.split("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 200 /);
    assert.match(head, /^etag: "/im);
    assert.equal(body, "");
  },

  "any other method is no request for a file": {
    upstreamDiffers: "Q-16",
    run: async (stage) => {
      await stage.serve();
      for (const method of ["POST", "PUT", "DELETE"]) {
        const { body } = await stage.ask(method, BUNDLE, {}, "x");
        assert.ok(isUnknownTransport(body), method);
      }
    },
  },

  "the path ends with a slash, no other character stands for it": {
    upstreamDiffers: "Q-16",
    run: async (stage) => {
      await served(stage);
      for (const path of ["/socket.ioXsocket.io.js", "/socket.io.socket.io.js", "/socket.io?socket.io.js"]) {
        assert.equal((await stage.ask("GET", path)).body, "application", path);
      }
    },
  },

  "what is below the path but no such file is left to the engine": async (stage) => {
    await stage.serve();
    for (const name of ["other.js", "socket.io.map", "socket.io.js.map.map", "x/socket.io.js", "socket.io.js/", ""]) {
      const { status, body } = await stage.ask("GET", `/socket.io/${name}`);
      assert.deepEqual([status, JSON.parse(body)], [400, { code: 0, message: "Transport unknown" }], name);
    }
  },

  "no path leads out of the folder": async (stage) => {
    await stage.serve();
    for (const path of [
      "../package.json",
      "%2e%2e/package.json",
      "..%2fpackage.json",
      "./socket.io.js",
      "//socket.io.js",
    ]) {
      const answer = await tcp(stage.port(), `GET /socket.io/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 /, path);
    }
  },

  "with serveClient: false the engine answers instead": async (stage) => {
    await stage.serve({ serveClient: false });
    for (const name of FILES) {
      const { status, body } = await stage.ask("GET", `/socket.io/${name}`);
      assert.deepEqual([status, JSON.parse(body)], [400, { code: 0, message: "Transport unknown" }], name);
    }
  },

  "the files are below the path of the server": async (stage) => {
    await served(stage, { path: "/chat/" });
    assert.ok((await stage.ask("GET", "/chat/socket.io.js")).bytes.equals(contentOf(stage, "socket.io.js")));
    assert.equal((await stage.ask("GET", BUNDLE)).body, "application");
  },

  "the cors option of the constructor puts its headers on the files, and answers preflights": async (stage) => {
    const origin = "https://example.org";
    await stage.serve({ cors: { origin, methods: ["GET"] } });
    const { status, headers, bytes } = await stage.ask("GET", BUNDLE, { origin });
    assert.equal(status, 200);
    assert.equal(headers["access-control-allow-origin"], origin);
    assert.ok(bytes.equals(contentOf(stage, "socket.io.js")));
    const preflight = await stage.ask("OPTIONS", BUNDLE, { origin, "access-control-request-method": "GET" });
    assert.deepEqual([preflight.status, preflight.body], [204, ""]);
    assert.equal(preflight.headers["access-control-allow-origin"], origin);
    assert.equal(preflight.headers["access-control-allow-methods"], "GET");
    const known = await stage.ask("GET", BUNDLE, { origin, "if-none-match": tagOf(stage) });
    assert.deepEqual([known.status, known.headers["access-control-allow-origin"]], [304, origin]);
  },

  "without the option no header of cors is on the files, and one given to attach changes nothing there": async (
    stage,
  ) => {
    const origin = "https://example.org";
    await stage.serve();
    assert.equal((await stage.ask("GET", BUNDLE, { origin })).headers["access-control-allow-origin"], undefined);
    stage.create().attach(await stage.http(), { cors: { origin } });
    assert.equal((await stage.ask("GET", BUNDLE, { origin })).headers["access-control-allow-origin"], undefined);
  },

  "a file that is compressed only for some says so to caches": {
    upstreamDiffers: "protocols.md 9.2, 21",
    run: async (stage) => {
      await stage.serve();
      for (const accept of ["gzip", "identity"]) {
        const { headers } = await stage.ask("GET", BUNDLE, { "accept-encoding": accept });
        assert.equal(headers["vary"], "Accept-Encoding");
      }
    },
  },
};

const DECODE: Readonly<Record<"br" | "gzip" | "deflate", (data: Buffer) => Buffer>> = {
  br: (data) => brotliDecompressSync(data),
  gzip: (data) => gunzipSync(data),
  deflate: (data) => inflateSync(data),
};

function isUnknownTransport(body: HttpAnswer["body"]): boolean {
  return body === JSON.stringify({ code: 0, message: "Transport unknown" });
}

function contentOf({ cell }: Stage, name: string): Buffer {
  return readFileSync(join(dirname(cell.require.resolve("socket.io/package.json")), "client-dist", name));
}

function tagOf({ cell }: Stage): string {
  return `"${(cell.require("socket.io/package.json") as { version: string }).version}"`;
}

/** Over an application that answers what the server does not. */
async function served(stage: Stage, options: object = {}): Promise<void> {
  stage.create(await stage.http(createServer((_req, res) => void res.end("application"))), options);
}
