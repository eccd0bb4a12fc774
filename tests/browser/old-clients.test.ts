/** Socket.IO 2.5.0 as pages have it, in Chromium: the ways to travel that it has in browsers alone, JSONP and binary bodies. */
import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { Server } from "socket.io";
import { assertNoLimit } from "../support/limits.ts";
import { listen } from "../support/listening.ts";
import { browserTest } from "./support/chromium.js";

const require = createRequire(new URL("../../peers/package.json", import.meta.url));
const bundle = require.resolve("sioc2/dist/socket.io.js");

interface Request {
  readonly method: string;
  readonly url: string;
  readonly contentType: string | undefined;
}

for (const { name, options, check } of [
  {
    name: "polling, with binary bodies both ways",
    options: { transports: ["polling"] },
    check: (requests: Request[]) => {
      const posts = requests.filter(({ method }) => method === "POST");
      assert.ok(posts.some(({ contentType }) => contentType === "application/octet-stream"));
      assert.ok(requests.every(({ url }) => !url.includes("b64=1")));
    },
  },
  {
    name: "polling with forceBase64",
    options: { transports: ["polling"], forceBase64: true },
    check: (requests: Request[]) => assert.ok(requests.every(({ url }) => url.includes("b64=1"))),
  },
  {
    name: "JSONP: script tags and forms",
    options: { transports: ["polling"], forceJSONP: true },
    check: (requests: Request[]) => {
      assert.ok(requests.every(({ url }) => /[?&]j=\d/.test(url)));
      const posts = requests.filter(({ method }) => method === "POST");
      assert.ok(posts.length > 0);
      assert.ok(posts.every(({ contentType }) => contentType === "application/x-www-form-urlencoded"));
    },
  },
  {
    name: "websocket",
    options: { transports: ["websocket"] },
    check: (requests: Request[]) => assert.deepEqual(requests, []),
  },
  {
    name: "polling, then the upgrade",
    options: {},
    check: (requests: Request[]) => assert.ok(requests.length > 0),
  },
]) {
  browserTest(`socket.io-client 2.5.0 in Chromium over ${name}`, async ({ open, t }) => {
    const { url, requests } = await serve(t);
    const page = await open(url);
    const version = (await page.evaluate(async () => (await fetch("/client.js")).text())).slice(0, 200);
    assert.match(version, /Socket\.IO v2\.5\.0/);
    const seen = await page.evaluate(talk, options);
    const final = "transports" in options ? options.transports[0] : "websocket";
    assert.deepEqual(seen, {
      answer: ["é€😀\\n\n\u2028", 1, null],
      bytes: [0, 1, 127, 128, 255],
      pushed: [1, 2, 3],
      refusal: "Invalid namespace",
      transport: final,
    });
    check(requests);
  });
}

/** The server, the page and the client of 2.5.0, and what was asked of the engine over HTTP. */
async function serve(t: TestContext): Promise<{ url: string; requests: Request[] }> {
  assert.ok(realpathSync(bundle).includes("/peers/node_modules/sioc2/dist/"));
  const client = readFileSync(bundle);
  const http = createServer((request, response) => {
    const isClient = request.url === "/client.js";
    response.setHeader("content-type", isClient ? "text/javascript" : "text/html");
    response.end(isClient ? client : "<!doctype html><title>2.5.0</title><body><script src=/client.js></script>");
  });
  const io = new Server(http, { allowEIO3: true });
  const requests: Request[] = [];
  http.prependListener("request", ({ method = "", url = "", headers }) => {
    if (url.startsWith("/socket.io/")) requests.push({ method, url, contentType: headers["content-type"] });
  });
  io.on("connection", (socket) => {
    assert.equal(socket.conn.protocol, 3);
    socket.on("echo", (...args) => (args.pop() as (...values: unknown[]) => void)(...args));
    socket.on("push", (n: number) => socket.emit("pushed", new Uint8Array([1, 2, n])));
  });
  const port = await listen(http);
  t.after(async () => {
    await io.close();
    http.closeAllConnections();
    assertNoLimit(io);
  });
  return { url: `http://127.0.0.1:${port}/`, requests };
}

/** Runs in the page. */
async function talk(options: object): Promise<object> {
  // `any`: the global of a script without types.
  const { io } = globalThis as any; // oxlint-disable-line typescript/no-explicit-any
  const socket = io(options);
  const heard = (emitter: { once(name: string, fn: (value: unknown) => void): void }, name: string): Promise<unknown> =>
    new Promise((resolve) => emitter.once(name, resolve));
  const ask = (...args: unknown[]): Promise<unknown[]> =>
    new Promise((resolve) => socket.emit("echo", ...args, (...answer: unknown[]) => resolve(answer)));
  await heard(socket, "connect");
  const { engine } = socket.io;
  if (!("transports" in options) && engine.transport.name === "polling") await heard(engine, "upgrade");
  const answer = await ask("é€😀\\n\n\u2028", 1, null);
  const [bytes] = await ask(new Uint8Array([0, 1, 127, 128, 255]).buffer);
  const pushed = heard(socket, "pushed");
  socket.emit("push", 3);
  const result = {
    answer,
    bytes: [...new Uint8Array(bytes as ArrayBuffer)],
    pushed: [...new Uint8Array((await pushed) as ArrayBuffer)],
    refusal: await heard(socket.io.socket("/nope"), "error"),
    transport: engine.transport.name,
  };
  socket.io.close();
  return result;
}
