/** Pages that load the client from one of the bundles which our server serves, and what they do with it in any browser. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import type { Socket as EngineSocket } from "engine.io";
import { Server, type ServerOptions } from "socket.io";
import * as msgpack from "socket.io-msgpack-parser";
import { serverPackages } from "../../interop/implementations.ts";
import { listen } from "../../support/listening.ts";

/** What pages can load: below /socket.io/, where the server serves it itself, else from the application's own files. */
export const BUNDLES = [
  "socket.io.js",
  "socket.io.min.js",
  "socket.io.esm.min.js",
  "socket.io.msgpack.min.js",
  "socket.io.websocket.esm.min.js",
] as const;
export type Bundle = (typeof BUNDLES)[number];

/** Lists of transports, and the one that carries the session in the end. */
export const WAYS = [["polling"], ["websocket"], ["polling", "websocket"]] as const;

/** The ways that a bundle knows. */
export function waysOf(bundle: Bundle): readonly (readonly string[])[] {
  return bundle.includes(".websocket.") ? [["websocket"]] : WAYS;
}

export interface PageServer {
  readonly url: string;
  readonly io: Server;
  /** The transports that the sessions began with, and those that they moved to. */
  readonly carriers: string[];
}

/** Serves the bundles, and at `/<bundle>` a page that has loaded it by a script tag as `globalThis.io`. */
export async function serveBundlePages(t: TestContext, options: Partial<ServerOptions> = {}): Promise<PageServer> {
  const ours = new URL("../../../packages/", import.meta.url).pathname;
  for (const { entry, name } of serverPackages("ours")) assert.ok(entry.startsWith(ours), `${name}: ${entry}`);
  const { version } = JSON.parse(
    readFileSync(new URL("../../../packages/socket.io-client/package.json", import.meta.url), "utf8"),
  ) as { version: string };

  const http = createServer((request, response) => {
    const isOwnFile = request.url === pathOf(NOT_SERVED);
    response.setHeader("content-type", isOwnFile ? "text/javascript" : "text/html");
    if (isOwnFile)
      response.end(readFileSync(new URL(`../../../packages/socket.io-client/dist/${NOT_SERVED}`, import.meta.url)));
    else response.end(`<!doctype html><title>bundles</title>${scriptTag(request.url!.slice(1))}`);
  });
  const io = new Server(http, options);
  const carriers: string[] = [];
  io.engine.on("connection", (session: EngineSocket) => {
    carriers.push(session.transport.name);
    session.on("upgrade", ({ name }: { name: string }) => carriers.push(name));
  });
  io.on("connection", (socket) => {
    socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
  });
  const port = await listen(http);
  t.after(() => io.close());
  const url = `http://127.0.0.1:${port}`;
  for (const bundle of BUNDLES) {
    const text = await (await fetch(url + pathOf(bundle))).text();
    assert.ok(text.startsWith(`/*! socket.io-client v${version} | MIT */`), bundle);
  }
  return { url, io, carriers };
}

/** What a server takes for a bundle: the msgpack one talks to servers with that parser. */
export function optionsFor(bundle: Bundle): Partial<ServerOptions> {
  return bundle.includes(".msgpack.") ? { parser: msgpack } : {};
}

/** For those who build without a bundler, and want WebSocket alone: a file of the package that no server serves by itself. */
const NOT_SERVED: Bundle = "socket.io.websocket.esm.min.js";

function pathOf(bundle: string): string {
  return bundle === NOT_SERVED ? `/files/${bundle}` : `/socket.io/${bundle}`;
}

function scriptTag(bundle: string): string {
  if (!BUNDLES.includes(bundle as Bundle)) return "";
  if (!bundle.includes(".esm.")) return `<script src="${pathOf(bundle)}"></script>`;
  return `<script type="module">import { io } from "${pathOf(bundle)}"; globalThis.io = io;</script>`;
}

export interface Heard {
  readonly transports: string[];
  readonly text: string;
  readonly bytes: number[];
}

export const EXPECTED = { text: "a € \u{1F600}", bytes: [0, 1, 255] };

/** Runs in the page, so it may use nothing but its argument: connects, waits for the last transport, has text and bytes acknowledged. */
export async function converseInPage(transports: readonly string[]): Promise<Heard> {
  const { io } = globalThis as unknown as { io: typeof import("socket.io-client").io };
  const socket = io({ transports: transports as never, forceNew: true, reconnection: false });
  const used: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const note = (): void => {
      used.push(socket.io.engine.transport.name);
      if (used.length === transports.length) resolve();
    };
    // Either may come first: the upgrade, or the answer of the namespace.
    socket.io.engine.once("open", note);
    socket.io.engine.once("upgrade", note);
    socket.io.engine.once("upgradeError", reject);
    socket.on("connect_error", reject);
  });
  const data = { text: "a € \u{1F600}", bytes: new Uint8Array([0, 1, 255]) };
  const { text, bytes } = (await socket.emitWithAck("echo", data)) as { text: string; bytes: ArrayBuffer };
  socket.disconnect();
  return { transports: used, text, bytes: [...new Uint8Array(bytes)] };
}
