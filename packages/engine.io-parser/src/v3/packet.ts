import { asBinaryType, fromBase64 } from "../decodePacket.js";
import { toBase64 } from "../encodePacket.js";

import { ERROR_PACKET, type BinaryType, type Packet, type PacketType } from "../packet.js";

/** Revision of the Engine.IO protocol that this module speaks (protocols.md 2). */
export const protocol = 3;

/** The index of a type is its digit in text, and its first byte in binary frames. */
const TYPES: readonly PacketType[] = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const DIGIT_ZERO = 0x30;
const BASE64_MARK = "b";

/**
 * Encodes one packet (protocols.md 2.1 and 2.4). Bytes become a type byte and the data, or, where the transport can't carry
 * them, "b" + type digit + base64. A Blob has to be read before.
 */
export function encodePacket(packet: Packet, supportsBinary: boolean): string | Uint8Array {
  const { type, data } = packet;
  const digit = TYPES.indexOf(type);
  if (isBytes(data)) return supportsBinary ? withTypeByte(digit, data) : BASE64_MARK + digit + toBase64(data);
  // Unlike revision 4, a zero counts as data.
  return data === undefined || data === null ? String(digit) : digit + String(data);
}

/**
 * Decodes one packet: a text frame or packet of a payload, or the bytes of a binary one. What is no packet gives the error
 * packet; nothing is thrown. An empty text message has no `data` at all.
 */
export function decodePacket(encoded: string | Uint8Array, binaryType?: BinaryType): Packet {
  if (typeof encoded !== "string") return binaryPacket(TYPES[encoded[0]!], encoded.subarray(1), binaryType);
  if (encoded[0] === BASE64_MARK) {
    return binaryPacket(typeAt(encoded, 1), fromBase64(encoded.slice(2)), binaryType);
  }
  const type = typeAt(encoded, 0);
  if (type === undefined) return ERROR_PACKET;
  return encoded.length > 1 ? { type, data: encoded.slice(1) } : { type };
}

/** True for what travels as bytes. */
export function isBytes(data: unknown): data is ArrayBuffer | ArrayBufferView {
  return typeof data === "object" && data !== null && (data instanceof ArrayBuffer || ArrayBuffer.isView(data));
}

function binaryPacket(type: PacketType | undefined, bytes: Uint8Array | null, binaryType?: BinaryType): Packet {
  return type === undefined || bytes === null ? ERROR_PACKET : { type, data: asBinaryType(bytes, binaryType) };
}

function typeAt(text: string, at: number): PacketType | undefined {
  return TYPES[text.charCodeAt(at) - DIGIT_ZERO];
}

function withTypeByte(digit: number, data: ArrayBuffer | ArrayBufferView): Uint8Array {
  const frame = new Uint8Array(1 + data.byteLength);
  frame[0] = digit;
  frame.set(
    ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data),
    1,
  );
  return asBinaryType(frame) as Uint8Array;
}
