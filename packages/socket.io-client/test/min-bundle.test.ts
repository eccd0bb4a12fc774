import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import type * as client from "socket.io-client";
import { portOf } from "../../../tests/support/listening.ts";
import { serveUpstream } from "./support/upstream-server.ts";

// The minified module, whose members have other names than the sources give them, against upstream's server.

const { WebSocket, WebSocketServer } = createRequire(import.meta.url)("ws");

/** What the bundle needs of a browser and Node 20 does not have. */
function asBrowser(t: TestContext): void {
  const page = globalThis as { WebSocket?: unknown };
  const { WebSocket: before } = page;
  page.WebSocket = WebSocket;
  t.after(() => (page.WebSocket = before));
}

/** As a module of its own: its ending says none to Node. */
async function load(t: TestContext, file: string): Promise<typeof client> {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const copy = join(folder, "bundle.mjs");
  copyFileSync(new URL(`../dist/${file}`, import.meta.url), copy);
  return (await import(pathToFileURL(copy).href)) as typeof client;
}

async function serve(t: TestContext): Promise<string> {
  const { server, url } = await serveUpstream(t);
  // oxlint-disable-next-line typescript/no-explicit-any -- upstream's socket
  server.on("connection", (socket: any) => {
    socket.on("echo", (value: unknown, answer: (value: unknown) => void) => answer(value));
    socket.on("leave", () => socket.disconnect());
  });
  return url;
}

async function converse(t: TestContext, io: typeof client.io, url: string, options: object): Promise<void> {
  const socket = io(url, { forceNew: true, ackTimeout: 10_000, retries: 2, ...options });
  t.after(() => socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const bytes = Uint8Array.of(1, 2, 3);
  assert.deepEqual(await socket.emitWithAck("echo", { deep: [bytes], text: "é" }), {
    deep: [bytes.buffer],
    text: "é",
  });
  const left = new Promise((resolve) => socket.on("disconnect", resolve));
  socket.emit("leave");
  assert.equal(await left, "io server disconnect");
}

test(
  "the minified module talks over polling by fetch and over WebSocket, and reconnects",
  { timeout: 30_000 },
  async (t) => {
    asBrowser(t);
    const url = await serve(t);
    const { io, Fetch, WebSocket: Native } = await load(t, "socket.io.esm.min.js");
    await converse(t, io, url, { transports: ["websocket"] });
    await converse(t, io, url, { transportImplementations: [Fetch] });
    await converse(t, io, url, { transportImplementations: [Fetch, Native] });
    const socket = io(url, { transports: ["websocket"], reconnectionDelay: 1, forceNew: true });
    t.after(() => socket.disconnect());
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const back = new Promise((resolve) => socket.io.on("reconnect", resolve));
    socket.io.engine.close();
    assert.equal(await back, 1);
  },
);

/** Levels of nesting that JSON.parse takes, and recursion does not. */
const DEEP = 400_000;
const nested = (inner: string): string => "[".repeat(DEEP) + inner + "]".repeat(DEEP);

/** A server that says these messages to whoever joins. */
async function serveMessages(t: TestContext, messages: readonly (string | Buffer)[]): Promise<string> {
  const server = new WebSocketServer({ port: 0 });
  t.after(() => server.close());
  server.on("connection", (socket: typeof WebSocket) => {
    socket.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    socket.once("message", () => {
      for (const message of ['40{"sid":"y"}', ...messages]) socket.send(message);
    });
  });
  await once(server, "listening");
  return `http://localhost:${portOf(server)}`;
}

test(
  "a packet that is nested too deep to be walked closes the connection of a page as a parse error",
  { timeout: 30_000 },
  async (t) => {
    asBrowser(t);
    const { io } = await load(t, "socket.io.esm.min.js");
    const placeholder = '{"_placeholder":true,"num":0}';
    const url = await serveMessages(t, [`451-["x",${nested(placeholder)}]`, Buffer.of(1)]);
    const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
    t.after(() => socket.disconnect());
    socket.on("x", () => assert.fail("it was delivered"));
    const [reason, error] = await new Promise<unknown[]>((resolve) =>
      socket.on("disconnect", (...told) => resolve(told)),
    );
    assert.deepEqual([reason, (error as Error).name], ["parse error", "RangeError"]);
  },
);

test("a packet that is only parsed may be nested as deep as it likes", { timeout: 30_000 }, async (t) => {
  asBrowser(t);
  const { io } = await load(t, "socket.io.esm.min.js");
  const socket = io(await serveMessages(t, [`42["x",${nested("1")}]`, '42["next"]']), {
    transports: ["websocket"],
    forceNew: true,
  });
  t.after(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.on("next", resolve));
  assert.equal(socket.connected, true);
});

test("the minified module keeps the names that users and downstream packages read", { timeout: 30_000 }, async (t) => {
  asBrowser(t);
  const url = await serve(t);
  const { io } = await load(t, "socket.io.esm.min.js");
  const socket = io(url, { transports: ["websocket"], forceNew: true });
  t.after(() => socket.disconnect());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  const has = (target: object, names: readonly string[]): void => {
    for (const name of names) assert.ok(name in target, name);
  };
  // Rows C-56 to C-64, C-79 to C-96, C-126, E-74 to E-79.
  has(socket, ["id", "connected", "disconnected", "active", "recovered", "io", "receiveBuffer", "sendBuffer"]);
  has(socket, [
    "nsp",
    "_opts",
    "_pid",
    "_queue",
    "ids",
    "acks",
    "flags",
    "emitWithAck",
    "timeout",
    "compress",
    "volatile",
  ]);
  has(socket, ["onAny", "prependAny", "offAny", "listenersAny", "onAnyOutgoing", "offAnyOutgoing", "addEventListener"]);
  has(socket.io, ["engine", "opts", "uri", "nsps", "backoff", "encoder", "decoder", "skipReconnect", "setTimeoutFn"]);
  has(socket.io, [
    "_autoConnect",
    "_readyState",
    "_reconnecting",
    "_close",
    "_packet",
    "_destroy",
    "reconnectionDelayMax",
  ]);
  has(socket.io.engine, [
    "id",
    "transport",
    "binaryType",
    "readyState",
    "writeBuffer",
    "opts",
    "transports",
    "upgrading",
  ]);
  has(socket.io.engine, ["hostname", "port", "secure", "_cookieJar", "_hasPingExpired", "write", "emitReserved"]);
  has(socket.io.engine.transport, [
    "name",
    "query",
    "opts",
    "writable",
    "supportsBinary",
    "socket",
    "doOpen",
    "doClose",
  ]);
});
