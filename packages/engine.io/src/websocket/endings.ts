import type { WebSocketEndpoint } from "./endpoint.js";

/** How long peers may take to end their connections once the server is closed, in ms: not as long as else, since its process waits for them. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

/** The WebSockets of a server whose end has begun, and whose peers have not ended the connection yet. */
export class Endings {
  readonly #endpoints = new Set<WebSocketEndpoint>();
  #isShutdown = false;
  #isLimited = false;

  /** This side has said that it is the end. */
  begin(endpoint: WebSocketEndpoint): void {
    this.#endpoints.add(endpoint);
    if (this.#isShutdown) this.#limit();
  }

  /** The connection has ended. */
  finish(endpoint: WebSocketEndpoint): void {
    this.#endpoints.delete(endpoint);
  }

  /** From now on peers that say nothing are given up early. Those that have yet to read what was sent to them have the usual time. */
  shutDown(): void {
    this.#isShutdown = true;
    if (this.#endpoints.size > 0) this.#limit();
  }

  #limit(): void {
    if (this.#isLimited) return;
    this.#isLimited = true;
    // Who holds the process are the connections, not the timer.
    setTimeout(() => this.#giveUp(), SHUTDOWN_TIMEOUT_MS).unref();
  }

  #giveUp(): void {
    this.#isLimited = false;
    // What the operating system has taken, it delivers by itself.
    for (const endpoint of this.#endpoints) if (endpoint.bufferedAmount === 0) endpoint.terminate();
    if (this.#endpoints.size > 0) this.#limit();
  }
}
