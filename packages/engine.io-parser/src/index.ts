export type { BinaryType, Packet, PacketType, RawData } from "./packet.js";
export { decodePacket } from "./decodePacket.js";
export { encodePacket } from "./encodePacket.js";
export { decodePayload, encodePayload, protocol } from "./payload.js";
export { createPacketDecoderStream, createPacketEncoderStream } from "./streams.js";
export type { PacketStream } from "./streams.js";
