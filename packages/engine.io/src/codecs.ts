import {
  createPacketDecoderStream,
  createPacketEncoderStream,
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  protocol,
} from "engine.io-parser";
import {
  decodePacket as decodePacket3,
  decodePayload as decodePayload3,
  encodePacket as encodePacket3,
  encodePayload as encodePayload3,
  protocol as protocol3,
} from "engine.io-parser/v3";
import type { Revision } from "./wire-version.js";

/*
 * The codecs of both revisions as a whole, for those who ask for them. Their members are named: in CommonJS a module that is imported as a
 * whole is reached through accessors, by all that share a file with it, and that is too slow for what is called per packet.
 */

export const codec4: typeof import("engine.io-parser") = {
  createPacketDecoderStream,
  createPacketEncoderStream,
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  protocol,
};

const codec3: typeof import("engine.io-parser/v3") = {
  decodePacket: decodePacket3,
  decodePayload: decodePayload3,
  encodePacket: encodePacket3,
  encodePayload: encodePayload3,
  protocol: protocol3,
};

export function codecOf(revision: Revision): typeof codec4 | typeof codec3 {
  return revision === 4 ? codec4 : codec3;
}
