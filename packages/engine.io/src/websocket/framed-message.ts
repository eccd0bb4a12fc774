import { OPCODE, type Frame } from "engine.io-parser/websocket";

/** A message, for who makes frames of its own. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
  readonly compress: boolean;
}

/**
 * The message within a frame that was made for many receivers, as each of them asks for it in turn: it is looked at once.
 * @returns null where it is not a whole message, unmasked and uncompressed
 */
export function messageOf(frame: Frame): Message | null {
  if (frame !== last.frame) last = { frame, message: unframe(frame) };
  return last.message;
}

let last: { frame: Frame | null; message: Message | null } = { frame: null, message: null };

/** RFC 6455 section 5.2. */
function unframe(frame: Frame): Message | null {
  const bytes = frame.length === 1 ? frame[0]! : Buffer.concat(frame);
  const opcode = bytes[0]! & 0x0f;
  const isWhole = (bytes[0]! & 0xf0) === 0x80 && (opcode === OPCODE.text || opcode === OPCODE.binary);
  const [length, from] = payloadIn(bytes);
  if (!isWhole || from + length !== bytes.length) return null;
  return { bytes: bytes.subarray(from), isText: opcode === OPCODE.text, compress: false };
}

/** NaN for what is cut off, or masked: with the bit of the mask the length of a short one is none that fits. */
function payloadIn(bytes: Buffer): [length: number, from: number] {
  const length = bytes[1]!;
  if (length === 126 && bytes.length >= 4) return [bytes.readUInt16BE(2), 4];
  if (length === 127 && bytes.length >= 10) return [Number(bytes.readBigUInt64BE(2)), 10];
  return [length < 126 ? length : NaN, 2];
}
