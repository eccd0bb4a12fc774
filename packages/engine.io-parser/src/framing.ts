import { decodePacket } from "./decodePacket.js";
import { encodePacket, readBlob } from "./encodePacket.js";
import { BASE64_MARK, bytesOf, ERROR_PACKET, type BinaryType, type Packet, type RawData } from "./packet.js";

/*
 * The length-prefixed frames of a WebTransport stream (protocols.md 1.12): bit 7 of the first byte marks bytes, the others
 * hold the length, or 126 for a length in the next 2 bytes, or 127 for one in the next 8.
 */
const BINARY_BIT = 0x80;
const LENGTH_BITS = 0x7f;
const IN_2_BYTES = 126;
const IN_8_BYTES = 127;

/** As {@link ERROR_PACKET}, for a frame above the limit: whoever reads a stream can tell it apart. */
export const FRAME_TOO_LARGE: Packet = /* @__PURE__ */ Object.freeze<Packet>({ type: "error", data: "parser error" });

/** How much is set aside for a frame before its bytes are here: a peer that only announces must not make us grow. */
const FIRST_ALLOCATION_BYTES = 16 * 1024;

/**
 * Encodes a packet as a frame, header and payload apart so that no byte is copied. `callback` is called before this returns
 * unless `data` is a Blob. An empty message of bytes travels as the text "b", since a frame of length 0 ends the session
 * everywhere (protocols.md 9.2, 12).
 */
export function encodeFrame(packet: Packet, callback: (header: Uint8Array, payload: Uint8Array) => void): void {
  encodePacket(packet, true, (encoded: RawData) => {
    // A browser hands it on.
    if (encoded instanceof Blob) {
      return void readBlob(encoded).then((data) => encodeFrame({ type: "message", data }, callback));
    }
    if (encoded.byteLength === 0) encoded = BASE64_MARK;
    const isText = typeof encoded === "string";
    const payload = isText ? new TextEncoder().encode(encoded) : bytesOf(encoded);
    callback(frameHeader(payload.length, isText ? 0 : BINARY_BIT), payload);
  });
}

function frameHeader(length: number, mark: number): Uint8Array {
  const size = length < IN_2_BYTES ? 0 : length < 0x10000 ? 2 : 8;
  const header = new Uint8Array(1 + size);
  // The last bytes of the length first: each element takes the lowest 8 bits.
  for (let at = size, rest = length; at > 0; at--, rest = Math.floor(rest / 0x100)) header[at] = rest;
  header[0] = mark + (size === 0 ? length : size === 2 ? IN_2_BYTES : IN_8_BYTES);
  return header;
}

/**
 * Reads the frames of one stream, however its chunks are cut: time and memory are linear in what arrived. The first error
 * packet is the last: whatever follows it is ignored.
 */
export class FrameDecoder {
  readonly #frames: Iterator<number, void, Uint8Array>;
  /** How many bytes the next piece has; 0 once nothing more is read. */
  #wanted: number;
  /** Grows with what arrives. */
  #piece = new Uint8Array();
  #filled = 0;

  /** @param maxPayload longest payload that is read, in bytes */
  constructor(maxPayload: number, binaryType: BinaryType | undefined, onPacket: (packet: Packet) => void) {
    this.#frames = readFrames(maxPayload, binaryType, onPacket);
    this.#wanted = this.#frames.next().value!;
  }

  /** The next bytes of the stream. They are not kept. */
  receive(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#wanted > 0;) {
      // A copy: what is handed on must not keep alive what lies around it, nor change with it.
      const part = chunk.slice(at, at + this.#wanted - this.#filled);
      at += part.length;
      if (this.#filled === 0) this.#piece = part;
      else this.#append(part);
      this.#filled += part.length;
      if (this.#filled < this.#wanted) continue;
      this.#filled = 0;
      this.#wanted = this.#frames.next(this.#piece).value ?? 0;
    }
  }

  #append(part: Uint8Array): void {
    const needed = this.#filled + part.length;
    if (needed > this.#piece.length) {
      const grown = new Uint8Array(Math.min(this.#wanted, Math.max(2 * needed, FIRST_ALLOCATION_BYTES)));
      grown.set(this.#piece);
      this.#piece = grown;
    }
    this.#piece.set(part, this.#filled);
  }
}

/** Yields how many bytes it wants next, and is given exactly these. */
function* readFrames(
  maxPayload: number,
  binaryType: BinaryType | undefined,
  onPacket: (packet: Packet) => void,
): Generator<number, void, Uint8Array> {
  // Not when the module is loaded: React Native and Jest's DOM, which know no WebTransport either, may have none.
  const textDecoder = new TextDecoder();
  let packet: Packet;
  do {
    const [first] = yield 1;
    let length = first! & LENGTH_BITS;
    if (length >= IN_2_BYTES) {
      const bytes = yield length === IN_2_BYTES ? 2 : 8;
      length = bytes.reduce((sum, byte) => sum * 0x100 + byte, 0);
    }
    packet = length > 0 ? FRAME_TOO_LARGE : ERROR_PACKET;
    // 2^53 - 1 is the last length that a number holds exactly.
    if (length > 0 && length <= Math.min(maxPayload, Number.MAX_SAFE_INTEGER)) {
      const payload = yield length;
      packet = decodePacket(first! & BINARY_BIT ? payload : textDecoder.decode(payload), binaryType);
    }
    onPacket(packet);
  } while (packet.type !== "error");
}
