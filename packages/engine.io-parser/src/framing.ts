import { asBinaryType, decodePacket } from "./decodePacket.js";
import { encodePacket } from "./encodePacket.js";
import { ERROR_PACKET, type BinaryType, type Packet, type RawData } from "./packet.js";

/*
 * The length-prefixed frames of a WebTransport stream (protocols.md 1.12): bit 7 of the first byte marks bytes, the others
 * hold the length, or 126 for a length in the next 2 bytes, or 127 for one in the next 8.
 */
const BINARY_BIT = 0x80;
const LENGTH_BITS = 0x7f;
const LONGEST_SHORT = 125;
const IN_2_BYTES = 126;
const IN_8_BYTES = 127;
const LONGEST_IN_2_BYTES = 0xffff;
const LONGEST_HEADER = 9;

/** How much is set aside for a frame before its bytes are here: a peer that only announces must not make us grow. */
const FIRST_ALLOCATION_BYTES = 16 * 1024;

/** An empty message of bytes, as text: see {@link encodeFrame}. */
const EMPTY_MESSAGE = "b";

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/** The header of a frame. */
export function frameHeader(payloadBytes: number, isBinary: boolean): Uint8Array {
  const mark = isBinary ? BINARY_BIT : 0;
  if (payloadBytes <= LONGEST_SHORT) return Uint8Array.of(mark | payloadBytes);
  if (payloadBytes <= LONGEST_IN_2_BYTES) {
    return Uint8Array.of(mark | IN_2_BYTES, payloadBytes >> 8, payloadBytes & 0xff);
  }
  const header = new Uint8Array(LONGEST_HEADER);
  header[0] = mark | IN_8_BYTES;
  new DataView(header.buffer).setBigUint64(1, BigInt(payloadBytes));
  return header;
}

/**
 * Encodes a packet as a frame, header and payload apart so that no byte is copied. `callback` is called before this returns
 * unless `data` is a Blob. An empty message of bytes travels as the text "b", since a frame of length 0 ends the session
 * everywhere (protocols.md 9.2, 12).
 */
export function encodeFrame(packet: Packet, callback: (header: Uint8Array, payload: Uint8Array) => void): void {
  encodePacket(packet, true, (encoded: RawData) => {
    if (typeof Blob === "function" && encoded instanceof Blob) {
      const withBytes = (data: ArrayBuffer): void => encodeFrame({ type: "message", data }, callback);
      // As in encodePacket.ts: what can't be read counts as empty, so that the stream goes on.
      encoded.arrayBuffer().then(withBytes, () => withBytes(new ArrayBuffer(0)));
      return;
    }
    const isText = typeof encoded === "string" || encoded.byteLength === 0;
    const payload = isText
      ? textEncoder.encode(typeof encoded === "string" ? encoded : EMPTY_MESSAGE)
      : bytesOf(encoded);
    callback(frameHeader(payload.length, !isText), payload);
  });
}

/**
 * Reads the frames of one stream, however its chunks are cut: time and memory are linear in what arrived. The first error
 * packet is the last: whatever follows it is ignored.
 */
export class FrameDecoder {
  readonly #maxPayload: number;
  readonly #binaryType: BinaryType | undefined;
  readonly #onPacket: (packet: Packet) => void;
  readonly #header = new Uint8Array(LONGEST_HEADER);
  #headerFilled = 0;
  /** Of the frame under way; 0 while its header is not complete. */
  #length = 0;
  /** Grows with what arrives. Null while no payload byte waits. */
  #payload: Uint8Array<ArrayBuffer> | null = null;
  #payloadFilled = 0;
  #failed = false;

  /** @param maxPayload longest payload that is read, in bytes */
  constructor(maxPayload: number, binaryType: BinaryType | undefined, onPacket: (packet: Packet) => void) {
    this.#maxPayload = maxPayload;
    this.#binaryType = binaryType;
    this.#onPacket = onPacket;
  }

