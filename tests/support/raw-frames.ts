/** Frames of RFC 6455 by hand, right ones and wrong ones, independent of what is tested. */

export interface FrameParts {
  readonly opcode: number;
  readonly payload?: string | Buffer;
  /** @default true */
  readonly fin?: boolean;
  /** The three reserved bits, as a number from 0 to 7. RSV1 is 4. */
  readonly rsv?: number;
  /** null: no mask at all. */
  readonly mask?: Buffer | null;
  /** In how many bytes the length is written: in the shortest form, or in 2 or 8 bytes. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** Announced, whatever the payload has. */
  readonly length?: number | bigint;
}

export const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** A frame as clients send it. */
export function frame(parts: FrameParts): Buffer {
  const { opcode, fin = true, rsv = 0, mask = MASK } = parts;
  const payload = Buffer.from(parts.payload ?? "");
  const length = BigInt(parts.length ?? payload.length);
  const lengthBytes = parts.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const header = Buffer.alloc(2 + lengthBytes);
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = (mask === null ? 0 : 0x80) | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(Number(length), 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(length, 2);
  if (mask === null) return Buffer.concat([header, payload]);
  return Buffer.concat([header, mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}

export const text = (payload: string | Buffer, more: Partial<FrameParts> = {}): Buffer =>
  frame({ opcode: 1, payload, ...more });
export const binary = (payload: Buffer, more: Partial<FrameParts> = {}): Buffer =>
  frame({ opcode: 2, payload, ...more });
export const continuation = (payload: string | Buffer, more: Partial<FrameParts> = {}): Buffer =>
  frame({ opcode: 0, payload, ...more });
export const ping = (payload: string | Buffer = "", more: Partial<FrameParts> = {}): Buffer =>
  frame({ opcode: 9, payload, ...more });
export const pong = (payload: string | Buffer = "", more: Partial<FrameParts> = {}): Buffer =>
  frame({ opcode: 10, payload, ...more });

/** A close frame; without a code its payload is empty. */
export function close(code?: number, reason: string | Buffer = "", more: Partial<FrameParts> = {}): Buffer {
  if (code === undefined) return frame({ opcode: 8, ...more });
  const status = Buffer.alloc(2);
  status.writeUInt16BE(code);
  return frame({ opcode: 8, payload: Buffer.concat([status, Buffer.from(reason)]), ...more });
}

/** Frames as the other side sends them: without their masks, or with one if they have none. Of an incomplete one, what is there. */
export function fromOtherSide(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const isMasked = bytes[at + 1]! >= 0x80;
    const headerEnd = at + headerBytesOf(bytes[at + 1]!);
    const from = headerEnd + (isMasked ? 4 : 0);
    const to = Math.min(from + (payloadBytesOf(bytes, at) || 0), bytes.length);
    const mask = isMasked ? bytes.subarray(headerEnd, from) : MASK;
    const header = Buffer.from(bytes.subarray(at, headerEnd));
    header[1]! ^= 0x80;
    parts.push(header, isMasked ? Buffer.alloc(0) : mask, Buffer.from(bytes.subarray(from, to)));
    for (let i = from; i < to; i++) parts.at(-1)![i - from]! ^= mask[(i - from) % 4]!;
    at = to;
  }
  return Buffer.concat(parts);
}

/** What a client sent, one line a frame, as {@link describeFrames} writes them; `unmasked` where a mask is missing. */
export function describeMaskedFrames(bytes: Buffer): { readonly lines: string[]; readonly rest: Buffer } {
  const lines: string[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const end = at + headerBytesOf(bytes[at + 1]!) + 4 + payloadBytesOf(bytes, at);
    if (!(bytes.length >= end)) break;
    const isMasked = bytes[at + 1]! >= 0x80;
    lines.push(...(isMasked ? describeFrames(fromOtherSide(bytes.subarray(at, end))).lines : ["unmasked"]));
    at = end;
  }
  return { lines, rest: bytes.subarray(at) };
}

/** What a server sent, one line a frame: `text hé`, `binary 0102`, `ping`, `pong 6162`, `close 1002 reason`. */
export function describeFrames(bytes: Buffer): { readonly lines: string[]; readonly rest: Buffer } {
  const lines: string[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const from = at + headerBytesOf(second);
    const length = payloadBytesOf(bytes, at);
    if (!(bytes.length >= from + length)) break;
    lines.push(describeFrame(first, second, bytes.subarray(from, from + length)));
    at = from + length;
  }
  return { lines, rest: bytes.subarray(at) };
}

/** Without the mask, by the second byte. */
function headerBytesOf(second: number): number {
  const short = second & 0x7f;
  return short < 126 ? 2 : short === 126 ? 4 : 10;
}

/** As announced by the frame that begins there; NaN if that has not arrived. */
function payloadBytesOf(bytes: Buffer, at: number): number {
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return short;
  if (bytes.length < at + (short === 126 ? 4 : 10)) return Number.NaN;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}

function describeFrame(first: number, second: number, payload: Buffer): string {
  if ((first & 0xf0) !== 0x80 || second > 127) return `wrong header ${first.toString(16)} ${second.toString(16)}`;
  const hex = payload.length === 0 ? "" : ` ${payload.toString("hex")}`;
  switch (first & 0x0f) {
    case 1:
      return `text ${payload.toString()}`;
    case 2:
      return `binary${hex}`;
    case 8:
      return payload.length === 0
        ? "close"
        : `close ${payload.readUInt16BE(0)}${payload.length > 2 ? ` ${payload.subarray(2).toString()}` : ""}`;
    case 9:
      return `ping${hex}`;
    case 10:
      return `pong${hex}`;
    default:
      return `unknown opcode ${first & 0x0f}`;
  }
}
