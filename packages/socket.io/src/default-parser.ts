import { Decoder, Encoder, isPacketValid, PacketType, protocol } from "socket.io-parser";

/**
 * What the option `parser` takes the place of. Its members are named: in CommonJS a module that is imported as a whole is reached
 * through accessors, by all that share a file with it, and that is too slow for what is asked per packet.
 */
export const defaultParser: typeof import("socket.io-parser") = {
  Decoder,
  Encoder,
  isPacketValid,
  PacketType,
  protocol,
};
