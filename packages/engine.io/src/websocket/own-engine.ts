import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Endings } from "./endings.js";
import type { WebSocketEndpoint } from "./endpoint.js";
import { acceptLines, readHandshake, refuseHandshake } from "./handshake.js";
import { OwnEndpoint } from "./own-endpoint.js";

/** WebSockets without extensions, right on the connection. */
export class OwnEngine {
  readonly #onHeaders: (lines: string[], req: IncomingMessage) => void;
  readonly #endings = new Endings();
  #closed = false;

  /** @param onHeaders may add lines to the 101 answer */
  constructor(onHeaders: (lines: string[], req: IncomingMessage) => void) {
    this.#onHeaders = onHeaders;
  }

  /** Answers an upgrade request: with 101 and then `onEndpoint`, or with an error of its own. */
  accept(
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    maxPayload: number,
    onEndpoint: (endpoint: WebSocketEndpoint) => void,
  ): void {
    const handshake = readHandshake(req);
    if ("status" in handshake) return refuseHandshake(socket, handshake);
    if (!socket.readable || !socket.writable) return void socket.destroy();
    if (this.#closed) return refuseHandshake(socket, { status: 503, message: "Service Unavailable" });
    const lines = acceptLines(handshake);
    this.#onHeaders(lines, req);
    const settings = { protocol: handshake.protocol, maxBytes: maxPayload, endings: this.#endings };
    onEndpoint(new OwnEndpoint(socket, head, `${lines.join("\r\n")}\r\n\r\n`, settings));
  }

  /** New requests are answered with 503 from now on, and peers have less time to end their connections. */
  close(): void {
    this.#closed = true;
    this.#endings.shutDown();
  }
}
