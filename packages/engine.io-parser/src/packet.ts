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
    /** True for what is of no use when it comes late. */
    volatile?: boolean;
    /** True for what must not be dropped for a slow reader's sake, whatever the policy. */
    keep?: boolean;
  };
  data?: RawData;
  /** True if the next packet belongs to the same message of the layer above: one is of no use without the other. */
  more?: boolean;
}

/** What stands for input that is no packet. One object for all, so it must not be changed. */
export const ERROR_PACKET: Packet = Object.freeze({ type: "error", data: "parser error" } as const);

/** The digit of each type on the wire (protocols.md 1.3). */
const DIGITS = { open: "0", close: "1", ping: "2", pong: "3", message: "4", upgrade: "5", noop: "6", error: "" };
/** The index of a type is its digit. */
const TYPES = Object.keys(DIGITS).slice(0, 7) as readonly PacketType[];

/** Between the packets of a payload: the record separator. */
export const SEPARATOR = "\x1e";

/** Before base64, in place of a digit: a message of bytes. */
export const BASE64_MARK = "b";

/** A packet without bytes, as text. What is neither text nor bytes is written the way strings are added; falsy is no data. */
export function textOf({ type, data }: Packet): string {
  return data ? DIGITS[type] + data : DIGITS[type];
}

/** The packet that a text stands for, unless its first character says that bytes follow as base64; undefined if it is none. */
export function packetOf(text: string): Packet | undefined {
  const type = TYPES[text.charCodeAt(0) - DIGIT_ZERO];
  return type && (text.length > 1 ? { type, data: text.slice(1) } : { type });
}

const DIGIT_ZERO = 0x30;

/** The bytes of a buffer or of a view, and no others. */
export function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
