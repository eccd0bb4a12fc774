import debugModule from "debug";
import type { Packet } from "engine.io-parser";
import type { CloseCause } from "engine.io-parser/session";
import type { OutgoingHttpHeaders } from "node:http";
import { LimitError } from "../errors.js";
import { acceptedEncoding, compress } from "../http/compression.js";
import type { ExchangeListener, HttpExchange } from "../http/exchange.js";
import type { EngineRequest } from "../http/request.js";
import { LimitCounters } from "../limits.js";
import { withDefaults, type TransportName } from "../options.js";
import { MAX_PACKETS_PER_PAYLOAD, type Body, type WireVersion } from "../wire-version.js";
import { Jsonp } from "./jsonp.js";
import { Transport, type TransportHost } from "./transport.js";

const debug = debugModule("engine:polling");

const CLOSE: Packet = { type: "close" };
const NOOP: Packet = { type: "noop" };

/**
 * Makes the transport of a session that polls: by scripts and forms (JSONP) if its handshake has a parameter `j`, which is text.
 * @param host whose options and headers hold; by default nobody's
 */
export function polling(req: EngineRequest, version?: WireVersion, host: TransportHost = NOBODY): Polling {
  return new Polling(req, version, host);
}

/** What clients can move to from polling, in order of preference. */
polling.upgradesTo = ["websocket", "webtransport"] as readonly TransportName[];

const NOBODY: TransportHost = { opts: withDefaults({}), limitsReached: new LimitCounters(), completeHeaders() {} };

/**
 * HTTP long-polling (protocols.md 1.6): one GET is held until there is something to send, POSTs bring what the client has.
 * At most one of each at a time.
 */
export class Polling extends Transport implements ExchangeListener {
  static override readonly upgradesTo = polling.upgradesTo;

  readonly name = "polling";
  readonly #host: TransportHost;
  readonly #jsonp: Jsonp | null;
  /** The GET that is held. */
  #poll: HttpExchange | null = null;
  /** The POST whose body is arriving. */
  #post: HttpExchange | null = null;
  #answered = false;
  /** An answer to a GET is on its way: while the peer has not read enough of it, the next GET waits. */
  #answering = false;
  #answerBytes = 0;

  constructor(req: EngineRequest, version: WireVersion | undefined, host: TransportHost) {
    super(req, version);
    this.#host = host;
    this.#jsonp = Jsonp.for(req);
  }

  get writable(): boolean {
    return this.#poll !== null && !this.#answering && this.readyState === "open";
  }

  /** Of the answer that is on its way: all of it, until the operating system has taken the last byte. @internal */
  get bufferedBytes(): number {
    return this.#answerBytes;
  }

  /** @internal */
  override get receivedBytes(): number | undefined {
    return (this.#post?.request.socket as { bytesRead?: number } | undefined)?.bytesRead;
  }

  /** A request of this session. */
  override onRequest(exchange: HttpExchange): void {
    if (this.readyState === "closed") return exchange.respond(400);
    if (exchange.method === "GET") return this.#onPoll(exchange);
    if (exchange.method === "POST") return this.#onPost(exchange);
    exchange.respond(500);
  }

  send(batch: readonly Packet[]): boolean {
    const poll = this.#poll;
    this.#poll = null;
    if (poll === null) return true;
    this.#answering = true;
    debug("the GET of %s gets %d packets", this.sid, batch.length);
    // Scripts are text, whatever the client takes elsewhere (protocols.md 9.2, 11).
    const payload = this.version.encodePayload(batch, this.supportsBinary && this.#jsonp === null);
    if (payload instanceof Promise) void payload.then((read) => this.#answerPoll(poll, read, batch));
    else this.#answerPoll(poll, payload, batch);
    return true;
  }

  override discard(cause?: CloseCause): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#post?.abort();
    this.#post = null;
    // A client that left by itself, or for another transport, only has to be let go.
    this.send([cause === undefined || cause.reason === "transport close" ? NOOP : CLOSE]);
    this.tellClosed();
  }

  onBody(exchange: HttpExchange, body: Buffer): void {
    debug("a POST of %s brings %d bytes", this.sid, body.length);
    this.#post = null;
    try {
      this.#receive(exchange, body);
    } finally {
      // Last: who is told of the end by its GET does not go on sending first. But whatever the packets lead to, the request has its answer.
      this.#answer(exchange, "text/html", "ok");
    }
  }

  onBodyTooLarge(exchange: HttpExchange): void {
    this.#post = null;
    exchange.respond(413);
    // The poll says so too: the client may be busy sending for a while, and a close packet would hide the reason.
    this.#poll?.respond(413);
    this.#poll = null;
    // Its packets are lost, and the session with them (protocols.md 9.2, 4).
    const { maxHttpBufferSize } = this.#host.opts;
    const message = `a body exceeds maxHttpBufferSize (${maxHttpBufferSize} bytes)`;
    this.fail("payload too large", new LimitError("ERR_BODY_TOO_LARGE", "maxHttpBufferSize", message));
  }

  onBodyInvalid(exchange: HttpExchange, status: 400 | 411, message: string): void {
    this.#post = null;
    exchange.respond(status);
    this.fail(message);
  }

  onAbort(exchange: HttpExchange): void {
    if (exchange === this.#post) {
      this.#post = null;
      return this.fail("data request connection closed prematurely");
    }
    this.#poll = null;
    this.fail("poll connection closed prematurely");
  }

  /** Tells the client at once if it waits for an answer, else at its next request. */
  protected override doClose(): void {
    if (this.#poll !== null) this.#closeWith([CLOSE]);
  }

  #onPoll(exchange: HttpExchange): void {
    if (this.#poll !== null) {
      exchange.respond(exchange.overlapStatus);
      return this.fail("overlap from client", tooManyRequests("GET"));
    }
    debug("a GET of %s waits", this.sid);
    this.#poll = exchange;
    exchange.listener = this;
    if (this.readyState === "closing") return this.#closeWith([NOOP, CLOSE]);
    if (this.writable) this.onReady();
  }

  #onTaken(): void {
    this.#answering = false;
    this.#answerBytes = 0;
    if (this.writable) this.onReady();
  }

  #onPost(exchange: HttpExchange): void {
    if (this.#post !== null) {
      exchange.respond(exchange.overlapStatus);
      return this.fail("data request overlap from client", tooManyRequests("POST"));
    }
    if (exchange.headers["content-type"] === BINARY && !this.version.binaryBodies) {
      exchange.respond(400);
      return this.fail("invalid content");
    }
    this.#post = exchange;
    exchange.listener = this;
    exchange.readBody(this.#host.opts.maxHttpBufferSize);
  }

  #receive(exchange: HttpExchange, body: Buffer): void {
    const payload = this.#payloadOf(exchange, body);
    if (payload === null) return;
    const packets = this.version.decodePayload(payload);
    if (packets.length > MAX_PACKETS_PER_PAYLOAD) this.#host.limitsReached.count("maxPacketsPerPayload");
    for (const packet of packets) {
      // Neither after the end of the session nor after a broken packet.
      if (this.sink === null) return;
      this.onPacket(packet);
    }
  }

