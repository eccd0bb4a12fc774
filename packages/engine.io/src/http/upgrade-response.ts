import { EventEmitter } from "node:events";
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";

/**
 * What middlewares get as response of an upgrade request (row E-17): headers are kept for the 101 answer; ending it
 * refuses the request and closes the connection without a word.
 */
export class UpgradeResponse extends EventEmitter {
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  readonly #socket: Duplex;
  /** By lower-case name, with the name as it was written. */
  readonly #headers = new Map<string, readonly [name: string, value: OutgoingHttpHeader]>();

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
  }

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

  writeHead(): this {
    return this;
  }

  write(): boolean {
    return true;
  }

  end(): this {
    if (this.writableEnded) return this;
    this.headersSent = true;
    this.writableEnded = true;
    this.#socket.destroy();
    this.emit("finish");
    this.emit("close");
    return this;
  }

  /** The middlewares are done. Whoever waits for the end (a logger) hears of that of the connection; else nothing keeps this alive. */
  release(): void {
    if (this.writableEnded || this.listenerCount("finish") + this.listenerCount("close") === 0) return;
    this.#socket.once("close", () => {
      this.emit("finish");
      this.emit("close");
    });
  }
}
