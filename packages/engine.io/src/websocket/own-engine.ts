import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketEndpoint } from "./endpoint.js";
import { acceptLines, readHandshake, refuseHandshake } from "./handshake.js";
import { OwnEndpoint } from "./own-endpoint.js";

/** WebSockets without extensions, right on the connection. */
export class OwnEngine {
  readonly #onHeaders: (lines: string[], req: IncomingMessage) => void;
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
    onEndpoint(new OwnEndpoint(socket, head, `${lines.join("\r\n")}\r\n\r\n`, handshake.protocol, maxPayload));
  }

  /** New requests are answered with 503 from now on. */
  close(): void {
    this.#closed = true;
  }
}
