import { OPCODE } from "./frames.js";

/** Payloads of that length are written as they are, behind their header; a copy of shorter ones is cheaper than a second buffer. */
export const LONG_BYTES = 16_384;

/** The parts of one frame, to be written one after the other. */
export type Frame = readonly Buffer[];

/** A whole frame as servers send it: unmasked, in one piece, header and payload in one buffer. */
export function encodeUnmaskedFrame(opcode: number, payload: string | Buffer): Buffer {
  const isText = typeof payload === "string";
  const length = isText ? Buffer.byteLength(payload) : payload.length;
  const from = headerBytes(length);
  const frame = Buffer.allocUnsafe(from + length);
  writeHeader(frame, opcode, length);
  if (isText) frame.write(payload, from);
  else payload.copy(frame, from);
  return frame;
}

/** The frame of a message for many receivers. Long payloads are not copied. */
export function encodeSharedFrame(data: string | ArrayBuffer | ArrayBufferView): Frame {
  if (typeof data === "string") return [encodeUnmaskedFrame(OPCODE.text, data)];
  const payload = bytesOf(data);
  if (payload.length < LONG_BYTES) return [encodeUnmaskedFrame(OPCODE.binary, payload)];
  return [encodeHeader(OPCODE.binary, payload.length), payload];
}

/** The same bytes as a Buffer. */
export function bytesOf(data: ArrayBuffer | ArrayBufferView): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data);
}

/** The header alone, for payloads that are too long to be copied. */
export function encodeHeader(opcode: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes(length));
  writeHeader(header, opcode, length);
  return header;
}

/** The payload of a close frame; without a code there is none. */
export function closePayload(code?: number, reason: string | Buffer = ""): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  if (typeof reason === "string") payload.write(reason, 2);
  else reason.copy(payload, 2);
  return payload;
}

/** Length of the header before a payload of that length, without a masking key. */
export function headerBytes(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

/** Writes the header of an unmasked frame that is one piece. */
export function writeHeader(frame: Buffer, opcode: number, length: number): void {
  frame[0] = 0x80 | opcode;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    frame.writeUInt32BE(length >>> 0, 6);
  }
}
