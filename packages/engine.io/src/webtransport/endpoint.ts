import type { Packet } from "engine.io-parser";
import { encodeFrame, FRAME_TOO_LARGE, FrameDecoder } from "engine.io-parser/session";
import { LimitError } from "../errors.js";
import type { BidirectionalStream, StreamReader, StreamWriter, WebTransportSession } from "./session.js";

/** How long the layer below may take to send the rest before an orderly end, in ms: as with WebSockets. */
const CLOSE_TIMEOUT_MS = 30_000;

/**
 * How long the peer may take to end the session after the stream has ended, in ms. Ours does at once; upstream's client does
 * nothing at the end of the stream, and closes by itself only if it was told to disconnect.
 */
const LINGER_MS = 5_000;

export interface EndpointListener {
  onPacket(packet: Packet): void;

  /** What {@link WebTransportEndpoint.send} was given last is out. */
  onWritten(): void;

  /** The session or its stream has ended; `error` if it was not in order. Exactly once, unless this side ended it. */
  onClose(error?: unknown): void;
}

/** The server's end of one WebTransport session with its stream. */
export class WebTransportEndpoint {
  readonly session: WebTransportSession;
  /** Who hears of packets and of the end. */
  listener: EndpointListener;
  /** Handed to {@link send} and not taken by the layer below, in bytes. */
  bufferedBytes = 0;
  readonly #reader: StreamReader<Uint8Array>;
  readonly #writer: StreamWriter;
  readonly #decoder: FrameDecoder;
  #state: "open" | "closing" | "closed" = "open";
  #closeTimer: NodeJS.Timeout | undefined;
  /** Of an orderly end: settles once the stream has ended. */
  #allWritten: Promise<void> | undefined;

  /** @param maxBytes size of the largest frame that is read */
  constructor(session: WebTransportSession, stream: BidirectionalStream, maxBytes: number, listener: EndpointListener) {
    this.session = session;
    this.listener = listener;
    this.#reader = stream.readable.getReader();
    this.#writer = stream.writable.getWriter();
    this.#decoder = new FrameDecoder(maxBytes, "nodebuffer", (packet) => {
      if (packet === FRAME_TOO_LARGE) this.#lost(frameTooLarge(maxBytes));
      else this.#deliver(packet);
    });
    session.closed.then(
      () => this.#ended(),
      (error: unknown) => this.#ended(error ?? new Error("the session failed")),
    );
    this.#read();
  }

  /** Writes packets as one chunk; `onWritten` follows unless the session ends before. */
  send(batch: readonly Packet[]): void {
    const chunks: Uint8Array[] = Array.from({ length: batch.length * 2 });
    let missing = batch.length;
    for (const [at, packet] of batch.entries()) {
      // At once, unless a Blob has to be read.
      encodeFrame(packet, (header, payload) => {
        chunks[at * 2] = header;
        chunks[at * 2 + 1] = payload;
        if (--missing === 0) this.#write(Buffer.concat(chunks));
      });
    }
  }

  /** Ends the session after what was sent has left. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#terminateIn(CLOSE_TIMEOUT_MS);
    // The end of the session would overtake what is on its way in the stream, so the peer is the one to end it.
    this.#allWritten = this.#writer.close();
    this.#allWritten.then(
      () => this.#terminateIn(LINGER_MS),
      () => this.terminate(),
    );
  }

  /** Ends the session at once. */
  terminate(): void {
    if (this.#settle() !== "closed") closeQuietly(this.session);
  }

  #terminateIn(ms: number): void {
    if (this.#state === "closed") return;
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.terminate(), ms).unref();
  }

  #read(): void {
    this.#reader.read().then(
      ({ done, value }) => {
        if (done || value === undefined) return this.#lost();
        // While closing, what arrives is dropped, but read: the peer's writes would fail otherwise, and it would see an error.
        if (this.#state === "open") this.#decoder.receive(value);
        if (this.#state !== "closed") this.#read();
      },
      // How a session's end looks from its streams. Whether it was in order, `closed` tells, which may come later.
      () => this.#lost(),
    );
  }

  #deliver(packet: Packet): void {
    if (this.#state !== "open") return;
    guard(() => this.listener.onPacket(packet));
  }

  #write(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.bufferedBytes += bytes.length;
    this.#writer.write(bytes).then(
      () => {
        this.bufferedBytes -= bytes.length;
        if (this.#state === "open") guard(() => this.listener.onWritten());
      },
      () => this.#lost(),
    );
  }

  /**
   * The stream can bring nothing more, or take nothing: the peer can't carry the session on over another one.
   * @param error what the peer has done, if it is to blame
   */
  #lost(error?: LimitError): void {
    if (this.#state !== "open") {
      // Both halves have ended then: who ends its own wants nothing more.
      const end = (): void => this.terminate();
      this.#allWritten?.then(end, end);
      return;
    }
    this.terminate();
    this.#tellEnd(error);
  }

  /** The session is over. */
  #ended(error?: unknown): void {
    if (this.#settle() === "open") this.#tellEnd(error);
  }

  /**
   * Not now: the end of a stream is read in the same turn as the last chunk, whose packets the layers above may handle a tick later
   * (socket.io does), and the end of a connection drops them.
   */
  #tellEnd(error?: unknown): void {
    setImmediate(() => this.listener.onClose(error));
  }

  /** Returns what it was before. */
  #settle(): "open" | "closing" | "closed" {
    const state = this.#state;
    this.#state = "closed";
    clearTimeout(this.#closeTimer);
    return state;
  }
}

function frameTooLarge(maxBytes: number): LimitError {
  return new LimitError("ERR_FRAME_TOO_LARGE", "maxHttpBufferSize", `a frame exceeds maxHttpBufferSize (${maxBytes})`);
}

/** Ends a session that may have ended by itself. */
export function closeQuietly(session: WebTransportSession): void {
  try {
    session.close();
  } catch {
    // Closed already: some implementations throw then.
  }
}

/**
 * What the application's listeners throw is not the stream's failure: it comes out as an uncaught exception, as over the other
 * transports, and the packets behind go on.
 */
function guard(act: () => void): void {
  try {
    act();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
