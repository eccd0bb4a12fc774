import type { BinaryType, RawData } from "./packet.js";

/** Decoded bytes in the form that the reader wants. The browsers' half of a pair: Node takes binary-type.ts instead. */
export function asBinaryType(data: unknown, binaryType?: BinaryType): RawData | null {
  const isBlob = typeof Blob === "function" && data instanceof Blob;
  if (binaryType === "blob") return isBlob ? data : isBytes(data) ? new Blob([data]) : null;
  // Only a WebSocket that was told so gives Blobs, and to read one takes time: it is handed on as it is.
  if (isBlob || data instanceof ArrayBuffer) return data;
  if (!isBytes(data)) return null;
  const { buffer, byteOffset, byteLength } = data;
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

/** What a transport of this platform can send in place of a Blob: browsers send the Blob itself. */
export function sendableBlob(blob: Blob): RawData | null {
  return blob;
}

function isBytes(data: unknown): data is ArrayBufferView<ArrayBuffer> {
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data);
}
