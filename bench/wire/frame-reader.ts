/** Where a frame's payload is. */
export type OnFrame = (opcode: number, bytes: Buffer, from: number, to: number) => void;

/**
 * Finds the frames of one direction of a connection: whole messages below 64 KiB, which is all that benches send. A hot path: of
 * frames that come from a server only the header is looked at. Masks are taken off in place.
 */
export class FrameReader {
  private rest: Buffer | null = null;

  constructor(private readonly onFrame: OnFrame) {}

  push(chunk: Buffer): void {
    const bytes = this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = null;
    let at = 0;
    while (at < bytes.length) {
      const left = bytes.length - at;
      const second = left < 2 ? 0 : bytes[at + 1]!;
      const short = second & 0x7f;
      if (short === 127) throw new Error("a frame of 64 KiB or more");
      const head = (short < 126 ? 2 : 4) + (second & 0x80 ? 4 : 0);
      const length = short < 126 || left < 4 ? short : bytes.readUInt16BE(at + 2);
      if (left < head + length) {
        this.rest = bytes.subarray(at);
        return;
      }
      const from = at + head;
      const opcode = bytes[at]! & 0x0f;
      at = from + length;
      if (second & 0x80) unmask(bytes, from, at);
      this.onFrame(opcode, bytes, from, at);
    }
  }
}

function unmask(bytes: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at++) bytes[at]! ^= bytes[from - 4 + ((at - from) & 3)]!;
}
