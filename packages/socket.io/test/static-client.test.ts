import assert from "node:assert/strict";
import {
  createServer,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server as HttpServer,
} from "node:http";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import test, { after, before, type TestContext } from "node:test";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Server, type ServerOptions } from "socket.io";
import { listen } from "../../../tests/support/listening.ts";

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve("socket.io/package.json")), "client-dist");
const { version } = require("socket.io/package.json") as { version: string };

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

// The bundles come from the client's build. Without one, what is served here only has to be there, for as long.
const standIns = ["socket.io.js", "socket.io.js.map"]
  .map((name) => join(folder, name))
  .filter((file) => !existsSync(file));

before(() => {
  mkdirSync(folder, { recursive: true });
  for (const file of standIns) writeFileSync(file, "{}\n");
});

after(() => {
  for (const file of standIns) rmSync(file);
});

async function listening(t: TestContext, options: Partial<ServerOptions> = {}, io = new Server(options)) {
  const http: HttpServer = createServer((_req, res) => {
    res.writeHead(404);
    res.end("application");
  });
  io.attach(http);
  const port = await listen(http);
  t.after(() => io.close());
  return (path: string, headers: OutgoingHttpHeaders = {}, method = "GET"): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const req = request({ port, path, headers, method, agent: false }, (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("end", () => resolve({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(chunks) }));
      });
      req.on("error", reject);
      req.end();
    });
}

test("serves the client bundle with its type, version and caching headers", async (t) => {
  const get = await listening(t);
  const { status, headers, body } = await get("/socket.io/socket.io.js?v=1");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "application/javascript; charset=utf-8");
  assert.equal(headers["cache-control"], "public, max-age=0");
  assert.equal(headers.etag, `"${version}"`);
  assert.equal(headers["content-encoding"], undefined);
  assert.deepEqual(body, readFileSync(join(folder, "socket.io.js")));
  const map = await get("/socket.io/socket.io.js.map");
  assert.equal(map.headers["content-type"], "application/json; charset=utf-8");
});

test("answers 304 to a client that has this version", async (t) => {
  const get = await listening(t);
  for (const etag of [`"${version}"`, `W/"${version}"`]) {
    const { status, headers, body } = await get("/socket.io/socket.io.js", { "if-none-match": etag });
    assert.equal(status, 304);
    assert.equal(headers.etag, undefined);
    assert.equal(body.length, 0);
  }
  assert.equal((await get("/socket.io/socket.io.js", { "if-none-match": '"other"' })).status, 200);
});

test("compresses as the client likes best, the first named of equals", async (t) => {
  const get = await listening(t);
  const plain = readFileSync(join(folder, "socket.io.js"));
  const inflate = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };
  for (const [accept, expected] of [
    ["gzip, deflate, br", "gzip"],
    ["br;q=0.9, deflate", "deflate"],
    ["gzip;q=0.5, br;q=0.8", "br"],
    ["*", "br"],
    ["GZIP", "gzip"],
  ] as const) {
    const { headers, body } = await get("/socket.io/socket.io.js", { "accept-encoding": accept });
    assert.equal(headers["content-encoding"], expected, accept);
    assert.equal(headers.vary, "Accept-Encoding");
    assert.deepEqual(inflate[expected](body), plain);
  }
  for (const accept of ["identity", "gzip;q=0", "zstd", "constructor", ""]) {
    const { headers, body } = await get("/socket.io/socket.io.js", { "accept-encoding": accept });
    assert.equal(headers["content-encoding"], undefined, accept);
    assert.deepEqual(body, plain);
  }
});

test("HEAD gets the headers alone; other methods and other separators are no requests for bundles", async (t) => {
  const get = await listening(t);
  const head = await get("/socket.io/socket.io.js", {}, "HEAD");
  assert.equal(head.status, 200);
  assert.equal(head.headers.etag, `"${version}"`);
  assert.equal(head.body.length, 0);
  assert.equal((await get("/socket.io/socket.io.js", {}, "POST")).status, 400);
  assert.equal((await get("/socket.ioXsocket.io.js")).status, 404);
});

test("only the files of the table are served", async (t) => {
  const get = await listening(t);
  for (const path of ["/socket.io/other.js", "/socket.io/../package.json", "/socket.io/%2e%2e/package.json"]) {
    assert.equal((await get(path)).status, 400, path);
  }
  assert.equal((await get("/elsewhere")).body.toString(), "application");
});

test("serveClient: false leaves the requests to the engine", async (t) => {
  const get = await listening(t, { serveClient: false });
  assert.equal((await get("/socket.io/socket.io.js")).status, 400);
});

test("the path option moves the bundles", async (t) => {
  const get = await listening(t, { path: "/chat/" });
  assert.equal((await get("/chat/socket.io.js")).status, 200);
  assert.equal((await get("/socket.io/socket.io.js")).status, 404);
});

test("the cors option of the constructor holds for the bundles, preflights included", async (t) => {
  const get = await listening(t, { cors: { origin: "https://example.org" } });
  const { headers } = await get("/socket.io/socket.io.js", { origin: "https://example.org" });
  assert.equal(headers["access-control-allow-origin"], "https://example.org");
  const preflight = await get("/socket.io/socket.io.js", { "access-control-request-method": "GET" }, "OPTIONS");
  assert.equal(preflight.status, 204);
});

test("attachServe serves the bundles alone, for packages that bring an engine of their own", async (t) => {
  const http = createServer((_req, res) => res.writeHead(404).end("application"));
  const port = await listen(http);
  t.after(() => http.close());
  (new Server() as unknown as { attachServe(server: HttpServer): void }).attachServe(http);
  const bodyOf = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  assert.equal(await bodyOf("/socket.io/socket.io.js.map"), readFileSync(join(folder, "socket.io.js.map"), "utf8"));
  assert.equal(await bodyOf("/socket.io/?EIO=4&transport=polling"), "application");
});