  #closeWith(packets: readonly Packet[]): void {
    this.send(packets);
    this.#post?.abort();
    this.#post = null;
    this.onClose();
  }

  /** Null if there is none in it. */
  #payloadOf(exchange: HttpExchange, body: Buffer): string | Buffer | null {
    if (this.#jsonp !== null) return this.#jsonp.unwrap(body.toString());
    return exchange.headers["content-type"] === BINARY ? body : body.toString();
  }

  #answerPoll(poll: HttpExchange, encoded: Body, batch: readonly Packet[]): void {
    const contentType = typeof encoded === "string" ? TEXT : BINARY;
    const payload = this.#jsonp !== null && typeof encoded === "string" ? this.#jsonp.wrap(encoded) : encoded;
    this.#answerBytes = payload.length;
    const compression = this.#host.opts.httpCompression;
    const encoding =
      compression !== false &&
      Buffer.byteLength(payload) >= (compression.threshold ?? 0) &&
      batch.some(wantsCompression)
        ? acceptedEncoding(poll.headers["accept-encoding"], compression)
        : null;
    const onTaken = (): void => this.#onTaken();
    if (compression === false || encoding === null) return this.#answer(poll, contentType, payload, onTaken);
    compress(payload, encoding, compression, (compressed) => {
      if (compressed === null) this.#answer(poll, contentType, payload, onTaken);
      else this.#answer(poll, contentType, compressed, onTaken, encoding);
    });
  }

  #answer(exchange: HttpExchange, contentType: string, body: Body, onTaken?: () => void, encoding?: string): void {
    const headers: OutgoingHttpHeaders = { "Content-Type": contentType };
    // Upstream compresses while it writes, so that nobody knows the length beforehand (protocols.md 1.14).
    if (encoding === undefined) headers["Content-Length"] = Buffer.byteLength(body);
    else headers["Content-Encoding"] = encoding;
    headers["cache-control"] = "no-store";
    const userAgent = exchange.headers["user-agent"];
    if (userAgent !== undefined && (userAgent.includes(";MSIE") || userAgent.includes("Trident/"))) {
      // Their filter takes payloads for attacks.
      headers["X-XSS-Protection"] = "0";
    }
    this.#host.completeHeaders(headers, exchange.request, this.#answered ? null : this.sid);
    this.tell("headers", headers, exchange.request);
    this.#answered = true;
    exchange.respond(200, headers, body, onTaken);
  }
}

const TEXT = "text/plain; charset=UTF-8";
const BINARY = "application/octet-stream";

function tooManyRequests(method: "GET" | "POST"): LimitError {
  return new LimitError("ERR_TOO_MANY_REQUESTS", "maxRequestsInFlight", `a second ${method} while one is served`);
}

function wantsCompression({ type, options }: Packet): boolean {
  // What only lets a GET go has nothing to say, whatever the threshold.
  return type !== "noop" && type !== "close" && options?.compress !== false;
}
