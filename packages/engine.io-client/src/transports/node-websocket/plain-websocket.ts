import type { Socket } from "node:net";
import type { RawData } from "engine.io-parser";
import {
  bytesOf,
  closePayload,
  encodeMaskedFrame,
  FrameError,
  FrameParser,
  NO_STATUS,
  OPCODE,
  type FrameSink,
} from "engine.io-parser/websocket";
import { CLOSE_TIMEOUT_MS } from "../transport.js";
import type { WebSocketLike } from "../websocket.js";
import { openConnection, type ConnectOptions } from "./connection.js";
import { Handshake, type Agreement, type HandshakeOptions } from "./handshake.js";

export interface PlainWebSocketOptions extends HandshakeOptions {
  /** Size of the largest message that is taken, in bytes; 0: no limit. */
  readonly maxPayload: number;
  readonly connect: ConnectOptions;
  /** The server agrees. */
  onAgreement(agreement: Agreement, connection: Socket): void;
  /** It agrees to extensions, which we don't know. The connection is somebody else's from now on, and what is read from it. */
  onExtensions(agreement: Agreement, connection: Socket): ChunkReader;
}

/** What is given the bytes that arrive. */
interface ChunkReader {
  /** @param isLent whether the bytes are only there until this returns */
  receive(chunk: Buffer, isLent: boolean): void;
}

/**
 * A WebSocket right on a connection of node:net or node:tls, without extensions. What is sent within a tick leaves in one write, and
 * so does what is sent while something is read. It has the part of the browsers' interface that {@link WebSocketLike} names, and
 * events in that form.
 */
