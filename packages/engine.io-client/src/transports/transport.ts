import { decodePacket, type Packet, type RawData } from "engine.io-parser";
import type { SocketOptions } from "../options.js";
import { Reporter } from "../reporter.js";
import type { SocketBase } from "../socket-base.js";
import { TransportError } from "./error.js";

/** What a transport is made with: the socket's options, and where to. */
export interface TransportOptions extends SocketOptions {
  readonly socket: SocketBase;
  readonly query: Record<string, unknown>;
  readonly hostname: string;
  readonly port: string | number;
  readonly secure: boolean;
}

export interface TransportReservedEvents {
  open: () => void;
  packet: (packet: Packet) => void;
  drain: () => void;
  error: (error: TransportError) => void;
  close: (details?: unknown) => void;
}

/** A transport that a session can leave for a better one. */
export interface PausableTransport extends Transport {
  /** Starts no new request; calls `onPaused` as soon as none is in flight (at once if none is). */
  pause(onPaused: () => void): void;

  /** Takes up again where {@link pause} left off. A user's own transport may not know how (row E-89); then the session ends. */
  resume?(): void;
}

/** What is usual for `maxPayload`, in bytes: as in `ws`. */
export const MAX_PAYLOAD = 100 * 1024 * 1024;

/** How long a closing session waits for its last bytes to leave, and they for the server, in ms. */
export const CLOSE_TIMEOUT_MS = 30_000;

/**
 * Base of the transports, ours and others' (rows E-88, E-89). A subclass says its `name` on its prototype, and how to
 * {@link doOpen}, {@link doClose} and {@link write}; it reports by {@link onOpen}, {@link onData}, {@link onClose},
 * {@link onError}, and, once a batch is out, sets {@link writable} and emits `drain`. Its events are what its session hears.
 */
export abstract class Transport extends Reporter<TransportReservedEvents> {
  /** False while the last batch is on its way; the session queues meanwhile. */
  writable = false;
  declare readonly supportsBinary: boolean;
  declare readonly opts: TransportOptions;
  /** Query of the requests: the user's, and ours. */
  declare readonly query: Record<string, unknown>;
  declare readonly socket: SocketBase;
  protected readyState: "opening" | "open" | "pausing" | "closed" = "opening";

  constructor(opts: TransportOptions) {
    super();
    this.opts = opts;
    this.query = opts.query;
    this.socket = opts.socket;
    this.supportsBinary = !opts.forceBase64;
  }

  abstract get name(): string;

  /** Connects. */
  open(): void {
    if (this.readyState === "opening") this._attempt(() => this.doOpen());
  }

  /** @internal */
  send(packets: readonly Packet[]): void {
    this.writable = false;
    this._attempt(() => this.write(packets));
  }

  /** Says goodbye; what was sent still leaves. */
  close(): void {
    if (this.readyState === "closed") return;
    this.doClose();
    this.onClose();
  }

  /** @internal The end at once. The session hears nothing any more. */
  discard(): void {
    this.receiver = null;
    if (this._settle()) this._abort();
  }

  /** @internal How many packets from the head of the queue fit into one batch, at least 1. Absent: all of them. */
  batchSize?(queue: readonly Packet[]): number;

  protected abstract doOpen(): unknown;
  protected abstract doClose(): void;
  protected abstract write(packets: readonly Packet[]): unknown;

  /** The end without a goodbye. */
  protected _abort(): void {
    this.doClose();
  }

  protected onOpen(): void {
    this.readyState = "open";
    this.writable = true;
    this.emitReserved("open");
  }

  protected onData(data: RawData): void {
    this.onPacket(decodePacket(data, this.socket.binaryType));
  }

  /** Hot path: as {@link emitReserved} does it, by the name as it stands. */
  protected onPacket(packet: Packet): void {
    this._say("packet", packet);
    this.receiver?.packet?.(packet);
  }

  protected onClose(details?: unknown): void {
    if (this._settle()) this.emitReserved("close", details);
  }

  protected onError(reason: string, description?: unknown, context?: unknown): void {
    if (!this._settle()) return;
    this.emitReserved("error", new TransportError(reason, description, context));
    // A session that this side cannot go on with the server may take for alive.
    if (this.query["sid"]) this.doClose();
    else this._abort();
  }

  /** URL of a request. @param scheme the whole of it: "https", "ws", … */
  protected createUri(scheme: string, query: Record<string, unknown> = {}): string {
    const { hostname, port, secure, path } = this.opts;
    const host = /^[^[].*:/.test(hostname) ? `[${hostname}]` : hostname;
    const search = new URLSearchParams(query as Record<string, string>).toString();
    return `${scheme}://${host}${Number(port) === (secure ? 443 : 80) ? "" : `:${port}`}${path}${search && `?${search}`}`;
  }

  /** URL of one request with our query, stamped if wanted (row E-91). */
  protected _uri(scheme: string, stamp: unknown): string {
    const query = { ...this.query };
    if (stamp) {
      query[this.opts.timestampParam!] = Date.now().toString(36).slice(-5) + Math.random().toString(36).slice(2, 5);
    }
    if (!this.supportsBinary) query["b64"] = 1;
    return this.createUri(this.opts.secure ? `${scheme}s` : scheme, query);
  }

  /** What goes wrong in `act`, now or later, is the end. Of a user's transport, too: what it has not taken, nobody knows. */
  protected _attempt(act: () => unknown): void {
    const fail = (error: unknown) => this.onError(`${this.name} error`, error);
    try {
      (act() as Promise<void> | undefined)?.catch?.(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** The end, once: false if it was before. */
  private _settle(): boolean {
    const wasClosed = this.readyState === "closed";
    this.readyState = "closed";
    this.writable = false;
    return !wasClosed;
  }
}

/**
 * What a packet's data takes on the wire, in bytes: text as UTF-8, bytes over polling as base64 (protocols.md 1.6). Text is
 * measured by a Blob, since not all places where polling runs have a TextEncoder; bytes are not, since React Native makes no Blob of them.
 */
export function sizeOf(data: RawData, transport: string): number {
  if (!data) return 0;
  if (typeof data === "string") return new Blob([data]).size;
  const bytes = data.byteLength ?? data.size;
  return transport === "polling" ? Math.ceil(bytes / 3) * 4 : bytes;
}
