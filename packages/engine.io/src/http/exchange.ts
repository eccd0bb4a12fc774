import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { ERROR_CODES, refusalMessage, type Refusal } from "../errors.js";
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
  /** True if it can't be answered any more: it was, or the peer has left. */
  readonly isOver: boolean;
  /** How this server answers a request that comes while another of its kind is served (E-52, section 1.7 of the API). */
  readonly overlapStatus: 400 | 500;

  /** Gathers the body; the listener gets it, or hears that it exceeds the limit. */
  readBody(limitBytes: number): void;

  /**
   * @param onTaken called once the operating system has taken the answer, or nobody will
   */
  respond(status: number, headers?: OutgoingHttpHeaders, body?: string | Uint8Array, onTaken?: () => void): void;

  /** Cuts the connection without an answer. */
  abort(): void;
}

export interface ExchangeListener {
  onBody(exchange: HttpExchange, body: Buffer): void;

  /** Counted while it arrives; the rest of the body is thrown away. */
  onBodyTooLarge(exchange: HttpExchange): void;

  /** There is no body that could be read, or not as much as was announced. */
  onBodyInvalid(exchange: HttpExchange, status: 400 | 411, message: string): void;

  /** The peer left before it was answered. */
  onAbort(exchange: HttpExchange): void;
}

/** The exact answers are in protocols.md 1.2. */
export function respondRefusal(exchange: HttpExchange, refusal: Refusal): void {
  const headers: OutgoingHttpHeaders = { "Content-Type": "application/json" };
  let status = refusal.code === ERROR_CODES.FORBIDDEN ? 403 : 400;
  if (refusal.retryAfterS !== undefined) {
    status = 429;
    headers["Retry-After"] = refusal.retryAfterS;
  }
  const body = JSON.stringify({ code: refusal.code, message: refusalMessage(refusal) });
  exchange.respond(status, headers, body);
}
