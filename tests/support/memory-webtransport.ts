import type { WebTransportSession } from "engine.io";
import { createPacketDecoderStream, createPacketEncoderStream, type Packet } from "engine.io-parser";
import type { TestContext } from "node:test";

/** Cuts what is written at once into the chunks that arrive. */
export type Cut = (bytes: Uint8Array) => Uint8Array[];

/** The server's end, of the shape that it has in Deno. */
export interface MemorySession extends WebTransportSession {
  /** How often it was closed by the server. */
  readonly closedByServer: number;
}

/**
 * A WebTransport session without a network, of one bidirectional stream. As with the real ones, the end of the session breaks
 * the stream on both sides, and either may be seen first.
 */
export class MemoryWebTransport {
  readonly ready = Promise.resolve();
  readonly closed: Promise<unknown>;
  /** What the server gets. */
  readonly server: MemorySession;
  isClosed = false;
  /** False: the end of the session leaves the stream as it is, neither ended nor broken. */
  breaksStream = true;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #streams: ReadableStream<unknown>;
  #offer!: ReadableStreamDefaultController<unknown>;
  #settle!: { resolve: (value?: unknown) => void; reject: (error: unknown) => void };

  constructor(cut: Cut = (bytes) => [bytes]) {
    this.#up = new Pipe(cut);
    this.#down = new Pipe(cut);
    this.#streams = new ReadableStream({ start: (controller) => void (this.#offer = controller) });
    this.closed = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.closed.catch(() => {});
    let closedByServer = 0;
    const { closed } = this;
    const incomingBidirectionalStreams = this.#streams as ReadableStream<never>;
    this.server = {
      ready: Promise.resolve(),
      closed,
      incomingBidirectionalStreams,
      close: () => {
        closedByServer++;
        this.close();
      },
      get closedByServer() {
        return closedByServer;
      },
    };
  }

  /** The client opens the stream. */
  createBidirectionalStream(): Promise<{ readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> }> {
    this.#offer.enqueue({ readable: this.#up.readable, writable: this.#down.writable });
    return Promise.resolve({ readable: this.#down.readable, writable: this.#up.writable });
  }

  /** No stream will come. */
  endStreams(): void {
    this.#offer.close();
  }

  /** An orderly end, by either side. */
  close(): void {
    if (this.isClosed) return;
    this.#break(new Error("the session is closed"));
    this.#settle.resolve({ closeCode: 0, reason: "" });
  }

  /** The way between the two is gone. */
  fail(error: Error): void {
    this.#break(error);
    this.#settle.reject(error);
  }

  /** The same, where the stream does not show it. */
  failSession(error: Error): void {
    this.#settle.reject(error);
  }

  /** The client resets its half of the stream; the session lives on. */
  resetStream(error: Error): void {
    this.#up.fail(error);
  }

  /** The client takes no notice of the end of the server's stream. */
  stall(): void {
    this.#down.stall();
  }

  /** From now on nothing that is written arrives, and nobody is told. */
  silence(): void {
    this.#up.swallow();
    this.#down.swallow();
  }

  #break(error: Error): void {
    this.isClosed = true;
    if (!this.breaksStream) return;
    this.#up.fail(error);
    this.#down.fail(error);
  }
}

/** One direction. Holds one chunk at most: who writes waits for who reads. */
class Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  #isStalled = false;
  #swallows = false;
  readonly #controllers: { error(error: Error): void }[] = [];

  constructor(cut: Cut) {
    const stream = new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => void this.#controllers.push(controller),
      transform: (bytes, controller) => {
        if (this.#swallows) return;
        for (const piece of cut(bytes)) controller.enqueue(piece);
      },
      flush: () => (this.#isStalled ? new Promise(() => {}) : undefined),
    });
    this.readable = stream.readable;
    this.writable = stream.writable;
  }

  stall(): void {
    this.#isStalled = true;
  }

  swallow(): void {
    this.#swallows = true;
  }

  fail(error: Error): void {
    for (const controller of this.#controllers) controller.error(error);
  }
}

/** A client that speaks packets, and bytes where packets can't say it. */
export class RawWebTransport extends MemoryWebTransport {
  #bytes!: WritableStreamDefaultWriter<Uint8Array>;
  #packets!: ReadableStreamDefaultReader<Packet>;

  /** Opens the stream. */
  async open(): Promise<this> {
    const { readable, writable } = await this.createBidirectionalStream();
    this.#bytes = writable.getWriter();
    this.#bytes.closed.catch(() => {});
    this.#packets = (readable.pipeThrough(createPacketDecoderStream(1e9)) as ReadableStream<Packet>).getReader();
    this.#packets.closed.catch(() => {});
    return this;
  }

  /** Bytes as hex digits. */
  sendHex(hex: string): void {
    this.#bytes.write(Buffer.from(hex, "hex")).catch(() => {});
  }

  /** Packets, all in one chunk. */
  send(...packets: Packet[]): Promise<void> {
    return (
      encode(packets)
        .then((bytes) => this.#bytes.write(bytes))
        // The server may have ended the session.
        .catch(() => {})
    );
  }

  /** The next packet of the server, or null after the stream's end. */
  async receive(): Promise<Packet | null> {
    const { done, value } = await this.#packets.read().catch(() => ({ done: true, value: undefined }));
    return done ? null : value!;
  }

  /** Ends this side of the stream, in order. */
  endStream(): void {
    this.#bytes.close().catch(() => {});
  }
}

/** Lets clients of this process reach `serve` by the class `WebTransport`, until the test is over. */
export function installWebTransport(
  t: TestContext,
  serve: (session: MemorySession) => unknown,
  cut?: Cut,
): { readonly sessions: MemoryWebTransport[] } {
  const sessions: MemoryWebTransport[] = [];
  class WebTransport extends MemoryWebTransport {
    constructor() {
      super(cut);
      sessions.push(this);
      serve(this.server);
    }
  }
  const page = globalThis as { WebTransport?: unknown };
  page.WebTransport = WebTransport;
  t.after(() => delete page.WebTransport);
  return { sessions };
}

async function encode(packets: readonly Packet[]): Promise<Uint8Array> {
  const encoder = createPacketEncoderStream();
  const writer = (encoder.writable as WritableStream<Packet>).getWriter();
  const written = Promise.all([...packets.map((packet) => writer.write(packet)), writer.close()]);
  const chunks: Uint8Array[] = [];
  for await (const chunk of encoder.readable as ReadableStream<Uint8Array>) chunks.push(chunk);
  await written;
  return Buffer.concat(chunks);
}
