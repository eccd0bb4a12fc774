import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { PerMessageDeflateOptions, WebSocket } from "ws";
import { Endings } from "./endings.js";
import type { WebSocketEndpoint } from "./endpoint.js";
import { WsEndpoint } from "./ws-endpoint.js";

/** What is used of `Server` of the package `ws`; engines with the same interface can take its place (row S-30). */
export interface WsServer {
  readonly options?: { maxPayload?: number | undefined };
  // `any`: the events of `ws` are typed by overloads, of which only the last one would be compared.
  // eslint-disable-next-line typescript/no-explicit-any
  on(event: string, listener: (...args: any[]) => void): unknown;
  handleUpgrade(
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (socket: WebSocket, req: IncomingMessage) => void,
  ): void;
  close(): void;
}

export type WsServerConstructor = new (options: {
  noServer: true;
  clientTracking: false;
  perMessageDeflate: false | PerMessageDeflateOptions;
  maxPayload: number;
}) => WsServer;

/**
 * That of the package `ws`, which is loaded at the first call: fourteen files.
 * @throws the error of `require`
 */
export function wsServer(): WsServerConstructor {
  return (require("ws") as typeof import("ws")).WebSocketServer;
}

/** WebSockets by the package `ws`, or by what has its interface. */
export class WsEngine {
  readonly #server: WsServer;
  readonly #endings = new Endings();

  /** @param onHeaders may add lines to the 101 answer */
  constructor(
    Server: WsServerConstructor,
    options: { perMessageDeflate: false | PerMessageDeflateOptions; maxPayload: number },
    onHeaders: (lines: string[], req: IncomingMessage) => void,
  ) {
    this.#server = new Server({ noServer: true, clientTracking: false, ...options });
    this.#server.on("headers", onHeaders);
  }

  /** Answers an upgrade request: with 101 and then `onEndpoint`, or with an error of its own. */
  accept(
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    maxPayload: number,
    onEndpoint: (endpoint: WebSocketEndpoint) => void,
  ): void {
    // The limit may have been changed since the server was made (row E-11).
    const { options } = this.#server;
    if (options !== undefined) options.maxPayload = maxPayload;
    this.#server.handleUpgrade(req, socket, head, (ws) => onEndpoint(new WsEndpoint(ws, socket, this.#endings)));
  }

  /** New requests are answered with 503 from now on, and peers have less time to end their connections. */
  close(): void {
    this.#server.close();
    this.#endings.shutDown();
  }
}
