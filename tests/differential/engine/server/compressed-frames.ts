import type { Socket } from "node:net";

/** Which of the messages that arrive were compressed: libraries do not say. */
export class CompressedFrames {
  #bytes: Buffer = Buffer.alloc(0);
  readonly #seen: boolean[] = [];

  /** @param connection on which frames of a server begin to arrive */
  watch(connection: Socket): void {
    connection.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      while (this.#take());
    });
  }

  /** Whether the next message was. */
  next(): boolean {
    return this.#seen.shift() ?? false;
  }

  #take(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    const short = bytes[1]!;
    const from = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < from) return false;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < from + length) return false;
    this.#bytes = bytes.subarray(from + length);
    // RFC 6455 section 5.2: control frames have the highest bit of the opcode; RFC 7692 section 6: RSV1.
    if ((bytes[0]! & 0x08) === 0) this.#seen.push((bytes[0]! & 0x40) !== 0);
    return true;
  }
}
