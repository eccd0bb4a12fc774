import type { Duplex } from "node:stream";
import {
  bytesOf,
  closePayload,
  encodeUnmaskedFrame,
  encodeHeader,
  FrameError,
  FrameParser,
  LONG_BYTES,
  OPCODE,
  type Frame,
  type FrameSink,
} from "engine.io-parser/websocket";
import { isOfWriting, type EndpointListener, type Shortcut, type WebSocketEndpoint } from "./endpoint.js";
import type { Endings } from "./endings.js";
import { flushAtEndOfTick, join, type Gathering } from "./end-of-tick.js";
import { OwnWebSocket, type ReadyState } from "./own-websocket.js";

/** How long the peer may take to end the connection once this side has, in ms. As in `ws`. */
const CLOSE_TIMEOUT_MS = 30_000;

/** With so many bytes gathered they leave before the end of the tick. */
const FLUSH_BYTES = 16_384;

/** Answers to pings that the operating system has not taken. Who sends that many and reads nothing is cut off. */
const MAX_WAITING_PONGS = 100;

const ENDPOINT = Symbol("endpoint");

/** No close frame came (RFC 6455 section 7.1.5). */
const ABNORMAL = 1006;
const NOTHING = Buffer.alloc(0);

/** What is known of a connection beforehand. */
export interface EndpointSettings {
  readonly protocol: string;
  /** Size of the largest message. */
  readonly maxBytes: number;
  readonly endings: Endings;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * A WebSocket right on the connection. What is sent within a tick leaves in one write, in order, whatever kind of frame it
 * is; answers to what the peer sent leave when that has been read.
 *
 * There may be very many: its methods are `private`, since one with `#` costs each of them a field.
 */
export class OwnEndpoint implements WebSocketEndpoint, FrameSink, Gathering, Shortcut {
  // What a broadcast reads of each receiver comes first, to lie side by side in memory.
  isClear = false;
  readyState: ReadyState = 1;
  /** The connection below. */
  readonly connection: Duplex;
  #pendingBytes = 0;
  /** What the operating system had not taken after the last write: at most so much waits below. */
  #bytesBelow = 0;
  /** What waits for the end of the tick: a frame … */
  #single: Buffer | null = null;
  /** … or several, and parts of frames. Mostly it is one: hot path of broadcasts, which make no list then. */
  #pending: Buffer[] | null = null;
  /** Somebody will call {@link flush}. */
  #willFlush = false;
  #callbacks: WriteCallback[] | null = null;
  listener: EndpointListener | null = null;
  readonly protocol: string;
  readonly #parser: FrameParser;
  readonly #endings: Endings;
  #socket: OwnWebSocket | null = null;
  // Made when first needed. Most connections never have more to send than the operating system takes, are never pinged, and are not at their end.
  #notify: WriteCallback | null = null;
  #pongs: Pongs | null = null;
  #ending: Ending | null = null;

  /** @param answer the 101, which leaves together with the first frames */
  constructor(connection: Duplex, head: Buffer, answer: string, { protocol, maxBytes, endings }: EndpointSettings) {
    this.connection = connection;
    this.protocol = protocol;
    this.#endings = endings;
    this.#parser = new FrameParser(this, maxBytes);
    (connection as Bound)[ENDPOINT] = this;
    // Other streams than those of node:net may not have them.
    const { setTimeout: limitIdleTime, setNoDelay } = connection as Partial<import("node:net").Socket>;
    limitIdleTime?.call(connection, 0);
    setNoDelay?.call(connection);
    if (head.length > 0) connection.unshift(head);
    connection.on("data", onData);
    connection.on("end", onEnd);
    connection.on("close", onClose);
    connection.on("error", onError);
    this.push(Buffer.from(answer));
    this.schedule();
  }

  get socket(): OwnWebSocket {
    this.#socket ??= new OwnWebSocket(this);
    return this.#socket;
  }

  get bufferedAmount(): number {
    return this.#pendingBytes + this.connection.writableLength;
  }

  get receivedBytes(): number | undefined {
    // Other streams than those of node:net may not count.
    return (this.connection as Partial<import("node:net").Socket>).bytesRead;
  }

  send(data: string | ArrayBuffer | ArrayBufferView, _compress: boolean, notify: boolean): void {
    this.sendMessage(
      typeof data === "string" ? OPCODE.text : OPCODE.binary,
      data,
      notify ? this.whenWritten() : undefined,
    );
  }

  get takesFrames(): boolean {
    return true;
  }

  get shortcut(): Shortcut {
    return this;
  }

