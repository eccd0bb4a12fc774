import { randomFillSync } from "node:crypto";
import { headerBytes, writeHeader } from "./frame-encoder.js";
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
  writeKey(frame, from - KEY_BYTES);
  if (isText) frame.write(payload, from);
  else payload.copy(frame, from);
  // What takes a mask off also puts it on.
  unmask(frame, from - KEY_BYTES, from, from + length);
  return frame;
}

/** Each random byte is used once. */
function writeKey(frame: Buffer, at: number): void {
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  for (let i = 0; i < KEY_BYTES; i++) frame[at + i] = pool[used + i]!;
  used += KEY_BYTES;
}

const KEY_BYTES = 4;
/** Four bytes alone cost as much as a few thousand. */
const POOL_BYTES = 8192;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;
