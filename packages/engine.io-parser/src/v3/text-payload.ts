import { ERROR_PACKET, type BinaryType, type Packet } from "../packet.js";
import { decodePacket, encodePacket } from "./packet.js";

const COLON = 0x3a;
const DIGIT_ZERO = 0x30;

/** `<length>:<packet>`, repeated; lengths count UTF-16 code units, the type included (protocols.md 2.2). */
export function encodeTextPayload(packets: readonly Packet[]): string {
  let payload = "";
  for (const packet of packets) {
    const encoded = encodePacket(packet, false) as string;
    payload += `${encoded.length}:${encoded}`;
  }
  return packets.length > 0 ? payload : "0:";
}

/** Stops after the first error packet, which is part of the result. */
export function decodeTextPayload(payload: string, binaryType: BinaryType | undefined, maxPackets: number): Packet[] {
  const packets: Packet[] = [];
  let at = 0;
  do {
    const colon = payload.indexOf(":", at);
    const length = lengthAt(payload, at, colon);
    const start = colon + 1;
    at = start + length;
    // What stands for an empty list of packets.
    if (length === 0) continue;
    const isSound = length > 0 && at <= payload.length && packets.length < maxPackets;
    const packet = isSound ? decodePacket(payload.slice(start, at), binaryType) : ERROR_PACKET;
    packets.push(packet);
    if (packet.type === "error") return packets;
  } while (at < payload.length);
  return packets;
}

/** The number between `from` and `to`, in the one way of writing it that encoders have; -1 if there is none. */
function lengthAt(payload: string, from: number, to: number): number {
  if (to <= from || payload.charCodeAt(to) !== COLON) return -1;
  if (payload.charCodeAt(from) === DIGIT_ZERO) return to === from + 1 ? 0 : -1;
  let length = 0;
  for (let at = from; at < to; at++) {
    const digit = payload.charCodeAt(at) - DIGIT_ZERO;
    length = length * 10 + digit;
    if (digit < 0 || digit > 9 || length > payload.length) return -1;
  }
  return length;
}
