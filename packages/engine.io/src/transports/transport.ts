import debugModule from "debug";
import type { Packet, RawData } from "engine.io-parser";
import type { CloseCause, SessionTransport, TransportSink } from "engine.io-parser/session";
import type { OutgoingHttpHeaders } from "node:http";
import { codecOf } from "../codecs.js";
import { TransportError } from "../errors.js";
import type { EngineRequest } from "../http/request.js";
import type { LimitCounters } from "../limits.js";
import type { EngineOptions, TransportName } from "../options.js";
import { PacketEvents } from "../packet-events.js";
import { revisionOf, wireVersion, type Revision, type WireVersion } from "../wire-version.js";

const debug = debugModule("engine:transport");

/** What a transport asks of its server. */
export interface TransportHost {
  readonly opts: EngineOptions;
  readonly limitsReached: LimitCounters;

  /**
   * An answer is about to leave: adds the cookie and lets the application change the headers.
   * @param sid set if it is the first answer of a session
   */
  completeHeaders(headers: OutgoingHttpHeaders, req: EngineRequest, sid: string | null): void;
}

/**
 * One way of carrying a session.
 *
 * Events, for those who look on: `packet` `(packet)`, `drain`, `ready` (it can take packets again), `headers` `(headers, req)` of an
 * HTTP answer, `error` `(TransportError)`, `close`.
 *
 * Subclasses of others implement `name`, `writable`, `send` and `doClose`, call {@link onPacket} or {@link onData}, {@link onError}
 * and {@link onClose}, and emit `drain` and `ready` (row E-51).
 */
export abstract class Transport extends PacketEvents implements SessionTransport {
  /** What clients can move to from here, in order of preference. */
  static readonly upgradesTo: readonly TransportName[] = [];

  abstract readonly name: TransportName;
  /** Id of the session that it carries. */
  sid = "";
  readyState: "open" | "closing" | "closed" = "open";
  /** False if bytes have to be sent as base64, since the client can't take them. */
  readonly supportsBinary: boolean;
  /** @internal */
  sink: TransportSink | null = null;
  /** @internal */
  protected readonly version: WireVersion;

  /** @param req null where there is none (WebTransport) */
  constructor(req: EngineRequest | null, version: WireVersion = wireVersion(revisionOf(req?._query["EIO"]))) {
    super();
    this.version = version;
    this.supportsBinary = !req?._query["b64"];
  }

  /** False while it can't take packets; the session keeps them meanwhile. */
  abstract readonly writable: boolean;

  /** Bytes of what is arriving, to see that more comes; undefined where nobody can know, or nothing arrives. @internal */
  get receivedBytes(): number | undefined {
    return undefined;
  }

  /** Revision of the protocol, 3 or 4. */
  get protocol(): Revision {
    return this.version.revision;
  }

  /** The codec of that revision. */
  get parser(): ReturnType<typeof codecOf> {
    return codecOf(this.version.revision);
  }

  /** True once the session has left this transport for another, or ended. */
  get discarded(): boolean {
    return this.readyState === "closed";
  }

  /**
   * Takes packets; only while {@link writable}.
   * @param awaited whether somebody waits for them to be out
   * @returns true if they are out already; else `drain` follows
   */
  abstract send(batch: readonly Packet[], awaited?: boolean): boolean | void;

  /**
   * Ends it, in the orderly way.
   * @param done called once it is closed
   */
  close(done?: () => void): void {
    if (this.readyState !== "open") return;
    if (done !== undefined) this.once("close", done);
    this.readyState = "closing";
    this.doClose(ignore);
  }

  /** Drops it: nothing that it still hears concerns the session. */
  discard(_cause?: CloseCause): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.doClose(ignore);
    this.tellClosed();
  }

  /** A request of the session that is not the first. */
  // oxlint-disable-next-line no-unused-vars -- for transports that consist of requests
  onRequest(_req: unknown): void {}

  /** Subclasses of others tell by events what ours tell by calls. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === "drain") this.sink?.onSent();
    else if (event === "ready") this.sink?.onWritable();
    return super.emit(event, ...args);
  }

  /** Closes what is below; {@link onClose} has to follow. `done` is there for those who call it. */
  protected doClose(_done: () => void): void {
    this.onClose();
  }

  /** For transports: a packet arrived. */
  protected onPacket(packet: Packet): void {
    if (this._observesReads) this.tell("packet", packet);
    this.sink?.onPacket(packet);
  }

  /** For transports: a packet arrived, encoded. */
  protected onData(data: RawData): void {
    this.onPacket(this.version.decodePacket(data));
  }

  /** For transports: it can take packets again. */
  protected onReady(): void {
    this.sink?.onWritable();
    if (this._observesWrites) this.tell("ready");
  }

  /** For transports: the last batch is out. */
  protected onDrained(): void {
    this.sink?.onSent();
    if (this._observesWrites) this.tell("drain");
  }

  /** For transports: the peer, or the way to it, broke; everything is over. */
  protected onError(message: string, description?: unknown): void {
    this.fail(message, description);
  }

  /** For transports: the peer has left, or what was to be closed is. */
  protected onClose(): void {
    const { sink } = this;
    if (this.readyState === "closed") return;
    debug("%s of %s is closed", this.name, this.sid);
    this.readyState = "closed";
    this.sink = null;
    sink?.onClose({ reason: "transport close" });
    this.tellClosed();
  }

  protected fail(message: string, description?: unknown, reason: CloseCause["reason"] = "transport error"): void {
    const { sink } = this;
    if (this.readyState === "closed") return;
    const error = new TransportError(message, description);
    debug("%s of %s failed: %s", this.name, this.sid, message);
    const cause: CloseCause = { reason, description: error };
    this.sink = null;
    this.discard(cause);
    sink?.onClose(cause);
    this.tell("error", error);
  }

  /** An event for those who look on. Without a listener, an `error` event would be thrown. */
  protected tell(event: string, ...args: readonly unknown[]): void {
    if (this.listenerCount(event) > 0) super.emit(event, ...args);
  }

  /** Once the session has made up its mind about it. */
  protected tellClosed(): void {
    if (this.listenerCount("close") > 0) process.nextTick(emitClose, this);
  }
}

function emitClose(transport: Transport): void {
  transport.emit("close");
}

function ignore(): void {}
