import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { PerMessageDeflateOptions, WebSocket } from "ws";
import type { EndpointListener, WebSocketEndpoint } from "./endpoint.js";

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

const ENDPOINT = Symbol("endpoint");

/** WebSockets by the package `ws`, or by what has its interface. */
export class WsEngine {
  readonly #server: WsServer;

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
    this.#server.handleUpgrade(req, socket, head, (ws) => onEndpoint(new WsEndpoint(ws)));
  }

  /** New requests are answered with 503 from now on. */
  close(): void {
    this.#server.close();
  }
}

interface Message {
  readonly compress: boolean;
}

const COMPRESSED: Message = { compress: true };
const PLAIN: Message = { compress: false };

class WsEndpoint implements WebSocketEndpoint {
  readonly socket: WebSocket;
  listener: EndpointListener | null = null;
  /** Made when first needed: most connections never have more to send than the operating system takes. */
  #written: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    (socket as unknown as { [ENDPOINT]: WsEndpoint })[ENDPOINT] = this;
    socket.on("message", onMessage);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  send(data: string | ArrayBuffer | ArrayBufferView, compress: boolean, notify: boolean): void {
    const options = compress ? COMPRESSED : PLAIN;
    if (!notify) return this.socket.send(data, options);
    this.#written ??= () => this.listener?.onWritten();
    this.socket.send(data, options, this.#written);
  }

  close(): void {
    this.socket.close();
  }

  terminate(): void {
    this.socket.terminate();
  }
}

function onMessage(this: WebSocket, data: Buffer | ArrayBuffer | string, isBinary: boolean): void {
  const listener = listenerOf(this);
  if (listener === null) return;
  if (typeof data === "string") return listener.onMessage(data);
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data);
  listener.onMessage(isBinary ? bytes : bytes.toString());
}

function onError(this: WebSocket, error: unknown): void {
  listenerOf(this)?.onError(error);
}

function onClose(this: WebSocket): void {
  listenerOf(this)?.onClose();
}

function listenerOf(socket: WebSocket): EndpointListener | null {
  return (socket as unknown as { [ENDPOINT]: WsEndpoint })[ENDPOINT].listener;
}
