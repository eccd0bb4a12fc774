import { BASE64_MARK, ERROR_PACKET, packetOf, type BinaryType, type Packet, type RawData } from "./packet.js";

/** The browsers' half of a pair, see decodePacket.ts. */
export function decodePacket(encoded: RawData, binaryType?: BinaryType): Packet {
  if (typeof encoded !== "string") return message(asBinaryType(encoded, binaryType));
  return (
    packetOf(encoded) ??
    (encoded[0] === BASE64_MARK ? message(asBinaryType(fromBase64(encoded.slice(1)), binaryType)) : ERROR_PACKET)
  );
}

/** The bytes of a base64 text, or null if it is none. */
export function fromBase64(text: string): Uint8Array | null {
  let characters: string;
  try {
    characters = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/** Decoded bytes in the form that the reader wants. */
export function asBinaryType(data: unknown, binaryType?: BinaryType): RawData | null {
  const isBlob = typeof Blob === "function" && data instanceof Blob;
  if (binaryType === "blob") return isBlob ? data : isBytes(data) ? new Blob([data]) : null;
  // Only a WebSocket that was told so gives Blobs, and to read one takes time: it is handed on as it is.
  if (isBlob || data instanceof ArrayBuffer) return data;
  if (!isBytes(data)) return null;
  const { buffer, byteOffset, byteLength } = data;
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

function message(data: RawData | null): Packet {
  return data === null ? ERROR_PACKET : { type: "message", data };
}

function isBytes(data: unknown): data is ArrayBufferView<ArrayBuffer> {
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data);
}
