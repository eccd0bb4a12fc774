import debugModule from "debug";
import { createServer, type Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";

const debug = debugModule("socket.io:server");

export type TServerInstance = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** Whether the argument of `attach` is a port, be it in digits. */
export function isPort(srv: unknown): boolean {
  return typeof srv === "number" || (typeof srv === "string" && srv !== "" && !Number.isNaN(Number(srv)));
}

/** An HTTP server on all interfaces that knows no page. */
export function listenOn(port: number): HttpServer {
  debug("creating http server and listening on port %d", port);
  const server = createServer((_req, res) => {
    res.writeHead(404);
    res.end();
  });
  return server.listen(port);
}

/** Closes an HTTP server. Resolves once it is closed, with the error of one that was not running. */
export function closed(server: TServerInstance): Promise<Error | undefined> {
  return new Promise((resolve) => server.close(resolve));
}
