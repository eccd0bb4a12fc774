import { decodePacket } from "./decodePacket.js";
import { encodePacket } from "./encodePacket.js";
import { ERROR_PACKET, type BinaryType, type Packet, type RawData } from "./packet.js";

/** Revision of the Engine.IO protocol that this module speaks (protocols.md 1.3 to 1.6). */
export const protocol = 4;

/** Between the packets of a payload: the record separator. */
const SEPARATOR = "\x1e";

/**
 * Encodes packets, each as {@link encodePacket} does. `callback` is called before this returns unless a Blob has to be read
 * first; for no packets it is not called at all.
 */
export function encodePackets(
  packets: readonly Packet[],
  supportsBinary: boolean,
  callback: (encoded: RawData[]) => void,
): void {
  const results: RawData[] = [];
  let missing = packets.length;
  packets.forEach((packet, at) =>
    encodePacket(packet, supportsBinary, (encoded) => {
      results[at] = encoded;
      if (--missing === 0) callback(results);
    }),
  );
}

/** Encodes several packets into the body of one polling request or answer, as {@link encodePackets}. */
export function encodePayload(packets: readonly Packet[], callback: (payload: string) => void): void {
  encodePackets(packets, false, (texts) => callback(texts.join(SEPARATOR)));
}

/**
 * Decodes the body of one polling request or answer. Stops after the first error packet, which is part of the result.
 * @param maxPackets a payload of more packets ends with an error packet in place of the rest; default: no limit
 */
export function decodePayload(payload: string, binaryType?: BinaryType, maxPackets?: number): Packet[] {
  const packets: Packet[] = [];
  for (const encoded of payload.split(SEPARATOR, maxPackets && maxPackets + 1)) {
    const packet = packets.length === maxPackets ? ERROR_PACKET : decodePacket(encoded, binaryType);
    packets.push(packet);
    if (packet.type === "error") break;
  }
  return packets;
}
