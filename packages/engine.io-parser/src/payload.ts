import { decodePacket } from "./decodePacket.js";
import { ERROR_PACKET, SEPARATOR, type BinaryType, type Packet } from "./packet.js";

/** Revision of the Engine.IO protocol that this module speaks (protocols.md 1.3 to 1.6). */
export const protocol = 4;

/**
 * Decodes the body of one polling request or answer. Stops after the first error packet, which is part of the result.
 * @param maxPackets a payload of more packets ends with an error packet in place of the rest; default: no limit
 */
export function decodePayload(payload: string, binaryType?: BinaryType, maxPackets?: number): Packet[] {
  const packets: Packet[] = [];
  for (let start = 0, end = 0; end !== -1; start = end + 1) {
    end = payload.indexOf(SEPARATOR, start);
    const encoded = end === -1 ? payload.slice(start) : payload.slice(start, end);
    const packet = packets.length === maxPackets ? ERROR_PACKET : decodePacket(encoded, binaryType);
    packets.push(packet);
    if (packet.type === "error") break;
  }
  return packets;
}
