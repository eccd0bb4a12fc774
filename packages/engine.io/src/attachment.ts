import type { IncomingMessage, RequestListener, Server as HttpServer, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isBelow } from "./http/request.js";
import type { AttachOptions } from "./options.js";

const DESTROY_UPGRADE_TIMEOUT_MS = 1_000;

/** What an engine can be attached to. WebSockets come by HTTP/1.1 alone: over HTTP/2 only where `allowHTTP1` lets such clients in. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** What an HTTP server brings to an engine. */
export interface Attached {
  readonly takesUpgrades: boolean;
  onRequest(req: IncomingMessage, res: ServerResponse): void;
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  onListening(): void;
  onClose(): void;
}

/** Puts an engine before the request listeners that a server has; several engines may share one server (row S-76). */
export function attachTo(server: HttpServer, path: string, options: AttachOptions, engine: Attached): void {
  const others = server.listeners("request").slice() as RequestListener[];
  server.removeAllListeners("request");
  server.on("close", () => engine.onClose());
  server.on("listening", () => engine.onListening());
  server.on("request", (req, res) => {
    if (isBelow(path, req.url)) return engine.onRequest(req, res);
    for (const listener of others) listener.call(server, req, res);
  });
  if (!engine.takesUpgrades) return;
  server.on("upgrade", (req, socket, head) => {
    if (isBelow(path, req.url)) engine.onUpgrade(req, socket, head);
    else leave(socket, options);
  });
}

/** On connections that an engine of this process serves. A WeakSet of them costs each collection of the garbage. */
const CLAIMED = Symbol("claimed by an engine");

type Claimable = Duplex & { [CLAIMED]?: true };

/** False if another engine has taken the connection already. */
export function claim(socket: Claimable): boolean {
  if (socket[CLAIMED] === true) return false;
  socket[CLAIMED] = true;
  return true;
}

/** An upgrade request for somebody else: nobody may be there, and then the connection would stay open for ever. */
function leave(socket: Claimable, options: AttachOptions): void {
  // Whoever answers later may not be listening yet (CVE-2022-41940).
  socket.on("error", ignore);
  if (options.destroyUpgrade === false) return;
  const timer = setTimeout(() => {
    if (socket[CLAIMED] === true || !socket.writable || ((socket as Socket).bytesWritten ?? 0) > 0) return;
    socket.once("finish", destroy);
    socket.end();
  }, options.destroyUpgradeTimeout || DESTROY_UPGRADE_TIMEOUT_MS);
  socket.once("close", () => clearTimeout(timer));
}

function destroy(this: Duplex): void {
  this.destroy();
}

function ignore(): void {}
