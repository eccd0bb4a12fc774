export type { BinaryType, Packet, PacketType, RawData } from "./packet.js";
export { decodePacket } from "./decodePacket.js";
export { encodePacket, encodePayload } from "./encodePacket.js";
export { decodePayload, protocol } from "./payload.js";
export { createPacketDecoderStream, createPacketEncoderStream } from "./streams.js";
export type { PacketStream } from "./streams.js";