export class PlainWebSocket implements WebSocketLike, FrameSink {
  readonly binaryType = "nodebuffer";
  onopen: ((event: object) => void) | null = null;
  onmessage: ((event: { data: RawData }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  readonly extensions = "";
  readonly url: string;
  /** The sub-protocol that was agreed on, or "". */
  protocol = "";
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  readonly #options: PlainWebSocketOptions;
  readonly #connection: Socket;
  readonly #parser: FrameParser;
  #reader: ChunkReader;
  /** Null once it is over. */
  #handshake: Handshake | null;
  /** Frames that wait for the end of the tick. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Somebody will call {@link flush}. */
  #willFlush = false;
  #waitingPongs = 0;
  #closeSent = false;
  #closeCode = ABNORMAL;
  #closeReason = "";
  #closeTimer: NodeJS.Timeout | undefined;

  /** @throws an Error if what is given makes no request */
  constructor(url: URL, options: PlainWebSocketOptions) {
    this.url = url.href;
    this.#options = options;
    this.#reader = this.#parser = new FrameParser(this, options.maxPayload, "server");
    const handshake = (this.#handshake = new Handshake(url, options));
    const onConnect = (): void => void connection.write(handshake.request, "latin1");
    const connection = openConnection(url, options.connect, onConnect, (chunk) => this.#receive(chunk));
    this.#connection = connection.setNoDelay();
    connection.on("end", this.#onEnd).on("error", this.#onError).on("close", this.#onClose);
  }

  /** Bytes that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#pendingBytes + this.#connection.writableLength;
  }

  /** Sends one message, text or bytes; without effect unless it is open. */
  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== OPEN) return;
    if (typeof data === "string") this.#push(encodeMaskedFrame(OPCODE.text, data));
    else this.#push(encodeMaskedFrame(OPCODE.binary, bytesOf(data)));
  }

  /** Starts the closing handshake, after what was sent; without a status code. Without effect if it is closing. */
  close(): void {
    if (this.readyState === OPEN) {
      this.#sendClose();
      this.flush();
    } else if (this.readyState === CONNECTING) this.terminate();
  }

  /** The end at once. */
  terminate(): void {
    this.#handshake = null;
    if (this.readyState !== CLOSED) this.readyState = CLOSING;
    this.#parser.stop();
    this.#forgetPending();
    this.#connection.destroy();
  }

  onMessage(data: string | Buffer): void {
    this.onmessage?.({ data });
  }

  onPing(payload: Buffer): void {
    if (this.readyState !== OPEN) return;
    // All that was answered before has been taken.
    if (this.#connection.writableLength === 0) this.#waitingPongs = 0;
    if (++this.#waitingPongs <= MAX_WAITING_PONGS) return this.#push(encodeMaskedFrame(OPCODE.pong, payload));
    // A close frame would wait behind all the rest.
    this.#fail(new FrameError("WS_ERR_TOO_MANY_CONTROL_FRAMES", 1008, TOO_MANY_PINGS));
  }

  onPong(): void {}

  onCloseFrame(code: number, reason: Buffer): void {
    this.#closeCode = code;
    this.#closeReason = reason.toString();
    // RFC 6455 section 5.5.1: the answer typically echoes the code.
    if (!this.#closeSent) this.#sendClose(code === NO_STATUS ? undefined : code, reason);
    this.#end();
  }

  onFrameError(error: FrameError): void {
    if (!this.#closeSent) this.#sendClose(error.closeCode);
    this.#end();
    this.#report(error);
  }

  // Bound, to be taken off where somebody else goes on with the connection.

  readonly #onEnd = (): void => {
    if (this.#handshake !== null)
      return this.#fail(new Error("The server ended the connection before it had answered"));
    this.#parser.stop();
    this.#end();
  };

  readonly #onError = (error: Error): void => {
    if (this.#handshake !== null) this.#fail(error);
    else this.terminate();
  };

  readonly #onClose = (): void => {
    this.readyState = CLOSED;
    clearTimeout(this.#closeTimer);
    this.#parser.stop();
    this.#forgetPending();
    const code = this.#closeCode;
    this.onclose?.({ type: "close", target: this, code, reason: this.#closeReason, wasClean: code !== ABNORMAL });
  };

  /** @param chunk only there until this returns */
  #receive(chunk: Buffer): void {
    // What this leads to is gathered until all of it has been read.
    this.#willFlush = true;
    try {
      if (this.#handshake === null) this.#reader.receive(chunk, true);
      else this.#shakeHands(this.#handshake, Buffer.from(chunk));
    } finally {
      this.flush();
    }
  }

  #shakeHands(handshake: Handshake, chunk: Buffer): void {
    let agreement: Agreement | null;
    try {
      agreement = handshake.receive(chunk);
    } catch (error) {
      return this.#fail(error as Error);
    }
    if (agreement === null) return;
    this.#handshake = null;
    this.#options.onAgreement(agreement, this.#connection);
    if (agreement.extensions !== "") return this.#leave(agreement);
    this.protocol = agreement.protocol;
    this.readyState = OPEN;
    this.onopen?.({ type: "open", target: this });
    if (agreement.rest.length > 0) this.#parser.receive(agreement.rest);
  }

  /** Somebody else takes the connection over; nothing more is heard of this object. */
  #leave(agreement: Agreement): void {
    const connection = this.#connection;
    connection.off("end", this.#onEnd).off("error", this.#onError).off("close", this.#onClose);
    this.readyState = CLOSED;
    this.#reader = this.#options.onExtensions(agreement, connection);
  }

  /** The end at once, and why. */
  #fail(error: Error): void {
    this.terminate();
    this.#report(error);
  }

  #report(error: Error): void {
    this.onerror?.({ type: "error", target: this, message: error.message, error });
  }

  #push(frame: Buffer): void {
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    if (this.#pendingBytes >= FLUSH_BYTES) return this.#write();
    if (this.#willFlush) return;
    this.#willFlush = true;
    process.nextTick(flush, this);
  }

  /** Writes what has been gathered. @internal */
  flush(): void {
    this.#willFlush = false;
    if (this.#pendingBytes > 0) this.#write();
  }

  #write(): void {
    const frames = this.#pending;
    const bytes = this.#pendingBytes;
    this.#forgetPending();
    this.#connection.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames, bytes));
  }

  #forgetPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #sendClose(code?: number, reason?: string | Buffer): void {
    if (this.readyState === OPEN) this.#push(encodeMaskedFrame(OPCODE.close, closePayload(code, reason)));
    this.#closeSent = true;
    this.readyState = CLOSING;
    this.#limitClosing();
  }

  /** Both sides have said what they had to. */
  #end(): void {
    this.readyState = CLOSING;
    this.flush();
    // A second time would cost an error that nobody hears of.
    if (!this.#connection.writableEnded) this.#connection.end();
    this.#limitClosing();
  }

  /** The peer may take a while to end the connection, but not for ever. It alone keeps no process alive. */
  #limitClosing(): void {
    this.#closeTimer ??= setTimeout(giveUp, CLOSE_TIMEOUT_MS, this.#connection).unref();
  }
}

function flush(socket: PlainWebSocket): void {
  socket.flush();
}

function giveUp(connection: Socket): void {
  connection.destroy();
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** No peer can close with it (RFC 6455 section 7.4.1). */
const ABNORMAL = 1006;

/** With so many bytes gathered they leave before the end of the tick. */
const FLUSH_BYTES = 16_384;

/** Answers to pings that the operating system has not taken. Who sends more and reads nothing is cut off. */
const MAX_WAITING_PONGS = 100;
const TOO_MANY_PINGS = `more than ${MAX_WAITING_PONGS} pings, and nothing read`;
