import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { OPCODE, isCloseCode } from "engine.io-parser/websocket";

/** CONNECTING is never seen on a server. */
export type ReadyState = 0 | 1 | 2 | 3;

type Data = string | number | ArrayBuffer | ArrayBufferView;
type Callback = (error?: Error | null) => void;
type EventType = "message" | "close" | "error" | "open";
type EventListener = (event: Record<string, unknown>) => void;

/** What {@link OwnWebSocket} stands before. */
export interface WebSocketBelow {
  readonly connection: Duplex;
  readonly protocol: string;
  readonly readyState: ReadyState;
  readonly bufferedAmount: number;
  sendMessage(opcode: number, data: string | ArrayBuffer | ArrayBufferView, callback?: Callback): void;
  close(code?: number, reason?: string | Buffer): void;
  terminate(): void;
}

/**
 * What applications find as `conn.transport.socket` (rows D-19, E-54): the public members of `WebSocket` of the package `ws`, on
 * its server side. Made when first asked for.
 *
 * Events: `message` `(data, isBinary)`, `close` `(code, reason)`, `error`, `ping` and `pong` `(data)`.
 */
export class OwnWebSocket extends EventEmitter {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;

  /** In which form `message` gives bytes. */
  binaryType: "nodebuffer" | "arraybuffer" | "fragments" = "nodebuffer";
  /** Extensions in use: none. */
  readonly extensions = "";
  readonly url = undefined;
  readonly #below: WebSocketBelow;
  readonly #handlers = new Map<EventType, EventListener>();

  constructor(below: WebSocketBelow) {
    super();
    this.#below = below;
  }

  /** The connection. Applications read its addresses. @internal */
  get _socket(): Duplex {
    return this.#below.connection;
  }

  get readyState(): ReadyState {
    return this.#below.readyState;
  }

  /** Bytes that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#below.bufferedAmount;
  }

  /** The sub-protocol that was agreed on, or "". */
  get protocol(): string {
    return this.#below.protocol;
  }

  get isPaused(): boolean {
    return this.#below.connection.isPaused();
  }

  /**
   * Sends one message, past the session.
   * @param options `binary`: whether it is bytes, by default unless it is a string. Others have no effect on a server without compression.
   * @param callback called once the operating system has taken it
   */
  send(data: Data, options?: { binary?: boolean } | Callback, callback?: Callback): void {
    const given = typeof options === "function" ? undefined : options;
    const isBinary = given?.binary ?? (typeof data !== "string" && typeof data !== "number");
    const done = typeof options === "function" ? options : callback;
    this.#below.sendMessage(isBinary ? OPCODE.binary : OPCODE.text, textOrBytes(data), done);
  }

  ping(data?: Data | Callback, mask?: boolean | Callback, callback?: Callback): void {
    this.#control(OPCODE.ping, data, mask, callback);
  }

  pong(data?: Data | Callback, mask?: boolean | Callback, callback?: Callback): void {
    this.#control(OPCODE.pong, data, mask, callback);
  }

  /** Starts the closing handshake. */
  close(code?: number, reason?: string | Buffer): void {
    if (code !== undefined && !isCloseCode(code)) {
      throw new TypeError("First argument must be a valid error code number");
    }
    if (Buffer.byteLength(reason ?? "") > 123) {
      throw new RangeError("The message must not be greater than 123 bytes");
    }
    this.#below.close(code, reason);
  }

  /** The end at once. */
  terminate(): void {
    this.#below.terminate();
  }

  pause(): void {
    this.#below.connection.pause();
  }

  resume(): void {
    this.#below.connection.resume();
  }

  addEventListener(type: EventType, listener: EventListener, options?: { once?: boolean }): void {
    const wrapped = (...values: unknown[]): void => listener(this.#event(type, values));
    // So that removeListener, and with it removeEventListener, finds it.
    wrapped.listener = listener;
    if (options?.once) this.once(type, wrapped);
    else this.on(type, wrapped);
  }

  removeEventListener(type: EventType, listener: EventListener): void {
    this.removeListener(type, listener as () => void);
  }

  get onmessage(): EventListener | null {
    return this.#handlers.get("message") ?? null;
  }
  set onmessage(handler: EventListener | null) {
    this.#handle("message", handler);
  }

  get onclose(): EventListener | null {
    return this.#handlers.get("close") ?? null;
  }
  set onclose(handler: EventListener | null) {
    this.#handle("close", handler);
  }

  get onerror(): EventListener | null {
    return this.#handlers.get("error") ?? null;
  }
  set onerror(handler: EventListener | null) {
    this.#handle("error", handler);
  }

  get onopen(): EventListener | null {
    return this.#handlers.get("open") ?? null;
  }
  set onopen(handler: EventListener | null) {
    this.#handle("open", handler);
  }

  /** @internal */
  onMessage(data: string | Buffer): void {
    if (this.listenerCount("message") === 0) return;
    const isBinary = typeof data !== "string";
    const bytes = isBinary ? data : Buffer.from(data);
    if (!isBinary || this.binaryType === "nodebuffer") this.emit("message", bytes, isBinary);
    else if (this.binaryType === "fragments") this.emit("message", [bytes], true);
    else this.emit("message", bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), true);
  }

  /** The session has handled it, so it is no reason to end the process. @internal */
  onError(error: Error): void {
    if (this.listenerCount("error") > 0) this.emit("error", error);
  }

  /** @internal */
  onClose(code: number, reason: Buffer): void {
    this.emit("close", code, reason);
  }

  #control(
    opcode: number,
    data: Data | Callback | undefined,
    mask: boolean | Callback | undefined,
    callback: Callback | undefined,
  ): void {
    const done = [data, mask, callback].find((value) => typeof value === "function");
    const payload = typeof data === "function" || data === undefined ? "" : textOrBytes(data);
    if (Buffer.byteLength(payload as string) > 125) {
      throw new RangeError("The data size must not be greater than 125 bytes");
    }
    this.#below.sendMessage(opcode, payload, done);
  }

  #handle(type: EventType, handler: EventListener | null): void {
    const previous = this.#handlers.get(type);
    if (previous !== undefined) this.removeEventListener(type, previous);
    this.#handlers.delete(type);
    if (typeof handler !== "function") return;
    this.#handlers.set(type, handler);
    this.addEventListener(type, handler);
  }

  #event(type: EventType, values: readonly unknown[]): Record<string, unknown> {
    const event = { type, target: this };
    if (type === "message") {
      const [data, isBinary] = values;
      return { ...event, data: isBinary === true ? data : String(data) };
    }
    if (type === "close") {
      return { ...event, code: values[0], reason: String(values[1]), wasClean: values[0] !== 1006 };
    }
    const [error] = values;
    return type === "error" ? { ...event, error, message: (error as Error).message } : event;
  }
}

function textOrBytes(data: Data): string | ArrayBuffer | ArrayBufferView {
  return typeof data === "number" ? String(data) : data;
}
