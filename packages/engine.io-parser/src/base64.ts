/**
 * Node's half of a pair: browser builds take base64.browser.ts instead.
 * What is decoded is linear and lenient: like upstream's, Node's decoder skips foreign characters (protocols.md 1.5).
 */
export function toBase64(bytes: ArrayBuffer | ArrayBufferView): string {
  const buffer = ArrayBuffer.isView(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(bytes);
  return buffer.toString("base64");
}

/** The bytes of a base64 text, or null if it is none. */
export function fromBase64(text: string): Uint8Array | null {
  return Buffer.from(text, "base64");
}
