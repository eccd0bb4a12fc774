import type { Packet } from "engine.io-parser";
import { encodeFrame } from "engine.io-parser/session";
import { readFrames } from "./frames.js";
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
  // By functions: a framework's Proxy around them would break them.
  declare private _session: (() => WebTransportSession) | undefined;
  declare private _writer: () => WritableStreamDefaultWriter<Uint8Array>;

  get name(): string {
    return "webtransport";
  }

  protected async doOpen(): Promise<void> {
    const { WebTransport } = globalThis as unknown as {
      WebTransport: new (uri: string, options: object | undefined) => WebTransportSession;
    };
    const session = new WebTransport(this.createUri("https"), this.opts.transportOptions?.[this.name]);
    this._session = () => session;
    session.closed.then(
      () => this.onClose(),
      (error) => this.onError("webtransport error", error),
    );
    await session.ready;
    const { readable, writable } = await session.createBidirectionalStream();
    const writer = writable.getWriter();
    this._writer = () => writer;
    const { sid } = this.query;
    this._attempt(() => this._writeFrames([{ type: "open", data: sid && JSON.stringify({ sid }) }]));
    this.onOpen();
    await readFrames(readable, this.opts.maxPayload ?? MAX_PAYLOAD, this.socket.binaryType, (packet) =>
      this.onPacket(packet),
    );
    // The server has said all. It leaves the end of the session to us, since that would overtake its last packets.
    session.close();
  }
  /** One after the other, since a Blob has to be read before what comes behind it is written. */
  protected async write(packets: readonly Packet[]): Promise<void> {
    await this._writeFrames(packets);
    this.writable = this.readyState === "open";
    this.emitReserved("drain");
  }

  protected doClose(): void {
    if (this.readyState !== "open") return this._abort();
    // The end of the session would overtake what is on its way in the stream, so the server is the one to end it.
    const end = (): void => this._abort();
    const linger = () => (setTimeout(end, LINGER_MS) as { unref?(): void }).unref?.();
    this._writer().close().then(linger, end);
  }

  protected override _abort(): void {
    this._session?.().close();
  }

  private async _writeFrames(packets: readonly Packet[]): Promise<void> {
    const writer = this._writer();
    for (const packet of packets) {
      await new Promise((resolve) =>
        encodeFrame(packet, (header, payload) => resolve(Promise.all([writer.write(header), writer.write(payload)]))),
      );
    }
  }
}
