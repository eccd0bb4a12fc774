const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The browsers' half of a pair: Node takes platform.ts instead, where the functions are described. */
export function allocate(length: number): Uint8Array {
  return new Uint8Array(length);
}

export function copyOfStart(buffer: Uint8Array, length: number): Uint8Array {
  return buffer.slice(0, length);
}

export function wrap(bytes: Uint8Array): Uint8Array {
  return bytes;
}

export function writeText(target: Uint8Array, at: number, text: string): number {
  return encoder.encodeInto(text, target.subarray(at)).written;
}

export function readText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

export function readBytes(bytes: Uint8Array, start: number, end: number): unknown {
  return bytes.slice(start, end).buffer;
}

export function isPlainBytes(_value: ArrayBuffer | ArrayBufferView): boolean {
  return true;
}
