import type { IncomingMessage } from "node:http";
import type { Refusal } from "../errors.js";
import { badRequest } from "../handshake.js";
import type { EngineRequest } from "../http/request.js";
import { runMiddlewares, type Middleware } from "../middleware.js";
import { Arrival, type ArrivalHost } from "./arrival.js";
import type { WebTransportEndpoint } from "./endpoint.js";
import { standInFor } from "./request.js";
import type { WebTransportSession } from "./session.js";

/** What the arrivals ask of the server. */
export interface ArrivalsHost {
  readonly opts: ArrivalHost["opts"];
  readonly limitsReached: ArrivalHost["limitsReached"];
  readonly middlewares: readonly Middleware[];
  reportRefusal(req: IncomingMessage, refusal: Refusal): void;
  /** A client opens; see {@link ArrivalHost.onArrived}. `req` is what the middlewares saw, null where there are none. */
  onArrived(endpoint: WebTransportEndpoint, sid: string | undefined, req: EngineRequest | null): void;
}

/** The WebTransport sessions of one server that have not opened yet. */
export class Arrivals {
  readonly #host: ArrivalsHost;
  readonly #waiting = new Set<Arrival>();

  constructor(host: ArrivalsHost) {
    this.#host = host;
  }

  /** Settles, and never rejects, once the client has opened or was turned away. */
  receive(session: WebTransportSession): Promise<void> {
    const host = this.#host;
    return new Promise((resolve) => {
      let request: EngineRequest | null = null;
      const arrival = new Arrival(session, {
        opts: host.opts,
        limitsReached: host.limitsReached,
        admit: (done) => {
          if (host.middlewares.length === 0) return done();
          const { req, res } = standInFor(session);
          request = req;
          runMiddlewares(host.middlewares, req, res, (error) => {
            res.release();
            if (res.writableEnded) return;
            if (error !== undefined) host.reportRefusal(req, badRequest("MIDDLEWARE_FAILURE"));
            done(error);
          });
        },
        onArrived: (endpoint, sid) => host.onArrived(endpoint, sid, request),
        onSettled: (settled) => {
          this.#waiting.delete(settled);
          resolve();
        },
      });
      this.#waiting.add(arrival);
      arrival.start();
    });
  }

  /** Turns away all that wait. */
  refuseAll(): void {
    for (const arrival of this.#waiting) arrival.refuse();
  }
}
