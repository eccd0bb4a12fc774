import { Socket as NetSocket } from "node:net";
import { Readable } from "node:stream";
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
  const req = new StandInRequest();
  const { socket } = req;
  const close = (): void => closeQuietly(session);
  const destroy = (): void => void socket.removeListener("close", close).destroy();
  socket.once("close", close);
  session.closed.then(destroy, destroy);
  return { req: req as unknown as EngineRequest, res: new UpgradeResponse(socket) };
}

/** What middlewares use of an IncomingMessage. That class itself can't be made by hand in Deno, whose sessions these are. */
class StandInRequest extends Readable {
  readonly method = "GET";
  readonly url = "/engine.io/?EIO=4&transport=webtransport";
  readonly _query = { EIO: "4", transport: "webtransport" };
  readonly headers = {};
  readonly rawHeaders: readonly string[] = [];
  readonly httpVersion = "3.0";
  readonly complete = true;
  /** Never connected: it is there for those who ask for `encrypted` or the address, or who destroy it. */
  readonly socket = Object.assign(new NetSocket(), { encrypted: true });
  readonly connection = this.socket;

  /** There is no body. */
  override _read(): void {
    this.push(null);
  }
}
