import type { BinaryType, Packet } from "../packet.js";
import { decodeBinaryPayload, encodeBinaryPayload } from "./binary-payload.js";
import { isBytes } from "./packet.js";
import { decodeTextPayload, encodeTextPayload } from "./text-payload.js";

/**
 * Encodes several packets into the body of one polling request or answer: bytes if there are bytes among the data and the
 * transport supports them, else text. Blobs have to be read before.
 */
export function encodePayload(packets: readonly Packet[], supportsBinary: boolean): string | Uint8Array {
  const isBinary = supportsBinary && packets.some((packet) => isBytes(packet.data));
  return isBinary ? encodeBinaryPayload(packets) : encodeTextPayload(packets);
}

/**
 * Decodes the body of one polling request or answer. Stops after the first error packet, which is part of the result.
 * @param maxPackets a payload of more packets ends with an error packet in place of the rest; default: no limit
 */
export function decodePayload(payload: string | Uint8Array, binaryType?: BinaryType, maxPackets = Infinity): Packet[] {
  return typeof payload === "string"
    ? decodeTextPayload(payload, binaryType, maxPackets)
    : decodeBinaryPayload(payload, binaryType, maxPackets);
}
