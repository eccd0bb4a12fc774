import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { EngineRequest } from "./request.js";

/**
 * One HTTP request and its answer, whatever server it came in by. Polling is written against this; each server has a thin
 * binding. After {@link respond} or {@link abort} the listener hears nothing any more.
 */
export interface HttpExchange {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The request as the application sees it. */
  readonly request: EngineRequest;
  listener: ExchangeListener | null;

  /** Gathers the body; the listener gets it, or hears that it exceeds the limit. */
  readBody(limitBytes: number): void;

  respond(status: number, headers?: OutgoingHttpHeaders, body?: string | Uint8Array): void;

  /** Cuts the connection without an answer. */
  abort(): void;
}

export interface ExchangeListener {
  onBody(exchange: HttpExchange, body: Buffer): void;

  /** Counted while it arrives; the rest of the body is thrown away. */
  onBodyTooLarge(exchange: HttpExchange): void;

  /** The peer left before it was answered. */
  onAbort(exchange: HttpExchange): void;
}
