import { EventEmitter } from "node:events";
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from "node:http";

/** What middlewares get where there is no ServerResponse (row E-17): headers are kept for the answer. */
export abstract class ResponseStandIn extends EventEmitter {
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  /** By lower-case name, with the name as it was written. */
  readonly #headers = new Map<string, readonly [name: string, value: OutgoingHttpHeader]>();

  setHeader(name: string, value: OutgoingHttpHeader): this {
    this.#headers.set(name.toLowerCase(), [name, value]);
    return this;
  }

  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.#headers.get(name.toLowerCase())?.[1];
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  /** The headers by the names that they were set with. */
  getHeaders(): OutgoingHttpHeaders {
    return Object.fromEntries(this.#headers.values());
  }

  abstract writeHead(status?: number, reason?: unknown, headers?: unknown): this;

  abstract write(chunk?: unknown): boolean;

  abstract end(chunk?: unknown): this;
}
