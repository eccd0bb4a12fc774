import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { refusalMessage, type Refusal } from "../errors.js";
import type { ExchangeListener, HttpExchange } from "./exchange.js";
import type { EngineRequest } from "./request.js";

const EXCHANGE = Symbol("exchange");

/** RFC 9113, 7: the stream is no longer needed. */
const CANCEL = 0x8;

/**
 * How much of a refused body is still read and dropped, in bytes: browsers look at the answer only once they have sent all of
 * their request.
 */
const DISCARDED_BYTES = 100_000_000;

/** An exchange over node:http. Listeners are functions of the module, not closures: there is one exchange per request. */
export class NodeExchange implements HttpExchange {
  readonly overlapStatus = 400;
  listener: ExchangeListener | null = null;
  readonly request: EngineRequest;
  readonly #response: ServerResponse & { [EXCHANGE]?: NodeExchange };
  #chunks: Buffer[] = [];
  #bytes = 0;
  #limitBytes = 0;
  #tooLarge = false;
  #onTaken: (() => void) | undefined;

  constructor(request: EngineRequest, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    this.#response[EXCHANGE] = this;
    response.on("close", onResponseClose);
  }

  get method(): string {
    return this.request.method ?? "";
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get isOver(): boolean {
    return isOver(this.#response);
  }

  readBody(limitBytes: number): void {
    const request = this.request as EngineRequest & { [EXCHANGE]?: NodeExchange };
    // A body that announces too much is refused with its first byte. Not before: node:http would take the rest itself, unseen.
    this.#limitBytes = Number(request.headers["content-length"]) > limitBytes ? 0 : limitBytes;
    request[EXCHANGE] = this;
    // A middleware may have read it already.
    if (request.readableEnded) return this.onEnd();
    request.on("data", onRequestData);
    request.on("end", onRequestEnd);
  }

  respond(status: number, headers?: OutgoingHttpHeaders, body?: string | Uint8Array, onTaken?: () => void): void {
    this.listener = null;
    const response = this.#response;
    if (isOver(response)) return onTaken?.();
    this.#onTaken = onTaken;
    response.writeHead(status, headers);
    if (typeof body === "string" && body !== "") {
      // Hot path. One string with the header, written now: `end(body)` would write a list, of that string and an empty one.
      response.cork();
      response.write(body);
      response.uncork();
      response.end();
    } else {
      response.end(body);
    }
  }

  abort(): void {
    this.listener = null;
    cut(this.request);
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#tooLarge) {
      if (this.#bytes > this.#limitBytes + DISCARDED_BYTES) cut(this.request);
    } else if (this.#bytes > this.#limitBytes) {
      this.#refuseBody();
    } else {
      this.#chunks.push(chunk);
    }
  }

  onEnd(): void {
    const chunks = this.#chunks;
    this.#chunks = [];
    if (!this.#tooLarge) this.listener?.onBody(this, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  }

  /** It is answered and out of hands, or the peer has left. */
  onClose(): void {
    this.listener?.onAbort(this);
    this.#onTaken?.();
  }

  #refuseBody(): void {
    this.#tooLarge = true;
    this.#chunks = [];
    this.listener?.onBodyTooLarge(this);
  }
}

/** A request of HTTP/2 has a stream for itself; destroying the request would leave that open. */
function cut(request: IncomingMessage): void {
  const { stream } = request as IncomingMessage & { stream?: ServerHttp2Stream };
  if (stream === undefined) request.destroy();
  else stream.close(CANCEL);
}

/** True if the request can't be answered any more: it was, or the peer has left. */
export function isOver(response: ServerResponse): boolean {
  return response.headersSent || response.writableEnded || response.destroyed;
}

/** 400, whatever the code (row E-63), or 429. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const message = refusalMessage(refusal);
  socket.once("finish", destroy);
  socket.end(
    (refusal.retryAfterS === undefined
      ? "HTTP/1.1 400 Bad Request\r\n"
      : `HTTP/1.1 429 Too Many Requests\r\nRetry-After: ${refusal.retryAfterS}\r\n`) +
      "Connection: close\r\n" +
      "Content-type: text/html\r\n" +
      `Content-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}

function destroy(this: Duplex): void {
  this.destroy();
}

function onResponseClose(this: ServerResponse): void {
  (this as unknown as { [EXCHANGE]: NodeExchange })[EXCHANGE].onClose();
}

function onRequestData(this: IncomingMessage, chunk: Buffer): void {
  (this as unknown as { [EXCHANGE]: NodeExchange })[EXCHANGE].onData(chunk);
}

function onRequestEnd(this: IncomingMessage): void {
  (this as unknown as { [EXCHANGE]: NodeExchange })[EXCHANGE].onEnd();
}
