export { Decoder } from "./decoder.js";
export { Encoder } from "./encoder.js";
export { DecodeError, type DecodeErrorCode } from "./errors.js";
export { PacketType, protocol } from "./packet.js";
