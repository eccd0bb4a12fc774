import { decodePayload, encodePayload, type Packet, type RawData } from "engine.io-parser";
import { CLOSE_TIMEOUT_MS, type Handshake, type PausableTransport } from "engine.io-parser/session";
import { nextTick } from "../globals.node.js";
import { createLog } from "../log.node.js";
import { Transport } from "./transport.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:polling");

/** A server may refuse a body of more (row E-81; protocols.md 1.6). */
const MAX_PACKETS = 5000;

/** How a request ended: with the text of an answer with status 200, or null, the status or error, and the request. */
export type Answer = (text: string | null, description?: unknown, context?: unknown) => void;

/**
 * HTTP long-polling (protocols.md 1.6): always one GET that waits for packets, and one POST at a time. How a request is made
 * is the subclass's.
 */
export abstract class Polling extends Transport implements PausableTransport {
  /** Called by the names of rows C-102 to C-104. */
  protected readonly errorNames: readonly [get: string, post: string] = ["xhr poll error", "xhr post error"];
  #maxPayload = Infinity;
  /** Aborts the request under way. */
  #get: (() => void) | undefined;
  #post: (() => void) | undefined;
  #onPaused: (() => void) | undefined;
  /** Closed while opening: the goodbye has to wait for the session's id. */
  #onLateHandshake: ((text: string | null) => void) | undefined;

  get name(): string {
    return "polling";
  }

  override onHandshake(handshake: Handshake): void {
    super.onHandshake(handshake);
    this.#maxPayload = handshake.maxPayload ?? Infinity;
  }

  /** As many packets as fit into what the server takes; one that is larger goes alone. */
  batchSize(queue: readonly Packet[]): number {
    let bytes = -1;
    const tooMany = queue.findIndex(({ data }, at) => {
      bytes += sizeOf(data) + 2;
      return at > 0 && (bytes > this.#maxPayload || at === MAX_PACKETS);
    });
    return tooMany < 0 ? queue.length : tooMany;
  }

  pause(onPaused: () => void): void {
    this.readyState = "pausing";
    this.writable = false;
    this.#onPaused = onPaused;
    this.#next();
  }

  resume(): void {
    this.readyState = "open";
    this.writable = !this.#post;
    this.#next();
    if (this.writable) this.sink?.onWritable();
  }

  /** Makes one request: GET, or POST if there is a body. Returns what aborts it. */
  protected abstract doRequest(
    uri: string,
    body: string | undefined,
    headers: Record<string, string>,
    onAnswer: Answer,
  ): () => void;

  protected doOpen(): void {
    this.#poll();
  }

  protected write(packets: readonly Packet[]): void {
    encodePayload(packets, (body) => {
      // Unless it was closed while a Blob was read.
      if (this.readyState === "closed") return;
      this.#post = this.#request(body, (text) => {
        this.#post = undefined;
        if (text === null) return;
        this.writable = this.readyState === "open";
        this.emitReserved("drain");
        this.#next();
      });
    });
  }

  /** Sends a close packet, in the background: nobody waits for it, and what hangs is cut after a while. */
  protected doClose(): void {
    const end = () => {
      this.socket.clearTimeoutFn(timer);
      this.doAbort();
    };
    const timer = this.socket._setTimeout(end, CLOSE_TIMEOUT_MS);
    const leave = () => (this.#post = this.#request("1", end));
    if (this.readyState !== "opening") leave();
    else if (!this.#get) end();
    else {
      this.#onLateHandshake = (text) => {
        const [, sid] = /"sid":"([^"]+)/.exec(text ?? "") ?? [];
        this.query["sid"] = sid;
        if (sid) leave();
        else end();
      };
    }
  }

  protected override doAbort(): void {
    this.#get?.();
    this.#post?.();
  }

  protected override onData(data: RawData): void {
    for (const packet of decodePayload(data, this.socket.binaryType)) {
      if (this.readyState === "closed") return;
      if (this.readyState === "opening" && packet.type === "open") this.onOpen();
      this.onPacket(packet);
    }
  }

  #poll(): void {
    this.#get = this.#request(undefined, (text) => {
      if (this.#onLateHandshake) return this.#onLateHandshake(text);
      if (text === null) return;
      try {
        this.onData(text);
      } finally {
        // Whatever a listener threw, the next packets must come.
        this.#get = undefined;
        this.#next();
      }
    });
  }

  /** A request came home. */
  #next(): void {
    const { readyState } = this;
    if (readyState === "opening") this.onError(this.errorNames[0], new Error("no open packet"));
    else if (this.#get) return;
    else if (readyState === "open") this.#poll();
    else if (readyState === "pausing" && !this.#post) {
      this.readyState = "paused";
      this.#onPaused!();
    }
  }

  /** @param onEnd is called exactly once unless the request is aborted; null: it failed, and so has this transport. */
  #request(body: string | undefined, onEnd: (text: string | null) => void): () => void {
    const { socket, opts } = this;
    const headers: Record<string, string> = { ...opts.extraHeaders };
    if (body) headers["Content-type"] = "text/plain;charset=UTF-8";
    let isPending = true;
    let timer: unknown;
    let abort: (() => void) | undefined;
    const settle = () => {
      isPending = false;
      socket.clearTimeoutFn(timer);
    };
    const onAnswer: Answer = (text, description, context) => {
      if (!isPending) return;
      settle();
      if (__DEBUG__) debug("%s %s", body ? "POST" : "GET", text === null ? "failed" : "done");
      if (text === null) this.onError(this.errorNames[body ? 1 : 0], description, context);
      onEnd(text);
    };
    if (opts.requestTimeout) {
      timer = socket._setTimeout(() => {
        onAnswer(null, new Error("timeout"));
        abort?.();
      }, opts.requestTimeout);
    }
    try {
      const uri = this.createUri("http", this.stampedQuery(opts.timestampRequests !== false));
      abort = this.doRequest(uri, body, headers, onAnswer);
    } catch (error) {
      nextTick(() => onAnswer(null, error));
    }
    return () => {
      if (isPending) abort?.();
      settle();
    };
  }
}

/** Estimate of what a packet's data takes in a body: UTF-8, or base64 (protocols.md 1.6). */
function sizeOf(data: RawData): number {
  if (!data) return 0;
  return typeof data === "string" ? utf8.encode(data).length : Math.ceil((data.byteLength ?? data.size) * 1.33);
}

const utf8 = /* @__PURE__ */ new TextEncoder();
