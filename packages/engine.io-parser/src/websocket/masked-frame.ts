import { headerBytes, writeHeader } from "./frame-encoder.js";
import { writeRandomBytes } from "./random-bytes.js";
import { unmask } from "./unmask.js";

/**
 * A whole frame as clients send it: in one piece, masked by a key that nobody can foresee (RFC 6455 section 5.3). The payload is
 * copied, since the mask changes its bytes.
 */
export function encodeMaskedFrame(opcode: number, payload: string | Buffer): Buffer {
  const isText = typeof payload === "string";
  const length = isText ? Buffer.byteLength(payload) : payload.length;
  const from = headerBytes(length) + KEY_BYTES;
  const frame = Buffer.allocUnsafe(from + length);
  writeHeader(frame, opcode, length);
  frame[1]! |= 0x80;
  writeRandomBytes(frame, from - KEY_BYTES, KEY_BYTES);
  if (isText) frame.write(payload, from);
  else payload.copy(frame, from);
  // What takes a mask off also puts it on.
  unmask(frame, from - KEY_BYTES, from, from + length);
  return frame;
}

const KEY_BYTES = 4;
