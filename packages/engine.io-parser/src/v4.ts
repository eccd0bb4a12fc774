import { fromBase64, toBase64 } from "./base64.js";
import { asBinaryType, sendableBlob } from "./binary-type.js";
import { ERROR_PACKET, type BinaryType, type Packet, type PacketType, type RawData } from "./packet.js";

/** Revision of the Engine.IO protocol that this module speaks (protocols.md 1.3 to 1.6). */
export const protocol = 4;

/** The index of a type is its digit on the wire. */
const TYPES: readonly PacketType[] = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const DIGITS: Readonly<Record<PacketType, string>> = {
  open: "0",
  close: "1",
  ping: "2",
  pong: "3",
  message: "4",
  upgrade: "5",
  noop: "6",
  // Never sent: a receiver answers it with the end of the session.
  error: "",
};
const DIGIT_ZERO = 0x30;
const BASE64_MARK = "b";
const BASE64_MARK_CODE = 0x62;

/** Between the packets of a payload: the record separator. */
const SEPARATOR = "\x1e";

/**
 * Encodes one packet. Hot path. `callback` is called before this returns, unless `data` is a Blob that has to be read first.
 * Bytes are handed on as they are, or as text, "b" + base64, where the transport can't carry them.
 */
export function encodePacket(packet: Packet, supportsBinary: boolean, callback: (encoded: RawData) => void): void {
  const encoded = encodeNow(packet, supportsBinary);
  if (encoded !== null) callback(encoded);
  else readBlob(packet.data as Blob, (bytes) => callback(supportsBinary ? bytes : BASE64_MARK + toBase64(bytes)));
}

/**
 * Decodes one packet: a text frame or packet of a payload, or bytes, which always are a message. What is no packet gives
 * the error packet `{type: "error", data: "parser error"}`; nothing is thrown. An empty message has no `data` at all.
 */
export function decodePacket(encoded: RawData, binaryType?: BinaryType): Packet {
  if (typeof encoded !== "string") return message(asBinaryType(encoded, binaryType));
  const code = encoded.charCodeAt(0);
  const type = TYPES[code - DIGIT_ZERO];
  if (type !== undefined) return encoded.length > 1 ? { type, data: encoded.slice(1) } : { type };
  if (code !== BASE64_MARK_CODE) return ERROR_PACKET;
  return message(asBinaryType(fromBase64(encoded.slice(1)), binaryType));
}

/**
 * Encodes several packets into the body of one polling request or answer. `callback` is called before this returns unless a
 * Blob has to be read first; for no packets it is not called at all, since no body stands for that.
 */
export function encodePayload(packets: readonly Packet[], callback: (payload: string) => void): void {
  let payload = "";
  for (let at = 0; at < packets.length; at++) {
    const encoded = encodeNow(packets[at]!, false) as string | null;
    if (encoded === null) {
      encodeRest(payload, packets, at, callback);
      return;
    }
    payload = at === 0 ? encoded : payload + SEPARATOR + encoded;
  }
  if (packets.length > 0) callback(payload);
}

/**
 * Decodes the body of one polling request or answer. Stops after the first error packet, which is part of the result.
 * @param maxPackets a payload of more packets ends with an error packet in place of the rest; default: no limit
 */
export function decodePayload(payload: string, binaryType?: BinaryType, maxPackets = Infinity): Packet[] {
  const packets: Packet[] = [];
  let start = 0;
  for (;;) {
    const end = payload.indexOf(SEPARATOR, start);
    const encoded = end === -1 ? payload.slice(start) : payload.slice(start, end);
    const packet = packets.length < maxPackets ? decodePacket(encoded, binaryType) : ERROR_PACKET;
    packets.push(packet);
    if (end === -1 || packet.type === "error") return packets;
    start = end + 1;
  }
}

function message(data: RawData | null): Packet {
  return data === null ? ERROR_PACKET : { type: "message", data };
}

/** Null for a Blob that has to be read first. */
function encodeNow(packet: Packet, supportsBinary: boolean): RawData | null {
  const { data } = packet;
  if (typeof data === "string") return DIGITS[packet.type] + data;
  if (typeof data === "object" && data !== null) {
    // Bytes always are a message; their place in a binary frame says so (protocols.md 1.5).
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
      return supportsBinary ? data : BASE64_MARK + toBase64(data);
    }
    if (typeof Blob === "function" && data instanceof Blob) return supportsBinary ? sendableBlob(data) : null;
  }
  // Anything else is written the way strings are added; what is falsy counts as no data.
  return data ? DIGITS[packet.type] + data : DIGITS[packet.type];
}

/** The packets from `from` on, one after the other since some have to be waited for. */
function encodeRest(
  start: string,
  packets: readonly Packet[],
  from: number,
  callback: (payload: string) => void,
): void {
  encodePacket(packets[from]!, false, (encoded: string) => {
    const payload = from === 0 ? encoded : start + SEPARATOR + encoded;
    if (from + 1 === packets.length) callback(payload);
    else encodeRest(payload, packets, from + 1, callback);
  });
}

/**
 * A Blob that can't be read (its file is gone) is sent as no bytes: the peer waits for exactly as many attachments as were
 * announced, and the session for this callback.
 */
function readBlob(blob: Blob, callback: (bytes: RawData) => void): void {
  blob.arrayBuffer().then(
    (bytes) => callback(asBinaryType(bytes)),
    () => callback(asBinaryType(new ArrayBuffer(0))),
  );
}
