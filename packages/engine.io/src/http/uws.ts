import { STATUS_CODES, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import type { UwsContext, UwsHttpRequest, UwsHttpResponse } from "../uws-types.js";
import type { ExchangeListener, HttpExchange } from "./exchange.js";
import type { EngineRequest } from "./request.js";
import { UwsRequest } from "./uws-request.js";
import { UwsResponse } from "./uws-response.js";

/** An exchange over uWebSockets.js. To be made in the handler of the route: later the request is gone. */
export class UwsExchange implements HttpExchange {
  readonly overlapStatus = 500;
  listener: ExchangeListener | null = null;
  readonly request: EngineRequest;
  readonly #native: UwsHttpResponse;
  #isOver = false;
  #response: UwsResponse | null = null;
  /** Of an answer that is on its way. */
  #onTaken: (() => void) | undefined;
  readonly #body: ArrivingBody | null;

  /** @param maxBodyBytes longer bodies are not gathered; with 0, none is */
  constructor(native: UwsHttpResponse, req: UwsHttpRequest, maxBodyBytes: number) {
    this.#native = native;
    this.request = UwsRequest.from(req, native);
    native.onAborted(() => this.#onAborted());
    const announced = Number(this.request.headers["content-length"]) || 0;
    this.#body =
      maxBodyBytes > 0 && this.method === "POST" ? { announced, bytes: 0, chunks: [], state: "arriving" } : null;
    // Now or never, though middlewares may take their time: without a handler the body would be thrown away.
    if (this.#body !== null && announced > 0 && announced <= maxBodyBytes) {
      native.onData((chunk, isLast) => this.#onData(this.#body!, chunk, isLast));
    }
  }

  get method(): string {
    return this.request.method ?? "";
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** For middlewares. The headers that they set come before those of the answer. */
  get response(): UwsResponse {
    this.#response ??= new UwsResponse((status, headers, body) => this.respond(status, headers, body));
    return this.#response;
  }

  /** What middlewares have set so far. */
  get headersSoFar(): OutgoingHttpHeaders {
    return this.#response?.getHeaders() ?? {};
  }

  readBody(limitBytes: number): void {
    const body = this.#body;
    if (body === null || body.announced === 0) {
      return this.listener?.onBodyInvalid(this, 411, "content-length header required");
    }
    if (body.announced > limitBytes) return this.listener?.onBodyTooLarge(this);
    if (body.state === "complete") return this.#deliver(body);
    body.state = "awaited";
  }

  respond(status: number, headers: OutgoingHttpHeaders = {}, body?: string | Uint8Array, onTaken?: () => void): void {
    if (this.#isOver) return onTaken?.();
    let isTaken = true;
    this.#answer(() => {
      const native = this.#native;
      native.writeStatus(statusLine(status));
      this.#writeHeaders(headers);
      // The library would write half a surrogate pair as it is, which is no UTF-8.
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      if (bytes === undefined || bytes.length === 0 || onTaken === undefined) native.end(bytes);
      else isTaken = this.#offer(bytes, onTaken);
    });
    if (isTaken) onTaken?.();
  }

  /** Given to `end`, the library would keep what the operating system does not take, and not say when it is gone. True if all is taken. */
  #offer(bytes: Uint8Array, onTaken: () => void): boolean {
    const native = this.#native;
    const [, isComplete] = native.tryEnd(bytes, bytes.length);
    if (isComplete) return true;
    this.#onTaken = onTaken;
    native.onWritable((offset) => {
      const [isTaken, isLast] = native.tryEnd(bytes.subarray(offset), bytes.length);
      if (isLast) this.#tellTaken();
      return isTaken;
    });
    return false;
  }

  #tellTaken(): void {
    const onTaken = this.#onTaken;
    this.#onTaken = undefined;
    onTaken?.();
  }

  /** The 101 answer. @param headers those of middlewares included */
  upgrade(handshake: UwsHandshake, headers: OutgoingHttpHeaders, userData: object): void {
    this.#answer(() => {
      const native = this.#native;
      native.writeStatus(statusLine(101));
      for (const [name, value] of Object.entries(headers)) this.#writeHeader(name, value);
      native.upgrade(userData, handshake.key, handshake.protocol, handshake.extensions, handshake.context);
    });
  }

  abort(): void {
    if (this.#isOver) return;
    this.#finish("aborted");
    this.#native.close();
  }

  #answer(write: () => void): void {
    if (this.#isOver) return;
    this.#finish("answered");
    // One packet, though this may be outside the handler.
    this.#native.cork(write);
  }

  #finish(how: "answered" | "aborted"): void {
    this.#isOver = true;
    this.listener = null;
    this.#response?.settle(how);
  }

  #writeHeaders(own: OutgoingHttpHeaders): void {
    const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
    for (const [name, value] of Object.entries(this.headersSoFar)) {
      if (!names.has(name.toLowerCase())) this.#writeHeader(name, value);
    }
    for (const [name, value] of Object.entries(own)) this.#writeHeader(name, value);
  }

  #writeHeader(name: string, value: OutgoingHttpHeaders[string]): void {
    // It writes its own.
    if (value === undefined || name.toLowerCase() === "content-length") return;
    // A line for each: a comma would break cookies.
    for (const line of Array.isArray(value) ? value : [value]) this.#native.writeHeader(name, String(line));
  }

  #onData(body: ArrivingBody, chunk: ArrayBuffer, isLast: boolean): void {
    // Copied: the bytes are only there until this returns.
    body.chunks.push(Buffer.from(new Uint8Array(chunk)));
    body.bytes += chunk.byteLength;
    if (!isLast && body.bytes <= body.announced) return;
    const isAwaited = body.state === "awaited";
    body.state = "complete";
    if (isAwaited) this.#deliver(body);
  }

  #deliver(body: ArrivingBody): void {
    const { chunks } = body;
    body.chunks = [];
    if (body.bytes !== body.announced) return this.listener?.onBodyInvalid(this, 400, "content-length mismatch");
    this.listener?.onBody(this, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  }

  #onAborted(): void {
    // Nobody will take the rest of an answer.
    if (this.#isOver) return this.#tellTaken();
    const { listener } = this;
    this.#finish("aborted");
    listener?.onAbort(this);
  }
}

/** What the 101 answer needs of an upgrade request. */
export interface UwsHandshake {
  readonly key: string;
  readonly protocol: string;
  readonly extensions: string;
  readonly context: UwsContext;
}

/** To be called in the handler of the route. */
export function readUwsHandshake(req: UwsHttpRequest, context: UwsContext): UwsHandshake {
  return {
    key: req.getHeader("sec-websocket-key"),
    protocol: req.getHeader("sec-websocket-protocol"),
    extensions: req.getHeader("sec-websocket-extensions"),
    context,
  };
}

interface ArrivingBody {
  /** By `Content-Length`; 0 if there is none, or none that can be read. */
  readonly announced: number;
  bytes: number;
  chunks: Buffer[];
  /** "awaited" is "arriving", with somebody who waits for the end of it. */
  state: "arriving" | "awaited" | "complete";
}

function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? "Unknown"}`;
}
