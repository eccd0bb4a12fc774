import type { UwsWebSocket } from "../uws-types.js";
import type { EndpointListener, WebSocketEndpoint } from "./endpoint.js";

/**
 * A WebSocket of uWebSockets.js. Its `send` drops messages once too much waits; such are kept here, with all behind them, until
 * it takes them.
 */
export class UwsEndpoint implements WebSocketEndpoint {
  listener: EndpointListener | null = null;
  readonly socket: UwsWebSocket;
  /** "closing" is the time until what was sent before has left. */
  #state: "open" | "closing" | "closed" = "open";
  readonly #kept: Message[] = [];
  #keptBytes = 0;
  #notify = false;

  constructor(socket: UwsWebSocket) {
    this.socket = socket;
  }

  get bufferedAmount(): number {
    return this.#state === "closed" ? 0 : this.socket.getBufferedAmount() + this.#keptBytes;
  }

  send(data: string | ArrayBuffer | ArrayBufferView, compress: boolean, notify: boolean): void {
    if (this.#state !== "open") return;
    const sendable = ArrayBuffer.isView(data) ? bytesOf(data) : data;
    if (this.#kept.length > 0 || !this.#write(sendable, compress)) {
      this.#kept.push({ data: sendable, compress });
      this.#keptBytes += sizeOf(sendable);
    }
    if (!notify) return;
    this.#notify = true;
    // Not now: whoever sends doesn't expect to be called back from inside.
    if (this.#isDrained()) process.nextTick(notifyIfDrained, this);
  }

  close(): void {
    if (this.#state !== "open") return;
    if (this.#kept.length > 0) this.#state = "closing";
    else this.#end();
  }

  terminate(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.socket.close();
  }

  /** For the server: the peer sent a message. The bytes are only there until this returns. */
  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    if (this.#state !== "open") return;
    const bytes = new Uint8Array(message);
    this.listener?.onMessage(isBinary ? Buffer.from(bytes) : Buffer.from(message).toString());
  }

  /** For the server: the operating system has taken some of what waited. */
  onDrain(): void {
    let taken = 0;
    for (const { data, compress } of this.#kept) {
      if (!this.#write(data, compress)) break;
      this.#keptBytes -= sizeOf(data);
      taken++;
    }
    this.#kept.splice(0, taken);
    if (this.#state === "closing" && this.#kept.length === 0) this.#end();
    else this.notifyIfDrained();
  }

  /** For the server: it is over, and {@link socket} must not be used any more. */
  onClose(): void {
    this.#state = "closed";
    this.#kept.length = 0;
    this.#keptBytes = 0;
    this.listener?.onClose();
  }

  notifyIfDrained(): void {
    if (!this.#notify || !this.#isDrained()) return;
    this.#notify = false;
    this.listener?.onWritten();
  }

  #isDrained(): boolean {
    return this.#state === "open" && this.#kept.length === 0 && this.socket.getBufferedAmount() === 0;
  }

  /** False if it was dropped. */
  #write(data: string | ArrayBuffer | Uint8Array, compress: boolean): boolean {
    return this.socket.send(data, typeof data !== "string", compress) !== DROPPED;
  }

  #end(): void {
    this.#state = "closed";
    this.socket.end();
  }
}

interface Message {
  readonly data: string | ArrayBuffer | Uint8Array;
  readonly compress: boolean;
}

const DROPPED = 2;

function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sizeOf(data: string | ArrayBuffer | Uint8Array): number {
  return typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
}

function notifyIfDrained(endpoint: UwsEndpoint): void {
  endpoint.notifyIfDrained();
}
