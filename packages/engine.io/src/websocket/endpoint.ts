import type { Frame } from "engine.io-parser/websocket";
import type { Refusal } from "../errors.js";
import type { EngineRequest } from "../http/request.js";

/** One upgrade request and its answer, whatever server it came in by. Who has left by then hears neither. */
export interface UpgradeExchange {
  readonly request: EngineRequest;

  refuse(refusal: Refusal): void;

  /** @param newSid id of the session that begins with it; null if it is of an existing one */
  accept(newSid: string | null, onEndpoint: (endpoint: WebSocketEndpoint) => void): void;
}

/** The server's end of one WebSocket. The transport is written against this; what is below it can be exchanged. */
export interface WebSocketEndpoint {
  /** What users reach as `conn.transport.socket`. */
  readonly socket: unknown;

  /** Bytes that the operating system has not taken yet. */
  readonly bufferedAmount: number;

  /** Bytes that came over the connection so far; absent where nobody can know. */
  readonly receivedBytes?: number | undefined;

  /** Who hears of messages and of the end; null: nobody any more. */
  listener: EndpointListener | null;

  /**
   * Sends one message, text or bytes.
   * @param compress whether to compress it, where that was negotiated
   * @param notify whether `onWritten` shall follow once the operating system has taken it, and all before it
   */
  send(data: string | ArrayBuffer | ArrayBufferView, compress: boolean, notify: boolean): void;

  /** Whether {@link sendFrame} may be called: false where messages are compressed, or framed by somebody else. Asked per message. */
  readonly takesFrames: boolean;

  /** Sends a frame that was made beforehand, perhaps for many receivers, as it is. `notify` as for {@link send}. */
  sendFrame(frame: Frame, notify: boolean): void;

  /** Absent where every message has to go through {@link send}. */
  readonly shortcut?: Shortcut;

  /** Starts the closing handshake, after what was sent; without a status code. Gives up waiting for the peer by itself. */
  close(): void;

  /** The end at once. */
  terminate(): void;
}

/**
 * The way of a broadcast past session and transport, as long as nothing waits in either: then it touches two objects of a
 * receiver's, in place of six. Reading these from memory is what a delivery costs, beside the operating system.
 */
export interface Shortcut {
  /** Set by the transport: whether it would take a message now. */
  isClear: boolean;

  /** Takes the frame of a message for many receivers. False: it has to go the long way. */
  pass(frame: Frame): boolean;
}

export interface EndpointListener {
  onMessage(data: string | Buffer): void;

  onWritten(): void;

  /** The peer broke the protocol, or the connection failed. `onClose` may follow. */
  onError(error: unknown): void;

  /** @param failure why something that was sent did not leave, where that is known */
  onClose(failure?: Error): void;
}

/** Whether a connection failed as something was written to it, and not as it was read from. */
export function isOfWriting(error: Error): boolean {
  return (error as NodeJS.ErrnoException).syscall === "write";
}
