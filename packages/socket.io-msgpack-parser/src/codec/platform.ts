/**
 * Node's half of a pair: browser builds take platform.browser.ts instead. Bytes that arrive become Buffers, and Buffers alone
 * are sent as plain bytes: upstream's forms in Node (protocols.md 5).
 */
export function allocate(length: number): Uint8Array {
  return Buffer.allocUnsafe(length);
}

/** The first bytes of a buffer that will be used again. */
export function copyOfStart(buffer: Uint8Array, length: number): Uint8Array {
  return Buffer.from(buffer.subarray(0, length));
}

/** The same memory, in the form that the other functions take. */
export function wrap(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes UTF-8 and tells how many bytes it took. There is room for three bytes a character. */
export function writeText(target: Uint8Array, at: number, text: string): number {
  return (target as Buffer).write(text, at, "utf8");
}

export function readText(bytes: Uint8Array, start: number, end: number): string {
  return (bytes as Buffer).toString("utf8", start, end);
}

/** Bytes as the application gets them. */
export function readBytes(bytes: Uint8Array, start: number, end: number): unknown {
  return bytes.subarray(start, end);
}

/** Whether it is sent as plain bytes; other binary is sent as an extension, which the peer gets as an ArrayBuffer. */
export function isPlainBytes(value: ArrayBuffer | ArrayBufferView): boolean {
  return Buffer.isBuffer(value);
}
