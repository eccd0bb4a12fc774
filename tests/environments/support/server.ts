/** Our server, which echoes for the applications of tests/environments and serves them their files. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import type { Socket as EngineSocket } from "engine.io";
import { Server, type ServerOptions } from "socket.io";
import { serverPackages } from "../../interop/implementations.ts";
import { listen } from "../../support/listening.ts";

export interface EchoServer {
  readonly url: string;
  readonly io: Server;
  /** For each connection the transport that it began with. */
  readonly began: string[];
  close(): Promise<void>;
}

/** @param files path → text, served beside `/` (an empty page) */
export async function serveEcho(
  files: ReadonlyMap<string, string> = new Map(),
  options: Partial<ServerOptions> = {},
): Promise<EchoServer> {
  const ours = fileURLToPath(new URL("../../../packages/", import.meta.url));
  for (const { entry, name } of serverPackages("ours")) assert.ok(entry.startsWith(ours), `${name}: ${entry}`);

  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const text = pathname === "/" ? "<!doctype html><title>echo</title>" : files.get(pathname);
    response.statusCode = text === undefined ? 404 : 200;
    response.setHeader("content-type", pathname.endsWith(".js") ? "text/javascript" : "text/html");
    response.end(text);
  });
  const io = new Server(http, options);
  const began: string[] = [];
  io.engine.on("connection", (session: EngineSocket) => began.push(session.transport.name));
  io.on("connection", (socket) => {
    socket.on("echo", (data: unknown, answer: (data: unknown) => void) => answer(data));
  });
  const port = await listen(http);
  return { url: `http://127.0.0.1:${port}`, io, began, close: () => io.close() };
}

/** What `converse` of the applications gives. */
export function conversation(transport: string): object {
  return { transport, text: "a € b", bytes: [0, 1, 255], end: "io client disconnect" };
}