  /** The next bytes of the stream. They are not kept. */
  receive(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#failed) {
      at = this.#length === 0 ? this.#readHeader(chunk, at) : this.#readPayload(chunk, at);
    }
  }

  #readHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    const first = this.#headerFilled === 0 ? chunk[at]! : this.#header[0]!;
    const wanted = headerLength(first);
    while (this.#headerFilled < wanted && at < chunk.length) this.#header[this.#headerFilled++] = chunk[at++]!;
    if (this.#headerFilled < wanted) return at;
    const length = payloadLength(this.#header);
    // 2^53 - 1 is the last length that a number holds exactly.
    if (length === 0 || length > this.#maxPayload || length > Number.MAX_SAFE_INTEGER) this.#fail();
    else this.#length = length;
    return at;
  }

  #readPayload(chunk: Uint8Array, start: number): number {
    const end = Math.min(chunk.length, start + this.#length - this.#payloadFilled);
    if (this.#payload === null && end - start === this.#length) {
      this.#deliver(chunk.subarray(start, end), false);
    } else {
      this.#keep(chunk, start, end);
    }
    return end;
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const filled = this.#payloadFilled + (end - start);
    if (this.#payload === null || filled > this.#payload.length) {
      const doubled = this.#payload === null ? FIRST_ALLOCATION_BYTES : this.#payload.length * 2;
      const grown = allocate(Math.min(this.#length, Math.max(filled, doubled)));
      if (grown === null) {
        this.#fail();
        return;
      }
      if (this.#payload !== null) grown.set(this.#payload.subarray(0, this.#payloadFilled));
      this.#payload = grown;
    }
    this.#payload.set(chunk.subarray(start, end), this.#payloadFilled);
    this.#payloadFilled = filled;
    if (filled === this.#length) this.#deliver(this.#payload, true);
  }

  #deliver(payload: Uint8Array, isOurs: boolean): void {
    const isBinary = (this.#header[0]! & BINARY_BIT) !== 0;
    this.#headerFilled = 0;
    this.#length = 0;
    this.#payload = null;
    this.#payloadFilled = 0;
    // A copy, where the bytes are a part of the chunk: they must not keep alive what lies around them.
    const data = isBinary ? asBinaryType(isOurs ? payload : payload.slice(), this.#binaryType) : null;
    const packet: Packet = isBinary
      ? { type: "message", data }
      : decodePacket(textDecoder.decode(payload), this.#binaryType);
    if (packet.type === "error") this.#fail();
    else this.#onPacket(packet);
  }

  #fail(): void {
    this.#failed = true;
    this.#payload = null;
    this.#onPacket(ERROR_PACKET);
  }
}

/** The two ends of a TransformStream. Structural, so that the declarations need neither the DOM's types nor Node's. */
export interface PacketStream {
  // `any`: a ReadableStream and a WritableStream of whichever types the consumer has.
  readonly readable: any; // oxlint-disable-line typescript/no-explicit-any
  readonly writable: any; // oxlint-disable-line typescript/no-explicit-any
}

/** A TransformStream from packets to the bytes of a WebTransport stream. */
export function createPacketEncoderStream(): PacketStream {
  return new TransformStream<Packet, Uint8Array>({
    transform(packet, controller) {
      return new Promise((resolve) => {
        encodeFrame(packet, (header, payload) => {
          controller.enqueue(header);
          controller.enqueue(payload);
          resolve();
        });
      });
    },
  });
}

/**
 * A TransformStream from the bytes of a WebTransport stream to packets. A frame that is empty, or longer than `maxPayload`
 * bytes, gives the error packet, and nothing follows it.
 */
export function createPacketDecoderStream(maxPayload: number, binaryType?: BinaryType): PacketStream {
  let decoder: FrameDecoder;
  return new TransformStream<Uint8Array, Packet>({
    start(controller) {
      decoder = new FrameDecoder(maxPayload, binaryType, (packet) => controller.enqueue(packet));
    },
    transform(chunk) {
      decoder.receive(chunk);
    },
  });
}

function headerLength(first: number): number {
  const length = first & LENGTH_BITS;
  return length === IN_8_BYTES ? LONGEST_HEADER : length === IN_2_BYTES ? 3 : 1;
}

function payloadLength(header: Uint8Array): number {
  const length = header[0]! & LENGTH_BITS;
  if (length <= LONGEST_SHORT) return length;
  const view = new DataView(header.buffer, header.byteOffset);
  return length === IN_2_BYTES ? view.getUint16(1) : Number(view.getBigUint64(1));
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** Null if there is no memory for so many. */
function allocate(bytes: number): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(bytes);
  } catch {
    return null;
  }
}
