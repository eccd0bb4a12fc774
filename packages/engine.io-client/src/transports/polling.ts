import { decodePacket, type Packet, type RawData } from "engine.io-parser";
import { encodePackets, SEPARATOR } from "engine.io-parser/session";
import { createLog } from "../log.node.js";
import { CLOSE_TIMEOUT_MS, type PausableTransport, sizeOf, Transport } from "./transport.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:polling");

/** A server may refuse a body of more (row E-81; protocols.md 1.6). */
const MAX_PACKETS = 5000;

/** An answer of more is refused, as the server refuses such a body. */
const MAX_RECEIVED = 50_000;

/** How a request ended: with the text of an answer with status 200, or null, the status or error, and the request. */
export type Answer = (text: string | null, description?: unknown, context?: unknown) => void;

/**
 * HTTP long-polling (protocols.md 1.6): always one GET that waits for packets, and one POST at a time. How a request is made
 * is the subclass's.
 */
export abstract class Polling extends Transport implements PausableTransport {
  /** Aborts the request under way. */
  declare private _get: (() => void) | undefined;
  declare private _post: (() => void) | undefined;
  declare private _onPaused: () => void;
  /** Closed while opening: the goodbye has to wait for the session's id. */
  declare private _onLateHandshake: ((text: string | null) => void) | undefined;

  get name(): string {
    return "polling";
  }

  /** As many packets as fit into what the server takes; one that is larger goes alone. */
  override batchSize(queue: readonly Packet[]): number {
    let bytes = -1;
    const tooMany = queue.findIndex(({ data }, at) => {
      bytes += sizeOf(data, "polling") + 2;
      return at > 0 && (bytes > this.socket._maxPayload || at === MAX_PACKETS);
    });
    return tooMany < 0 ? queue.length : tooMany;
  }

  pause(onPaused: () => void): void {
    this.readyState = "pausing";
    this._onPaused = onPaused;
    this._next();
  }

  resume(): void {
    this.readyState = "open";
    this._next();
  }

  /** Called by the names of rows C-102 to C-104. */
  protected errorName(isPost: boolean): string {
    return isPost ? "xhr post error" : "xhr poll error";
  }

  /** Makes one request: GET, or POST if there is a body. Returns what aborts it. */
  protected abstract doRequest(
    uri: string,
    body: string | undefined,
    headers: Record<string, string>,
    onAnswer: Answer,
  ): () => void;

  protected doOpen(): void {
    this._get = this._request(undefined, (text) => {
      if (this._onLateHandshake) return this._onLateHandshake(text);
      if (text === null) return;
      try {
        this.onData(text);
      } finally {
        // Whatever a listener threw, the next packets must come.
        this._get = undefined;
        this._next();
      }
    });
  }

  protected write(packets: readonly Packet[]): void {
    encodePackets(packets, false, (texts) => {
      // Unless it was closed while a Blob was read.
      if (this.readyState === "closed") return;
      this._post = this._request(texts.join(SEPARATOR), (text) => {
        this._post = undefined;
        if (text === null) return;
        this.writable = this.readyState !== "closed";
        this.emitReserved("drain");
        this._next();
      });
    });
  }

  /** Sends a close packet, in the background: nobody waits for it, and what hangs is cut after a while. */
  protected doClose(): void {
    const { socket, query } = this;
    const end = () => {
      socket.clearTimeoutFn(timer);
      this._abort();
    };
    const timer = socket._setTimeout(end, CLOSE_TIMEOUT_MS);
    const leave = () => (this._post = this._request("1", end));
    if (query["sid"]) leave();
    else if (!this._get) end();
    else {
      this._onLateHandshake = (text) => {
        query["sid"] = /"sid":"([^"]+)/.exec(text!)?.[1];
        if (query["sid"]) leave();
        else end();
      };
    }
  }

  protected override _abort(): void {
    this._get?.();
    this._post?.();
  }

  protected override onData(data: RawData): void {
    // Linear: it splits no further than that.
    const payload: string[] = data.split(SEPARATOR, MAX_RECEIVED + 1);
    if (payload[MAX_RECEIVED] !== undefined) return this.onError("too many packets");
    for (const encoded of payload) {
      if (this.readyState === "closed") return;
      const packet = decodePacket(encoded, this.socket.binaryType);
      if (this.readyState === "opening" && packet.type === "open") this.onOpen();
      this.onPacket(packet);
    }
  }

  /** A request came home. */
  private _next(): void {
    const { readyState } = this;
    if (readyState === "opening") this.onError(this.errorName(false), new Error("no open packet"));
    else if (this._get) return;
    else if (readyState === "open") this.doOpen();
    else if (readyState === "pausing" && !this._post) this._onPaused();
  }

  /** @param onEnd is called once; null: it failed, and so has this transport. */
  private _request(body: string | undefined, onEnd: (text: string | null) => void): (() => void) | undefined {
    const { socket, opts } = this;
    const headers: Record<string, string> = { ...opts.extraHeaders };
    if (body) headers["Content-type"] = "text/plain;charset=UTF-8";
    let timer: unknown;
    const onAnswer: Answer = (text, description, context) => {
      if (__DEBUG__) debug("%s %s", body ? "POST" : "GET", text === null ? "failed" : "done");
      socket.clearTimeoutFn(timer);
      if (text === null) this.onError(this.errorName(!!body), description, context);
      onEnd(text);
    };
    try {
      // A transport that failed aborts its requests.
      if (opts.requestTimeout)
        timer = socket._setTimeout(() => onAnswer(null, new Error("timeout")), opts.requestTimeout);
      return this.doRequest(this._uri("http", opts.timestampRequests !== false), body, headers, onAnswer);
    } catch (error) {
      onAnswer(null, error);
    }
  }
}
