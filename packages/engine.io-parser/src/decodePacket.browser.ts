import { BASE64_MARK, bytesOf, ERROR_PACKET, packetOf, type BinaryType, type Packet, type RawData } from "./packet.js";

/** The browsers' half of a pair, see decodePacket.ts. */
export function decodePacket(encoded: RawData, binaryType?: BinaryType): Packet {
  if (typeof encoded === "string") {
    const packet = packetOf(encoded);
    if (packet) return packet;
    encoded = encoded[0] === BASE64_MARK ? fromBase64(encoded.slice(1)) : null;
  }
  const data = asBinaryType(encoded, binaryType);
  return data ? { type: "message", data } : ERROR_PACKET;
}

/** The bytes of a base64 text, or null if it is none. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
    return bytes;
  } catch {
    return null;
  }
}

/** Decoded bytes in the form that the reader wants; null if `data` are no bytes. */
export function asBinaryType(data: unknown, binaryType?: BinaryType): RawData | null {
  // Only a WebSocket that was told so gives Blobs, and to read one takes time: it is handed on as it is.
  if (data instanceof Blob) return data;
  if (!(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) return null;
  const bytes = bytesOf(data);
  if (binaryType === "blob") return new Blob([bytes as Uint8Array<ArrayBuffer>]);
  return bytes.length === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
