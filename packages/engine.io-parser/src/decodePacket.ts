import { BASE64_MARK, ERROR_PACKET, packetOf, type BinaryType, type Packet, type RawData } from "./packet.js";

/**
 * Decodes one packet: a text frame or packet of a payload, or bytes, which always are a message. What is no packet gives
 * the error packet `{type: "error", data: "parser error"}`; nothing is thrown. An empty message has no `data` at all.
 *
 * Node's half of a pair: builds for browsers take decodePacket.browser.ts instead (row E-94).
 */
export function decodePacket(encoded: RawData, binaryType?: BinaryType): Packet {
  if (typeof encoded !== "string") return message(asBinaryType(encoded, binaryType));
  return (
    packetOf(encoded) ??
    (encoded[0] === BASE64_MARK ? message(asBinaryType(fromBase64(encoded.slice(1)), binaryType)) : ERROR_PACKET)
  );
}

/** The bytes of a base64 text. Linear and lenient: like upstream's, Node's decoder skips foreign characters (protocols.md 1.5). */
export function fromBase64(text: string): Uint8Array | null {
  return Buffer.from(text, "base64");
}

/**
 * Decoded bytes in the form that the reader wants, without copying where it can be done. Null if `data` are no bytes.
 */
export function asBinaryType(data: unknown, binaryType?: BinaryType): RawData | null {
  if (binaryType === "arraybuffer") return asArrayBuffer(data);
  if (Buffer.isBuffer(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer ? Buffer.from(data) : null;
}

function message(data: RawData | null): Packet {
  return data === null ? ERROR_PACKET : { type: "message", data };
}

function asArrayBuffer(data: unknown): ArrayBufferLike | null {
  if (data instanceof ArrayBuffer) return data;
  if (!ArrayBuffer.isView(data)) return null;
  const { buffer, byteOffset, byteLength } = data;
  // Small Buffers are views of a pool that holds other peoples' bytes: only exactly these may be handed out.
  return byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}
