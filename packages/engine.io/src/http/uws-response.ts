import { validateHeaderName, validateHeaderValue, type OutgoingHttpHeader, type OutgoingHttpHeaders } from "node:http";
import { ResponseStandIn } from "./response-stand-in.js";

/** Answers in place of a middleware. */
export type Respond = (status: number, headers: undefined, body: Buffer) => void;

/**
 * What middlewares get as response of a request that came in by uWebSockets.js: headers are kept for whatever answer
 * follows, and ending it answers the request.
 */
export class UwsResponse extends ResponseStandIn {
  readonly #respond: Respond;
  readonly #chunks: Buffer[] = [];

  constructor(respond: Respond) {
    super();
    this.#respond = respond;
  }

  override setHeader(name: string, value: OutgoingHttpHeader): this {
    // As in node:http, so that the fault is that of the middleware: uWebSockets.js writes whatever it is given.
    validateHeaderName(name);
    for (const line of Array.isArray(value) ? value : [value]) validateHeaderValue(name, line as string);
    return super.setHeader(name, value);
  }

  writeHead(status: number, reason?: string | OutgoingHttpHeaders, headers?: OutgoingHttpHeaders): this {
    this.statusCode = status;
    const given = typeof reason === "object" ? reason : headers;
    for (const [name, value] of Object.entries(given ?? {})) if (value !== undefined) this.setHeader(name, value);
    return this;
  }

  write(chunk?: unknown): boolean {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) this.#chunks.push(Buffer.from(chunk as string));
    return true;
  }

  end(chunk?: unknown): this {
    if (this.writableEnded) return this;
    this.write(chunk);
    this.#respond(this.statusCode, undefined, Buffer.concat(this.#chunks));
    return this;
  }

  /** Whoever waits for the end (a logger) hears of it: the request was answered, by whomever, or the peer has left. */
  settle(how: "answered" | "aborted"): void {
    if (this.writableEnded) return;
    this.writableEnded = true;
    this.headersSent = how === "answered";
    if (how === "answered") this.emit("finish");
    this.emit("close");
  }
}
