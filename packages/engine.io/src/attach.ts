import { createServer } from "node:http";
import type { AnyHttpServer } from "./attachment.js";
import type { AttachOptions, ServerOptions } from "./options.js";
import { Server } from "./server.js";

/** Makes an engine that serves an HTTP server. */
export function attach(server: AnyHttpServer, options?: ServerOptions & AttachOptions): Server {
  const engine = new Server(options);
  engine.attach(server, options);
  return engine;
}

/** Makes an HTTP server that serves nothing but an engine, and lets it listen. */
export function listen(port: number, options?: ServerOptions & AttachOptions, listener?: () => void): Server;
export function listen(port: number, listener?: () => void): Server;
export function listen(
  port: number,
  options?: (ServerOptions & AttachOptions) | (() => void),
  listener?: () => void,
): Server {
  if (typeof options === "function") return listen(port, {}, options);
  const server = createServer((_req, res) => {
    res.writeHead(501);
    res.end("Not Implemented");
  });
  const engine = attach(server, options);
  engine.httpServer = server;
  server.listen(port, listener);
  return engine;
}
