import type { BinaryType, RawData } from "./packet.js";

/**
 * Decoded bytes in the form that the reader wants, without copying where it can be done. Node's half of a pair: browser
 * builds take binary-type.browser.ts instead. Null if `data` are no bytes.
 */
export function asBinaryType(data: unknown, binaryType?: BinaryType): RawData | null {
  if (binaryType === "arraybuffer") return asArrayBuffer(data);
  if (Buffer.isBuffer(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer ? Buffer.from(data) : null;
}

/** What a transport of this platform can send in place of a Blob; null: the Blob has to be read first. */
export function sendableBlob(_blob: Blob): RawData | null {
  return null;
}

function asArrayBuffer(data: unknown): ArrayBufferLike | null {
  if (data instanceof ArrayBuffer) return data;
  if (!ArrayBuffer.isView(data)) return null;
  const { buffer, byteOffset, byteLength } = data;
  // Small Buffers are views of a pool that holds other peoples' bytes: only exactly these may be handed out.
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}
