import { decodePacket, type Packet, type RawData } from "engine.io-parser";
import { Emitter } from "engine.io-parser/emitter";
import type { CloseCause, Handshake, SessionTransport, TransportSink } from "engine.io-parser/session";
import type { SocketOptions } from "../options.js";
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

/** What is usual for `maxPayload`, in bytes: as in `ws`. */
export const MAX_PAYLOAD = 100 * 1024 * 1024;

/**
 * Base of the transports, ours and others' (rows E-88, E-89). A subclass says its `name` on its prototype, and how to
 * {@link doOpen}, {@link doClose} and {@link write}; it reports by {@link onOpen}, {@link onData}, {@link onClose},
 * {@link onError}, and, once a batch is out, sets {@link writable} and emits `drain`.
 */
// `{}`: there are no events but our own.
// oxlint-disable-next-line typescript/no-empty-object-type
export abstract class Transport extends Emitter<{}, {}, TransportReservedEvents> implements SessionTransport {
  /** @internal Who hears of packets and of the end. */
  sink: TransportSink | null = null;
  writable = false;
  declare readonly supportsBinary: boolean;
  declare readonly opts: TransportOptions;
  /** Query of the requests: the user's, and ours. */
  declare readonly query: Record<string, unknown>;
  declare readonly socket: SocketBase;
  protected readyState: "opening" | "open" | "pausing" | "paused" | "closed" = "opening";

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
    if (this.readyState !== "opening") return;
    try {
      this.doOpen();
    } catch (error) {
      this.onError(`${this.name} error`, error);
    }
  }

  /** @internal The handshake was made on this transport. */
  onHandshake({ sid }: Handshake): void {
    this.query["sid"] = sid;
  }

  /** @internal */
  send(packets: readonly Packet[]): boolean {
    this.writable = false;
    try {
      this.write(packets);
    } catch (error) {
      // Of a user's own transport: what it has not taken, nobody knows.
      this.onError(`${this.name} error`, error);
    }
    return false;
  }

  /** Says goodbye; what was sent still leaves. */
  close(): void {
    if (this.readyState === "closed") return;
    this.doClose();
    this.onClose();
  }

  /** @internal */
  discard(): void {
    this.sink = null;
    if (this.#settle()) this.doAbort();
  }

  protected abstract doOpen(): void;
  protected abstract doClose(): void;
  protected abstract write(packets: readonly Packet[]): void;

  /** The end without a goodbye. */
  protected doAbort(): void {
    this.doClose();
  }

  protected onOpen(): void {
    this.readyState = "open";
    this.writable = true;
    this.emitReserved("open");
    this.sink?.onWritable();
  }

  protected onData(data: RawData): void {
    this.onPacket(decodePacket(data, this.socket.binaryType));
  }

  protected onPacket(packet: Packet): void {
    this.emitReserved("packet", packet);
    this.sink?.onPacket(packet);
  }

  protected onClose(details?: unknown): void {
    if (!this.#settle()) return;
    this.emitReserved("close", details);
    this.#leave({ reason: "transport close", description: details });
  }

  protected onError(reason: string, description?: unknown, context?: unknown): void {
    if (!this.#settle()) return;
    const error = new TransportError(reason, description, context);
    this.emitReserved("error", error);
    this.#leave({ reason: "transport error", description: error });
    this.doAbort();
  }

  /** `drain` is what subclasses of other makes say when a batch is out. */
  protected override emitReserved<Ev extends keyof TransportReservedEvents>(
    ev: Ev,
    ...args: Parameters<TransportReservedEvents[Ev]>
  ): this {
    super.emitReserved(ev, ...args);
    if (ev === "drain") {
      this.sink?.onSent();
      this.sink?.onWritable();
    }
    return this;
  }

  /** URL of a request. @param scheme "http" or "ws"; with TLS an "s" is added */
  protected createUri(scheme: string, query: Record<string, unknown> = {}): string {
    const { hostname, port, secure, path } = this.opts;
    const host = /^[^[].*:/.test(hostname) ? `[${hostname}]` : hostname;
    const usual = secure ? 443 : 80;
    const search = new URLSearchParams(query as Record<string, string>).toString();
    return `${scheme}${secure ? "s" : ""}://${host}${Number(port) === usual ? "" : `:${port}`}${path}${search && `?${search}`}`;
  }

  /** The query of one request, stamped if wanted (row E-91). */
  protected stampedQuery(stamp: unknown): Record<string, unknown> {
    const query = { ...this.query };
    if (stamp) {
      query[this.opts.timestampParam!] = Date.now().toString(36).slice(-5) + Math.random().toString(36).slice(2, 5);
    }
    if (!this.supportsBinary) query["b64"] = 1;
    return query;
  }

  /** The end, once: false if it was before. */
  #settle(): boolean {
    const wasClosed = this.readyState === "closed";
    this.readyState = "closed";
    this.writable = false;
    return !wasClosed;
  }

  #leave(cause: CloseCause): void {
    const { sink } = this;
    this.sink = null;
    sink?.onClose(cause);
  }
}
