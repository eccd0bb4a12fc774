export { decodePacket, encodePacket, protocol } from "./packet.js";
export { decodePayload, encodePayload } from "./payload.js";
