import debugModule from "debug";
import type { Packet, RawData } from "engine.io-parser";
import { FORCED, type CloseCause } from "engine.io-parser/session";
import type { Frame } from "engine.io-parser/websocket";
import type { EngineRequest } from "../http/request.js";
import type { EngineOptions } from "../options.js";
import { SharedMessage } from "../shared-message.js";
import type { EndpointListener, Shortcut, WebSocketEndpoint } from "../websocket/endpoint.js";
import type { WireVersion } from "../wire-version.js";
import { Transport } from "./transport.js";

const debug = debugModule("engine:ws");

/** With more than this waiting below, in bytes, packets are kept in the session until it has left. */
const HIGH_WATER_BYTES = 16_384;

/** What waits for a slow peer does so in the session, where it is shared with others and can be dropped: no batch is much longer. */
const BATCH_BYTES = 65_536;

/** One WebSocket: each packet is one message (protocols.md 1.7). */
export class WebSocketTransport extends Transport implements EndpointListener {
  /** The server's option: how messages are compressed, where the client has agreed (row E-54). */
  perMessageDeflate: EngineOptions["perMessageDeflate"] = false;
  readonly #endpoint: WebSocketEndpoint;
  #state: "ready" | "writing" | "encoding" = "ready";
  /** It takes packets even while others are being written. */
  #unlimited = false;
  /** Somebody waits for the batch to be out. */
  #awaited = false;
  /** Nothing may go past it. */
  #isWatched = false;

  constructor(req: EngineRequest, version: WireVersion, endpoint: WebSocketEndpoint) {
    super(req, version);
    this.#endpoint = endpoint;
    endpoint.listener = this;
    debug("open, from %s", req.url);
  }

  get name(): "websocket" {
    return "websocket";
  }

  /** The WebSocket itself. */
  get socket(): unknown {
    return this.#endpoint.socket;
  }

  get writable(): boolean {
    const takes = this.#state === "ready" || (this.#unlimited && this.#state === "writing");
    return takes && this.readyState === "open";
  }

  /** Past this transport, as long as it is ready and nothing waits in the session; null: there is none. @internal */
  get shortcut(): Shortcut | null {
    return this.#isWatched ? null : (this.#endpoint.shortcut ?? null);
  }

  /** Somebody wants to see all packets: nothing goes past it any more. @internal */
  closeShortcut(): void {
    this.#isWatched = true;
    this.become(this.#state);
  }

  /** @internal */
  get bufferedBytes(): number {
    return this.#endpoint.bufferedAmount;
  }

  /** @internal */
  override get receivedBytes(): number | undefined {
    return this.#endpoint.receivedBytes;
  }

  batchSize(queue: readonly Packet[]): number {
    if (this.#unlimited) return queue.length;
    let at = 0;
    for (let bytes = 0; at < queue.length && bytes < BATCH_BYTES; at++) bytes += sizeOf(queue[at]!.data ?? "");
    return at;
  }

  send(batch: readonly Packet[], awaited = false): boolean {
    this.#awaited = awaited;
    return this.sendFrom(batch, 0);
  }

  /** The end is near: from now on it takes all that there is, however much is waiting below. @internal */
  lift(): void {
    this.#unlimited = true;
  }

  override discard(cause?: CloseCause): void {
    // Behind all that waits for a peer which does not read, a close frame is of no use.
    const isLost = cause !== undefined && cause.reason !== "transport close" && cause !== FORCED;
    if (isLost && this.#endpoint.bufferedAmount > HIGH_WATER_BYTES) {
      this.#endpoint.listener = null;
      this.#endpoint.terminate();
    }
    super.discard(cause);
  }

  onMessage(data: string | Buffer): void {
    this.onData(data);
  }

  onWritten(): void {
    this.become("ready");
    this.onDrained();
    if (this._observesWrites && this.writable) this.tell("ready");
  }

  override onError(error: unknown): void {
    this.fail(String(error), error);
  }

  override onClose(failure?: Error): void {
    debug("WebSocket of %s is closed", this.sid);
    const waits = this.#state !== "ready" || this.#endpoint.bufferedAmount > 0;
    const lost = this.readyState === "open" && (waits || failure !== undefined);
    this.#endpoint.listener = null;
    // What was handed over will never leave: the peer did not go in good order.
    if (lost) this.fail("write error", failure?.stack);
    else super.onClose();
  }

  /** What the peer makes of the close frame is between it and the endpoint. */
  protected override doClose(): void {
    this.#endpoint.listener = null;
    this.#endpoint.close();
    this.onClose();
  }

  /** True if all is out. */
  private sendFrom(batch: readonly Packet[], from: number): boolean {
    for (let at = from; at < batch.length; at++) {
      const packet = batch[at]!;
      const isLast = at === batch.length - 1;
      const frame = this.#endpoint.takesFrames ? this.frameOf(packet) : null;
      if (frame !== null) {
        if (this.writeFrame(frame, isLast)) return false;
        continue;
      }
      const encoded: RawData | Promise<RawData> = this.encode(packet);
      if (encoded instanceof Promise) {
        this.become("encoding");
        void encoded.then((data) => this.sendLate(batch, at, data));
        return false;
      }
      if (this.write(packet, encoded, isLast)) return false;
    }
    return true;
  }

  /** A packet whose Blob has been read, and those behind it. */
  private sendLate(batch: readonly Packet[], at: number, encoded: RawData): void {
    if (this.readyState !== "open") return;
    this.become("ready");
    if (this.write(batch[at]!, encoded, at === batch.length - 1)) return;
    if (this.sendFrom(batch, at + 1)) this.onDrained();
  }

  /** The frame that others get too, or that was made beforehand; null: there is none. */
  private frameOf(packet: Packet): Frame | null {
    const given = packet.options?.wsPreEncodedFrame;
    if (Array.isArray(given)) return given;
    return packet instanceof SharedMessage ? packet.frame(this.version, this.supportsBinary) : null;
  }

  private encode(packet: Packet): RawData | Promise<RawData> {
    const given = packet.options?.wsPreEncoded;
    return typeof given === "string" ? given : this.version.encodePacket(packet, this.supportsBinary);
  }

  /** True if it is the last of its batch and has to be waited for. */
  private write(packet: Packet, encoded: RawData, isLast: boolean): boolean {
    const wait = isLast && this.mustWait(sizeOf(encoded));
    this.#endpoint.send(encoded, packet.options?.compress !== false, wait);
    return wait;
  }

  /** As {@link write}. */
  private writeFrame(frame: Frame, isLast: boolean): boolean {
    let bytes = 0;
    for (let at = 0; at < frame.length; at++) bytes += frame[at]!.length;
    const wait = isLast && this.mustWait(bytes);
    this.#endpoint.sendFrame(frame, wait);
    return wait;
  }

  private mustWait(bytes: number): boolean {
    const wait = this.#awaited || this.#endpoint.bufferedAmount + bytes > HIGH_WATER_BYTES;
    this.become(wait ? "writing" : "ready");
    return wait;
  }

  private become(state: "ready" | "writing" | "encoding"): void {
    this.#state = state;
    const { shortcut } = this.#endpoint;
    if (shortcut !== undefined) shortcut.isClear = state === "ready" && !this.#isWatched;
  }
}

function sizeOf(encoded: RawData): number {
  return typeof encoded === "string" ? encoded.length : ((encoded as ArrayBufferView).byteLength ?? 0);
}
