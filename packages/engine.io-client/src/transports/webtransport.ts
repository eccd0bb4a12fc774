import type { Packet } from "engine.io-parser";
import { encodeFrame, FrameDecoder } from "engine.io-parser/session";
import { MAX_PAYLOAD, Transport } from "./transport.js";

interface WebTransportSession {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  createBidirectionalStream(): Promise<{
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
  }>;
  close(): void;
}

/**
 * How long the server may take to end the session after the end of the stream, in ms. Ours does at once, upstream's does not
 * react.
 */
const LINGER_MS = 5_000;

/** WebTransport: one bidirectional stream of an HTTP/3 session carries all packets (protocols.md 1.12). */
export class WT extends Transport {
  #session: WebTransportSession | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;

  get name(): string {
    return "webtransport";
  }

  protected doOpen(): void {
    const { WebTransport } = globalThis as unknown as {
      WebTransport: new (uri: string, options: object | undefined) => WebTransportSession;
    };
    const session = new WebTransport(this.createUri("https"), this.opts.transportOptions?.[this.name]);
    this.#session = session;
    session.closed.then(() => this.onClose(), this.#onFailure);
    this.#openStream(session).catch(this.#onFailure);
  }

  protected write(packets: readonly Packet[]): void {
    this.#writeFrames(packets).then(() => {
      this.writable = this.readyState === "open";
      this.emitReserved("drain");
    }, this.#onFailure);
  }

  protected doClose(): void {
    if (this.readyState !== "open") return this.doAbort();
    // The end of the session would overtake what is on its way in the stream, so the server is the one to end it.
    const end = (): void => this.doAbort();
    this.#writer!.close().then(() => (setTimeout(end, LINGER_MS) as { unref?(): void }).unref?.(), end);
  }

  protected override doAbort(): void {
    this.#session?.close();
  }

  async #openStream(session: WebTransportSession): Promise<void> {
    await session.ready;
    const { readable, writable } = await session.createBidirectionalStream();
    this.#writer = writable.getWriter();
    const decoder = new FrameDecoder(this.opts.maxPayload ?? MAX_PAYLOAD, this.socket.binaryType, (packet) =>
      this.onPacket(packet),
    );
    const { sid } = this.query;
    this.#writeFrames([{ type: "open", data: sid && JSON.stringify({ sid }) }]).catch(this.#onFailure);
    this.onOpen();
    await readable.pipeTo(new WritableStream({ write: (chunk) => decoder.receive(chunk) }));
    // The server has said all. It leaves the end of the session to us, since that would overtake its last packets.
    session.close();
  }

  /** One after the other, since a Blob has to be read before what comes behind it is written. */
  async #writeFrames(packets: readonly Packet[]): Promise<void> {
    const writer = this.#writer!;
    for (const packet of packets) {
      await new Promise((resolve) =>
        encodeFrame(packet, (header, payload) => resolve(Promise.all([writer.write(header), writer.write(payload)]))),
      );
    }
  }

  readonly #onFailure = (error: unknown): void => this.onError("webtransport error", error);
}
