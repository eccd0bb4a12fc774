export type { BinaryType, Packet, PacketType, RawData } from "./packet.js";
export { decodePacket, decodePayload, encodePacket, encodePayload, protocol } from "./v4.js";
export { createPacketDecoderStream, createPacketEncoderStream } from "./framing.js";
export type { PacketStream } from "./framing.js";
