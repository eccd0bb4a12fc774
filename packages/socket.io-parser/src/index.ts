export { Decoder } from "./decoder.js";
export type { DecoderOptions } from "./decoder.js";
export { Encoder } from "./encoder.js";
export { PacketType, protocol } from "./packet.js";
export type { Packet } from "./packet.js";
export { isPacketValid } from "./payload.js";