  /** Hot path: what a broadcast does for each of its receivers, but the write. */
  pass(frame: Frame): boolean {
    if (!this.isClear || this.readyState !== 1) return false;
    let bytes = this.#pendingBytes + this.#bytesBelow;
    for (let at = 0; at < frame.length; at++) bytes += frame[at]!.length;
    if (bytes > FLUSH_BYTES) return false;
    for (let at = 0; at < frame.length; at++) this.push(frame[at]!);
    this.schedule();
    return true;
  }

  sendFrame(frame: Frame, notify: boolean): void {
    if (!this.accepts(notify ? this.whenWritten() : undefined)) return;
    for (let at = 0; at < frame.length; at++) this.push(frame[at]!);
    this.pushed();
  }

  /**
   * Sends one message, or one control frame.
   * @param callback called once the operating system has taken it, and all before it
   */
  sendMessage(opcode: number, data: string | ArrayBuffer | ArrayBufferView, callback?: WriteCallback): void {
    if (this.accepts(callback)) this.queue(opcode, typeof data === "string" ? data : bytesOf(data));
  }

  close(code?: number, reason?: string | Buffer): void {
    if (this.readyState !== 1) return;
    this.sendClose(code, reason);
    this.flush();
  }

  terminate(): void {
    this.connection.destroy();
  }

  /** Writes what has been gathered. */
  flush(): void {
    const { connection } = this;
    const single = this.#single;
    const pending = this.#pending;
    const bytes = this.#pendingBytes;
    const callback = this.takeCallbacks();
    this.#willFlush = false;
    this.forgetPending();
    if (single !== null) {
      connection.write(single, callback);
    } else if (pending !== null) {
      const last = pending[pending.length - 1]!;
      // A copy is cheaper than a list of buffers for the operating system, up to a size. Long parts come last, since they flush.
      if (last.length < LONG_BYTES) connection.write(join(pending, bytes), callback);
      else this.writeParts(pending, callback);
    }
    this.#bytesBelow = connection.writableLength;
  }

  onMessage(data: string | Buffer): void {
    this.listener?.onMessage(data);
    this.#socket?.onMessage(data);
  }

