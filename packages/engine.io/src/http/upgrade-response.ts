import type { Duplex } from "node:stream";
import { ResponseStandIn } from "./response-stand-in.js";

/**
 * What middlewares get as response of an upgrade request on node:http: headers are kept for the 101 answer; ending it refuses
 * the request and closes the connection without a word.
 */
export class UpgradeResponse extends ResponseStandIn {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
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
