import { IncomingMessage } from "node:http";
import { Socket as NetSocket } from "node:net";
import type { EngineRequest } from "../http/request.js";
import { UpgradeResponse } from "../http/upgrade-response.js";
import { closeQuietly } from "./endpoint.js";
import type { WebTransportSession } from "./session.js";

/** A WebTransport session as middlewares see it. */
export interface StandIn {
  readonly req: EngineRequest;
  readonly res: UpgradeResponse;
}

/**
 * Middlewares are written for requests, and a WebTransport session has none: they get a GET request without headers, and a
 * response whose end closes the session. Upstream closes every session instead, as soon as there is a middleware.
 */
export function standInFor(session: WebTransportSession): StandIn {
  // Never connected: it is there for those who ask for `encrypted` and the address, or who destroy it.
  const socket = Object.assign(new NetSocket(), { encrypted: true });
  const req = Object.assign(new IncomingMessage(socket), {
    method: "GET",
    url: "/engine.io/?EIO=4&transport=webtransport",
    complete: true,
    _query: { EIO: "4", transport: "webtransport" },
  });
  // Nobody waits for a body.
  req.push(null);
  const close = (): void => closeQuietly(session);
  const destroy = (): void => void socket.removeListener("close", close).destroy();
  socket.once("close", close);
  session.closed.then(destroy, destroy);
  return { req, res: new UpgradeResponse(socket) };
}
