// The browsers' half of a pair, see encoder.ts: a page sees what the platform says of what it can't write.
export { PacketWriter as Encoder } from "./packet-writer.js";
