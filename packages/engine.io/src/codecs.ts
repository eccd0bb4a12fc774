import {
  createPacketDecoderStream,
  createPacketEncoderStream,
  decodePacket,
  decodePayload,
  encodePacket,
  encodePayload,
  protocol,
} from "engine.io-parser";
import type { Revision } from "./wire-version.js";

/**
 * The codec of revision 4 as a whole, for those who ask for it. Its members are named: in CommonJS a module that is imported as a
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

type Codec3 = typeof import("engine.io-parser/v3");

let loaded3: Codec3 | undefined;

/** The codec of revision 3, loaded by servers that speak it as they are made. */
export function codec3(): Codec3 {
  return (loaded3 ??= require("engine.io-parser/v3") as Codec3);
}

export function codecOf(revision: Revision): typeof codec4 | Codec3 {
  return revision === 4 ? codec4 : codec3();
}
