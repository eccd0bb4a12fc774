/** Kinds of Engine.IO packets (protocol 4, "Packet types"); `error` is what a decoder returns for undecodable input. */
export type PacketType = "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop" | "error";

/** What a message carries: text, or bytes in whatever form the platform has them. */
// `any`, since users pass and receive every kind of bytes without casting (rows E-93, T-5).
export type RawData = any; // oxlint-disable-line typescript/no-explicit-any

/** One Engine.IO packet. */
export interface Packet {
  type: PacketType;
  options?: { compress?: boolean };
  data?: RawData;
}
