import { bytesOf, FrameError, type Frame } from "engine.io-parser/websocket";
import type { UwsWebSocket } from "../uws-types.js";
import { flushAtEndOfTick, type Gathering } from "./end-of-tick.js";
import type { EndpointListener, Shortcut, WebSocketEndpoint } from "./endpoint.js";
import { messageOf, type Message } from "./framed-message.js";
import { flushWhenGathered, forget, hear } from "./uws-gathering.js";

/**
 * A WebSocket of uWebSockets.js. What is sent within a turn of the event loop leaves in one write. The library drops messages once too
 * much waits: such are kept here, with all behind them, until it takes them.
 *
 * There may be very many: its methods are `private`, since one with `#` costs each of them a field.
 */
export class UwsEndpoint implements WebSocketEndpoint, Gathering, Shortcut {
  isClear = false;
  /** "closing" is the time until what was sent before has left. */
  #state: "open" | "closing" | "closed" = "open";
  #kept: Message[] = NOTHING;
  #keptBytes = 0;
  /** What the library had not got rid of after the last write: at most so much waits there. */
  #bytesBelow = 0;
  /** Somebody will call {@link flush}. */
  #willFlush = false;
  #notify = false;
  /** The library compresses what it is asked to: everything has to go through {@link send} then. */
  readonly #compresses: boolean;
  listener: EndpointListener | null = null;
  readonly socket: UwsWebSocket;

  constructor(socket: UwsWebSocket, compresses: boolean) {
    this.socket = socket;
    this.#compresses = compresses;
  }

  /** The library makes its frames itself. */
  get takesFrames(): boolean {
    return false;
  }

  get shortcut(): Shortcut | undefined {
    return this.#compresses ? undefined : this;
  }

  get bufferedAmount(): number {
    return this.#keptBytes + (this.#state === "closed" ? 0 : this.socket.getBufferedAmount());
  }

  send(data: string | ArrayBuffer | ArrayBufferView, compress: boolean, notify: boolean): void {
    if (this.#state !== "open") return;
    // Texts as well: the library would write half a surrogate pair as it is, and clients refuse what is no UTF-8 (RFC 6455 section 8.1).
    const bytes = typeof data === "string" ? Buffer.from(data) : bytesOf(data);
    this.keep({ bytes, isText: typeof data === "string", compress });
    if (!notify) return;
    // There is more behind it, or somebody waits: not a turn later.
    this.#notify = true;
    flushAtEndOfTick(this);
  }

  /** Hot path: what a broadcast does for each of its receivers, but the write. */
  pass(frame: Frame): boolean {
    if (!this.isClear || this.#state !== "open") return false;
    const message = messageOf(frame);
    if (message === null || this.#keptBytes + this.#bytesBelow + message.bytes.length > PASSED_BYTES) return false;
    this.keep(message);
    return true;
  }

  sendFrame(): void {
    throw new Error("uWebSockets.js makes its frames itself: see takesFrames");
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.flush();
  }

  terminate(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.socket.close();
  }

  /** Hands over what was kept, as much of it as is taken. For the server too: the operating system has taken some of what waited. */
  flush(): void {
    this.#willFlush = false;
    if (this.#state === "closed") return;
    if (this.#kept.length < 2) this.writeKept();
    else this.socket.cork(() => this.writeKept());
    if (this.isOver()) return;
    if (this.#state === "closing" && this.#kept.length === 0) return this.end();
    if (!this.#notify || this.#kept.length > 0 || this.socket.getBufferedAmount() > 0) return;
    this.#notify = false;
    this.listener?.onWritten();
  }

  /** For the server: the peer sent a message. The bytes are only there until this returns. */
  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#state !== "open") return;
    hear(this);
    this.listener?.onMessage(isBinary ? Buffer.from(new Uint8Array(message)) : TEXT.decode(message));
  }

  /**
   * For the server: it is over, and {@link socket} must not be used any more.
   * @param code what the peer closed with; 1006 if it did not
   * @param reason the peer's; with 1006 the library's own. The bytes are only there until this returns
   */
  onClose(code: number, reason: ArrayBuffer): void {
    this.#state = "closed";
    forget(this);
    if (code === ABNORMAL && Buffer.from(reason).toString() === TOO_BIG) {
      this.listener?.onError(new FrameError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009, "Max payload size exceeded"));
    }
    // Before it is forgotten: the listener asks whether anything was lost.
    this.listener?.onClose();
    this.#kept = NOTHING;
    this.#keptBytes = 0;
  }

  private keep(message: Message): void {
    if (this.#kept === NOTHING) this.#kept = [message];
    else this.#kept.push(message);
    this.#keptBytes += message.bytes.length;
    if (this.#willFlush) return;
    this.#willFlush = true;
    flushWhenGathered(this);
  }

  private writeKept(): void {
    const kept = this.#kept;
    let taken = 0;
    let verdict = WAITS;
    while (taken < kept.length) {
      const { bytes, isText, compress } = kept[taken]!;
      verdict = this.socket.send(bytes, !isText, compress);
      if (verdict === DROPPED) break;
      if (this.isOver()) return;
      this.#keptBytes -= bytes.length;
      taken++;
    }
    this.#kept = taken === kept.length ? NOTHING : kept.slice(taken);
    // Of several, corked, the library says that they are sent before it has tried.
    this.#bytesBelow = verdict === SENT && taken === 1 ? 0 : this.socket.getBufferedAmount();
  }

  /** Asked after calls of the library, which may end in {@link onClose}. */
  private isOver(): boolean {
    return this.#state === "closed";
  }

  private end(): void {
    this.#state = "closed";
    this.socket.end();
  }
}

/** Of most connections: nobody adds to it. */
const NOTHING: Message[] = [];

/** With more than this on this side, in bytes, a message goes the long way, where slow readers are dealt with. */
const PASSED_BYTES = 16_384;

/** As a Buffer reads it: what begins like a mark of the byte order is a part of the text. */
const TEXT = new TextDecoder("utf-8", { ignoreBOM: true });

/** What the library answers. */
const WAITS = 0;
const SENT = 1;
const DROPPED = 2;

/** No peer can close with it (RFC 6455 section 7.4.1). */
const ABNORMAL = 1006;
/** What the library says of a message above `maxPayloadLength`, and of nothing else. */
const TOO_BIG = "Received too big message";
