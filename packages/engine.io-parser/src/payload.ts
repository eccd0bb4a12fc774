import { decodePacket } from "./decodePacket.js";
import { encodeNow, encodePacket } from "./encodePacket.js";
import { ERROR_PACKET, type BinaryType, type Packet } from "./packet.js";

/** Revision of the Engine.IO protocol that this module speaks (protocols.md 1.3 to 1.6). */
export const protocol = 4;

/** Between the packets of a payload: the record separator. */
const SEPARATOR = "\x1e";

/**
 * Encodes several packets into the body of one polling request or answer. `callback` is called before this returns unless a
 * Blob has to be read first; for no packets it is not called at all, since no body stands for that.
 */
export function encodePayload(packets: readonly Packet[], callback: (payload: string) => void): void {
  let payload = "";
  for (let at = 0; at < packets.length; at++) {
    const encoded = encodeNow(packets[at]!, false) as string | null;
    if (encoded === null) {
      encodeRest(payload, packets, at, callback);
      return;
    }
    payload = at === 0 ? encoded : payload + SEPARATOR + encoded;
  }
  if (packets.length > 0) callback(payload);
}

/**
 * Decodes the body of one polling request or answer. Stops after the first error packet, which is part of the result.
 * @param maxPackets a payload of more packets ends with an error packet in place of the rest; default: no limit
 */
export function decodePayload(payload: string, binaryType?: BinaryType, maxPackets = Infinity): Packet[] {
  const packets: Packet[] = [];
  let start = 0;
  for (;;) {
    const end = payload.indexOf(SEPARATOR, start);
    const encoded = end === -1 ? payload.slice(start) : payload.slice(start, end);
    const packet = packets.length < maxPackets ? decodePacket(encoded, binaryType) : ERROR_PACKET;
    packets.push(packet);
    if (end === -1 || packet.type === "error") return packets;
    start = end + 1;
  }
}

/** The packets from `from` on, one after the other since some have to be waited for. */
function encodeRest(
  start: string,
  packets: readonly Packet[],
  from: number,
  callback: (payload: string) => void,
): void {
  encodePacket(packets[from]!, false, (encoded: string) => {
    const payload = from === 0 ? encoded : start + SEPARATOR + encoded;
    if (from + 1 === packets.length) callback(payload);
    else encodeRest(payload, packets, from + 1, callback);
  });
}
