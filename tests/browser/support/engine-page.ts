/** A page with the engine's client of the built bundle, and the engine's server behind it. */
import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Server, type ServerOptions } from "engine.io";
import { listening } from "../../support/listening.ts";

const BUNDLE = new URL("../../../packages/engine.io-client/dist/engine.io.esm.min.js", import.meta.url);

export interface EnginePage {
  readonly url: string;
  readonly engine: Server;
  /** Every request of the page that is Engine.IO's, upgrades included. */
  readonly requests: IncomingMessage[];
}

/** Serves `/` (an empty page) and `/client.js` (the bundle); every session echoes what it is sent. */
export async function servePage(t: TestContext, options: ServerOptions = {}): Promise<EnginePage> {
  const bundle = readFileSync(BUNDLE);
  assert.match(bundle.toString(), /^\/\*! engine\.io-client v\S+ \| MIT \*\//);
  const entry = realpathSync(createRequire(import.meta.url).resolve("engine.io"));
  assert.ok(entry.startsWith(fileURLToPath(new URL("../../../packages/engine.io/", import.meta.url))), entry);

  const http = createServer((request, response) => {
    const isScript = request.url === "/client.js";
    response.statusCode = isScript || request.url === "/" ? 200 : 404;
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? bundle : "<!doctype html><title>engine</title>");
  });
  const engine = new Server(options);
  engine.attach(http);
  const requests: IncomingMessage[] = [];
  const note = (request: IncomingMessage): void => {
    if (request.url!.startsWith("/engine.io/")) requests.push(request);
  };
  http.prependListener("request", note);
  http.prependListener("upgrade", note);
  engine.on("connection", (socket) => socket.on("message", (data: string | Buffer) => socket.send(data)));
  const port = await listening(t, http, engine);
  return { url: `http://127.0.0.1:${port}`, engine, requests };
}