  onPing(payload: Buffer): void {
    if (this.readyState === 1) {
      if (!this.maySendPong()) return this.cutOff();
      const pongs = (this.#pongs ??= new Pongs());
      pongs.waiting++;
      this.sendMessage(OPCODE.pong, payload, pongs.onTaken);
    }
    this.#socket?.emit("ping", payload);
  }

  onPong(payload: Buffer): void {
    this.#socket?.emit("pong", payload);
  }

  onCloseFrame(code: number, reason: Buffer): void {
    const ending = this.beginEnding();
    ending.code = code;
    ending.reason = reason;
    // RFC 6455 section 5.5.1: the answer typically echoes the code.
    if (!ending.closeSent) this.sendClose(code === 1005 ? undefined : code, reason);
    this.end();
  }

  onFrameError(error: FrameError): void {
    if (this.#ending?.closeSent !== true) this.sendClose(error.closeCode);
    this.end();
    // Messages that came whole before this frame are still a tick away from their listeners (row S-119).
    process.nextTick(report, this, error);
  }

  /** Something arrived on the connection. */
  onChunk(chunk: Buffer): void {
    // What this leads to is gathered until all of it has been read.
    this.#willFlush = true;
    try {
      this.#parser.receive(chunk);
    } finally {
      this.flush();
    }
  }

  /** The peer has ended its side of the connection. */
  onConnectionEnd(): void {
    this.#parser.stop();
    this.end();
  }

  onConnectionError(error: Error): void {
    if (this.readyState === 1) {
      this.readyState = 2;
      // Most of what is sent has no callback that would be told.
      if (isOfWriting(error)) this.beginEnding().failure = error;
    }
    this.connection.destroy();
  }

  onConnectionClose(): void {
    clearTimeout(this.#ending?.timer);
    this.#endings.finish(this);
    this.readyState = 3;
    this.#parser.stop();
    this.forgetPending();
    this.takeCallbacks()?.(notOpen(3));
    this.listener?.onClose(this.#ending?.failure);
    this.#socket?.onClose(this.#ending?.code ?? ABNORMAL, this.#ending?.reason ?? NOTHING);
  }

  private writeParts(parts: readonly Buffer[], callback: WriteCallback | undefined): void {
    const { connection } = this;
    connection.cork();
    for (let at = 0; at < parts.length - 1; at++) connection.write(parts[at]!);
    connection.write(parts[parts.length - 1]!, callback);
    connection.uncork();
  }

  /** False after the end, which the callback is told. */
  private accepts(callback: WriteCallback | undefined): boolean {
    if (this.readyState === 1) {
      if (callback !== undefined) (this.#callbacks ??= []).push(callback);
      return true;
    }
    if (callback !== undefined) process.nextTick(callback, notOpen(this.readyState));
    return false;
  }

  private whenWritten(): WriteCallback {
    return (this.#notify ??= (error) => {
      if (!error) this.listener?.onWritten();
    });
  }

  private queue(opcode: number, payload: string | Buffer): void {
    if (typeof payload !== "string" && payload.length >= LONG_BYTES) {
      this.push(encodeHeader(opcode, payload.length));
      this.push(payload);
    } else {
      this.push(encodeUnmaskedFrame(opcode, payload));
    }
    this.pushed();
  }

  private pushed(): void {
    if (this.#pendingBytes >= FLUSH_BYTES) this.flushEarly();
    else this.schedule();
  }

  private push(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pending !== null) {
      this.#pending.push(bytes);
    } else if (this.#single === null) {
      this.#single = bytes;
    } else {
      this.#pending = [this.#single, bytes];
      this.#single = null;
    }
  }

  private forgetPending(): void {
    this.#single = null;
    this.#pending = null;
    this.#pendingBytes = 0;
  }

  private schedule(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    flushAtEndOfTick(this);
  }

  /** Who was going to flush still does. */
  private flushEarly(): void {
    const willFlush = this.#willFlush;
    this.flush();
    this.#willFlush = willFlush;
  }

  private takeCallbacks(): WriteCallback | undefined {
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (callbacks === null) return undefined;
    if (callbacks.length === 1) return callbacks[0];
    return (error) => {
      for (const callback of callbacks) callback(error);
    };
  }

  private sendClose(code?: number, reason?: string | Buffer): void {
    if (this.readyState === 1) this.queue(OPCODE.close, closePayload(code, reason));
    this.beginEnding().closeSent = true;
    this.readyState = 2;
  }

  /** Both sides have said what they had to. */
  private end(): void {
    this.readyState = 2;
    this.flush();
    this.connection.end();
    this.beginEnding();
  }

  private beginEnding(): Ending {
    if (this.#ending === null) {
      this.#ending = new Ending(this.connection);
      this.#endings.begin(this);
    }
    return this.#ending;
  }

  /** False if too many wait already, and not only for the end of what is being read. */
  private maySendPong(): boolean {
    if (this.#pongs === null || this.#pongs.waiting < MAX_WAITING_PONGS) return true;
    this.flushEarly();
    return this.connection.writableLength === 0;
  }

  /** A close frame would wait behind all the rest. */
  private cutOff(): void {
    this.#parser.stop();
    this.readyState = 2;
    this.terminate();
    this.report(
      new FrameError("WS_ERR_TOO_MANY_CONTROL_FRAMES", 1008, `more than ${MAX_WAITING_PONGS} pings, and nothing read`),
    );
  }

  /** Tells whoever listens. */
  report(error: FrameError): void {
    this.listener?.onError(error);
    this.#socket?.onError(error);
  }
}

/** Answers to pings that the operating system has not taken. */
class Pongs {
  waiting = 0;
  readonly onTaken = (): void => void this.waiting--;
}

/** The end of a connection has begun: the peer gets its time. */
class Ending {
  closeSent = false;
  /** What the peer said in its close frame. */
  code = ABNORMAL;
  reason: Buffer = NOTHING;
  /** Why messages did not leave. */
  failure: Error | undefined = undefined;
  readonly timer: NodeJS.Timeout;

  constructor(connection: Duplex) {
    this.timer = setTimeout(giveUp, CLOSE_TIMEOUT_MS, connection);
  }
}

interface Bound extends Duplex {
  [ENDPOINT]?: OwnEndpoint;
}

// Functions of the module, not closures: there may be very many connections.

function onData(this: Duplex, chunk: Buffer): void {
  (this as Bound)[ENDPOINT]!.onChunk(chunk);
}

function onEnd(this: Duplex): void {
  (this as Bound)[ENDPOINT]!.onConnectionEnd();
}

function report(endpoint: OwnEndpoint, error: FrameError): void {
  endpoint.report(error);
}

function onError(this: Duplex, error: Error): void {
  (this as Bound)[ENDPOINT]!.onConnectionError(error);
}

function onClose(this: Duplex): void {
  (this as Bound)[ENDPOINT]!.onConnectionClose();
}

function giveUp(connection: Duplex): void {
  connection.destroy();
}

function notOpen(state: ReadyState): Error {
  return new Error(`WebSocket is not open: readyState ${state} (${state === 2 ? "CLOSING" : "CLOSED"})`);
}
