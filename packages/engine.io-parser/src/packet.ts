/** Kinds of Engine.IO packets (protocol 4, "Packet types"); `error` is what a decoder returns for undecodable input. */
export type PacketType = "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop" | "error";

/** What a message carries: text, or bytes in whatever form the platform has them. */
// `any`, since users pass and receive every kind of bytes without casting (rows E-93, T-5).
export type RawData = any; // oxlint-disable-line typescript/no-explicit-any

/**
 * In which form decoded bytes are wanted. Node gives Buffers unless "arraybuffer" is asked for; browsers give ArrayBuffers
 * unless "blob" is.
 */
export type BinaryType = "nodebuffer" | "arraybuffer" | "blob";

/** One Engine.IO packet. */
export interface Packet {
  type: PacketType;
  options?: {
    /** False keeps the transport from compressing this packet. */
    compress?: boolean;
    /** The WebSocket frame of this packet, made beforehand for many receivers (row A-23). */
    wsPreEncodedFrame?: unknown;
    /** What that frame carries, the type of the packet included (row E-50). */
    wsPreEncoded?: unknown;
  };
  data?: RawData;
}

/** What stands for input that is no packet. One object for all, so it must not be changed. */
export const ERROR_PACKET: Packet = Object.freeze({ type: "error", data: "parser error" } as const);
