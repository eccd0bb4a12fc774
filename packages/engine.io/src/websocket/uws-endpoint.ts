import { bytesOf, FrameError } from "engine.io-parser/websocket";
import type { UwsWebSocket } from "../uws-types.js";
import { flushAtEndOfTick, type Gathering } from "./end-of-tick.js";
import type { EndpointListener, WebSocketEndpoint } from "./endpoint.js";

/**
 * A WebSocket of uWebSockets.js. What is sent within a tick leaves in one write. The library drops messages once too much waits:
 * such are kept here, with all behind them, until it takes them.
 */
export class UwsEndpoint implements WebSocketEndpoint, Gathering {
  listener: EndpointListener | null = null;
  /** The library makes its frames itself. */
  readonly takesFrames = false;
  readonly socket: UwsWebSocket;
  /** "closing" is the time until what was sent before has left. */
  #state: "open" | "closing" | "closed" = "open";
  #kept: Message[] = [];
  #keptBytes = 0;
  /** Somebody will call {@link flush}. */
  #willFlush = false;
  #notify = false;

  constructor(socket: UwsWebSocket) {
    this.socket = socket;
  }

  get bufferedAmount(): number {
    return this.#keptBytes + (this.#state === "closed" ? 0 : this.socket.getBufferedAmount());
  }

  send(data: string | ArrayBuffer | ArrayBufferView, compress: boolean, notify: boolean): void {
    if (this.#state !== "open") return;
    // Texts as well: the library would write half a surrogate pair as it is, and clients refuse what is no UTF-8 (RFC 6455 section 8.1).
    const bytes = typeof data === "string" ? Buffer.from(data) : bytesOf(data);
    this.#kept.push({ bytes, isText: typeof data === "string", compress });
    this.#keptBytes += bytes.length;
    this.#notify ||= notify;
    if (this.#willFlush) return;
    this.#willFlush = true;
    flushAtEndOfTick(this);
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
    if (this.#kept.length < 2) this.#writeKept();
    else this.socket.cork(() => this.#writeKept());
    if (this.#isOver()) return;
    if (this.#state === "closing" && this.#kept.length === 0) return this.#end();
    if (!this.#notify || this.#kept.length > 0 || this.socket.getBufferedAmount() > 0) return;
    this.#notify = false;
    this.listener?.onWritten();
  }

  /** For the server: the peer sent a message. The bytes are only there until this returns. */
  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#state !== "open") return;
    this.listener?.onMessage(isBinary ? Buffer.from(new Uint8Array(message)) : Buffer.from(message).toString());
  }

  /**
   * For the server: it is over, and {@link socket} must not be used any more.
   * @param code what the peer closed with; 1006 if it did not
   * @param reason the peer's; with 1006 the library's own. The bytes are only there until this returns
   */
  onClose(code: number, reason: ArrayBuffer): void {
    this.#state = "closed";
    if (code === ABNORMAL && Buffer.from(reason).toString() === TOO_BIG) {
      this.listener?.onError(new FrameError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009, "Max payload size exceeded"));
    }
    // Before it is forgotten: the listener asks whether anything was lost.
    this.listener?.onClose();
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #writeKept(): void {
    const kept = this.#kept;
    let taken = 0;
    while (taken < kept.length) {
      const { bytes, isText, compress } = kept[taken]!;
      if (this.socket.send(bytes, !isText, compress) === DROPPED) break;
      if (this.#isOver()) return;
      this.#keptBytes -= bytes.length;
      taken++;
    }
    this.#kept = taken === kept.length ? [] : kept.slice(taken);
  }

  /** Asked after calls of the library, which may end in {@link onClose}. */
  #isOver(): boolean {
    return this.#state === "closed";
  }

  #end(): void {
    this.#state = "closed";
    this.socket.end();
  }
}

interface Message {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
  readonly compress: boolean;
}

const DROPPED = 2;

/** No peer can close with it (RFC 6455 section 7.4.1). */
const ABNORMAL = 1006;
/** What the library says of a message above `maxPayloadLength`, and of nothing else. */
const TOO_BIG = "Received too big message";
