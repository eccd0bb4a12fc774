import { MemoryWebTransport, type MemorySession } from "../../support/memory-webtransport.ts";
import { packet, type Codec, type EnginePacket } from "./codec.ts";
import type { Peer } from "./peers.ts";

interface Streams {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
}

/** A client of WebTransport: frames by hand on one stream of a session without a network (protocols.md 1.12). */
export class WebTransportPeer implements Peer {
  readonly units: (string | Buffer)[] = [];
  readonly #session = new MemoryWebTransport();
  readonly #codec: Codec;
  readonly #received: (string | Buffer)[] = [];
  readonly #streams: Promise<Streams>;
  /** What has come of a frame that is not whole. */
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Opens the stream and asks for a session.
   * @param sid of the session that it is to carry; a new one by default
   */
  constructor(codec: Codec, sid?: string) {
    this.#codec = codec;
    this.#streams = this.#open();
    void this.send(packet("open", sid === undefined ? "" : JSON.stringify({ sid })));
  }

  /** What the server is to be handed. */
  get server(): MemorySession {
    return this.#session.server;
  }

  async send(...packets: EnginePacket[]): Promise<void> {
    await this.write(...packets.map((one) => frameOf(this.#codec.frame(one))));
  }

  async sendRaw(unit: string | Buffer): Promise<void> {
    await this.write(frameOf(unit));
  }

  /** Bytes as they are, whole frames or not. */
  async write(...bytes: Buffer[]): Promise<void> {
    const { writer } = await this.#streams;
    // Not waited for: the server may end the session meanwhile.
    writer.write(Buffer.concat(bytes)).catch(ignore);
  }

  async receive(count: number): Promise<EnginePacket[]> {
    while (this.#received.length < count) {
      if (!(await this.#read())) throw new Error("the stream ended");
    }
    return this.#received.splice(0, count).map((unit) => {
      this.units.push(unit);
      return this.#codec.readFrame(unit);
    });
  }

  async leave(): Promise<void> {
    this.#session.close();
  }

  drop(): void {
    this.#session.fail(new Error("the way between the two is gone"));
  }

  async end(): Promise<string> {
    while (await this.#read());
    // The server has ended the stream. Some leave it to the client to end the session, so that the last bytes arrive.
    this.#session.close();
    return "close";
  }

  async #open(): Promise<Streams> {
    const { readable, writable } = await this.#session.createBidirectionalStream();
    const streams = { reader: readable.getReader(), writer: writable.getWriter() };
    streams.reader.closed.catch(ignore);
    streams.writer.closed.catch(ignore);
    return streams;
  }

  /** False at the end of the stream. */
  async #read(): Promise<boolean> {
    const { reader } = await this.#streams;
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) return false;
    let bytes = Buffer.concat([this.#rest, value]);
    for (let unit = unitIn(bytes); unit !== null; unit = unitIn(bytes)) {
      bytes = bytes.subarray(unit.size);
      this.#received.push(unit.isBinary ? unit.payload : unit.payload.toString());
    }
    this.#rest = bytes;
    return true;
  }
}

function frameOf(unit: string | Buffer): Buffer {
  const payload = Buffer.from(unit);
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 1 : length < 65_536 ? 3 : 9);
  if (header.length === 3) header.writeUInt16BE(length, 1);
  if (header.length === 9) header.writeBigUInt64BE(BigInt(length), 1);
  header[0] = (typeof unit === "string" ? 0 : 0x80) | (header.length === 1 ? length : header.length === 3 ? 126 : 127);
  return Buffer.concat([header, payload]);
}

/** The first frame, if it is whole. */
function unitIn(bytes: Buffer): { isBinary: boolean; payload: Buffer; size: number } | null {
  if (bytes.length === 0) return null;
  const short = bytes[0]! & 0x7f;
  const from = short < 126 ? 1 : short === 126 ? 3 : 9;
  if (bytes.length < from) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(1) : Number(bytes.readBigUInt64BE(1));
  if (bytes.length < from + length) return null;
  return { isBinary: bytes[0]! > 0x7f, payload: bytes.subarray(from, from + length), size: from + length };
}

function ignore(): void {}
