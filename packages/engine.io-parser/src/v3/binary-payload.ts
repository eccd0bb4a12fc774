import { ERROR_PACKET, type BinaryType, type Packet } from "../packet.js";
import { asBinaryType } from "../decodePacket.js";
import { decodePacket, encodePacket } from "./packet.js";

const TEXT = 0;
const BINARY = 1;
const END_OF_LENGTH = 0xff;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Each packet with a mark, its length in decimal digits of one byte each, and the byte ff before it. Lengths count bytes, the
 * type included; text is UTF-8 (protocols.md 2.3).
 */
export function encodeBinaryPayload(packets: readonly Packet[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const packet of packets) {
    const encoded = encodePacket(packet, true);
    const isText = typeof encoded === "string";
    const body = isText ? encoder.encode(encoded) : encoded;
    const head = [isText ? TEXT : BINARY, ...String(body.length).split("").map(Number), END_OF_LENGTH];
    parts.push(Uint8Array.from(head), body);
    size += head.length + body.length;
  }
  const payload = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    payload.set(part, at);
    at += part.length;
  }
  return asBinaryType(payload) as Uint8Array;
}

/** Stops after the first error packet, which is part of the result. */
export function decodeBinaryPayload(
  payload: Uint8Array,
  binaryType: BinaryType | undefined,
  maxPackets: number,
): Packet[] {
  const packets: Packet[] = [];
  let at = 0;
  while (at < payload.length) {
    const mark = payload[at]!;
    const end = payload.indexOf(END_OF_LENGTH, at + 1);
    const length = lengthAt(payload, at + 1, end);
    const start = end + 1;
    at = start + length;
    const isSound = mark <= BINARY && length > 0 && at <= payload.length && packets.length < maxPackets;
    const packet = isSound ? decodeOne(mark, payload.subarray(start, at), binaryType) : ERROR_PACKET;
    packets.push(packet);
    if (packet.type === "error") return packets;
  }
  return packets;
}

function decodeOne(mark: number, bytes: Uint8Array, binaryType?: BinaryType): Packet {
  if (mark === BINARY) return decodePacket(bytes, binaryType);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return ERROR_PACKET;
  }
  return decodePacket(text, binaryType);
}

/** The number between `from` and `to`, which no encoder writes with zeros before it; -1 if there is none. */
function lengthAt(payload: Uint8Array, from: number, to: number): number {
  if (to <= from || payload[from] === 0) return -1;
  let length = 0;
  for (let at = from; at < to; at++) {
    const digit = payload[at]!;
    length = length * 10 + digit;
    if (digit > 9 || length > payload.length) return -1;
  }
  return length;
}
