import { isUtf8 } from "node:buffer";
import { FrameError, type FrameErrorCode } from "./frame-error.js";
import { unmask } from "./unmask.js";

/** RFC 6455 section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A message may come in so many frames, empty ones included. Each costs more than its bytes. */
export const MAX_FRAGMENTS = 16_384;

/** "No status code was present" (RFC 6455 section 7.1.5); never sent. */
export const NO_STATUS = 1005;

export interface FrameSink {
  /** A whole message: text, or bytes that are the receiver's own. */
  onMessage(data: string | Buffer): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** The peer's close frame, {@link NO_STATUS} if it has no code. Nothing after it is read. */
  onCloseFrame(code: number, reason: Buffer): void;
  /** The peer broke the rules. Nothing after it is read. */
  onFrameError(error: FrameError): void;
}

/**
 * Reads what a peer sends: frames in chunks of any size, no extensions. Knows no sockets. As strict as RFC 6455 asks for; what it
 * keeps is bounded by the size of a message.
 *
 * There may be very many: methods with `#` would cost each of them a field.
 */
export class FrameParser {
  readonly #sink: FrameSink;
  /** Size of the largest message in bytes; 0: no limit. */
  readonly #maxBytes: number;
  /** Which side the peer is: clients mask their frames, servers must not (RFC 6455 section 5.1). */
  readonly #peer: "client" | "server";
  // A field each on a connection where nothing is under way.
  #carry: Carry | null = null;
  #fragments: Fragments | null = null;
  #stopped = false;

  constructor(sink: FrameSink, maxBytes: number, peer: "client" | "server" = "client") {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
    this.#peer = peer;
  }

  /**
   * The next bytes of the stream. They are the parser's until this returns: it takes masks off in place.
   * @param isLent false: they may also be kept, as part of a message
   */
  receive(chunk: Buffer, isLent = false): void {
    let at = 0;
    try {
      while (this.#carry !== null) {
        const carry = this.#carry;
        at = this.append(chunk, at, carry.needed - carry.length, carry.needed);
        if (carry.length < carry.needed) return;
        this.#carry = null;
        this.read(carry.bytes.subarray(0, carry.length), false);
      }
      const rest = at === 0 ? chunk : chunk.subarray(at);
      at = chunk.length;
      this.read(rest, isLent);
    } finally {
      // Only if a listener of the application threw: the stream goes on behind that message.
      if (at < chunk.length) this.append(chunk, at, chunk.length - at, 0);
    }
  }

  /** Nothing is read any more. */
  stop(): void {
    this.#stopped = true;
    this.#carry = null;
    this.#fragments = null;
  }

  private read(bytes: Buffer, isLent: boolean): void {
    let at = 0;
    let needed = 0;
    try {
      while (at < bytes.length && !this.#stopped) {
        const length = this.measure(bytes, at);
        if (at + length > bytes.length) {
          needed = length;
          return;
        }
        const start = at;
        at += length;
        if (!this.#stopped) this.deliver(bytes, start, at, isLent);
      }
    } finally {
      if (at < bytes.length) this.append(bytes, at, bytes.length - at, needed);
    }
  }

  /** @returns the length of the frame, header included, or how many bytes it takes to know */
  private measure(bytes: Buffer, at: number): number {
    const available = bytes.length - at;
    if (available < 2) return 2;
    const first = bytes[at]!;
    const short = bytes[at + 1]! & 0x7f;
    const fault = this.headerFault(first, bytes[at + 1]!);
    if (fault !== null) return this.fail(fault);
    const headerBytes = headerBytesOf(bytes[at + 1]!);
    if (available < headerBytes) return headerBytes;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
    if (short > 125 && length < (short === 126 ? 126 : 65_536)) return this.fail(FAULTS.length);
    // Before any of it is kept.
    if ((first & 8) === 0 && this.#maxBytes > 0 && (this.#fragments?.bytes ?? 0) + length > this.#maxBytes) {
      return this.fail(FAULTS.size);
    }
    if (length > Number.MAX_SAFE_INTEGER) return this.fail(FAULTS.size);
    return headerBytes + length;
  }

  /** What is wrong with the first two bytes of a frame. */
  private headerFault(first: number, second: number): FrameError | null {
    const opcode = first & 0x0f;
    if ((first & 0x30) !== 0) return FAULTS.rsv23();
    if ((first & 0x40) !== 0) return FAULTS.rsv1();
    if (opcode > OPCODE.binary && (opcode < OPCODE.close || opcode > OPCODE.pong)) return FAULTS.opcode(opcode);
    if (opcode >= OPCODE.close) {
      if ((first & 0x80) === 0) return FAULTS.fin();
      const length = second & 0x7f;
      if (length > 125 || (opcode === OPCODE.close && length === 1)) return FAULTS.control(length);
    } else if ((opcode === OPCODE.continuation) !== (this.#fragments !== null)) {
      return FAULTS.opcode(opcode);
    }
    if (second >= 0x80 === (this.#peer === "client")) return null;
    return this.#peer === "client" ? FAULTS.noMask() : FAULTS.mask();
  }

  private deliver(bytes: Buffer, start: number, end: number, isLent: boolean): void {
    const first = bytes[start]!;
    const second = bytes[start + 1]!;
    const from = start + headerBytesOf(second);
    const isAscii = second >= 0x80 && unmask(bytes, from - 4, from, end);
    const opcode = first & 0x0f;
    if (opcode >= OPCODE.close) return this.deliverControl(opcode, Buffer.from(bytes.subarray(from, end)));
    const isLast = first >= 0x80;
    if (isLast && opcode !== OPCODE.continuation) {
      return this.deliverMessage(opcode, bytes, from, end, isAscii, isLent);
    }
    const fragments = (this.#fragments ??= { opcode, parts: [], count: 0, bytes: 0 });
    fragments.count++;
    if (fragments.count > MAX_FRAGMENTS) return void this.fail(FAULTS.fragments);
    if (end > from) fragments.parts.push(own(bytes.subarray(from, end), isLent));
    fragments.bytes += end - from;
    if (isLast) this.deliverFragments(fragments);
  }

  private deliverFragments({ opcode, parts }: Fragments): void {
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.#fragments = null;
    this.deliverMessage(opcode, whole, 0, whole.length, false, false);
  }

  private deliverMessage(
    opcode: number,
    bytes: Buffer,
    from: number,
    to: number,
    isAscii: boolean,
    isLent: boolean,
  ): void {
    if (opcode === OPCODE.binary) return this.#sink.onMessage(own(bytes.subarray(from, to), isLent));
    // Of ASCII, latin1 is the cheapest reader.
    if (isAscii) return this.#sink.onMessage(bytes.toString("latin1", from, to));
    const text = bytes.toString("utf8", from, to);
    // Cheaper than to ask of each text: what is no UTF-8 is read as this, which hardly anybody sends.
    if (text.includes("\ufffd") && !isUtf8(bytes.subarray(from, to))) return void this.fail(FAULTS.utf8);
    this.#sink.onMessage(text);
  }

  private deliverControl(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) return this.#sink.onPing(payload);
    if (opcode === OPCODE.pong) return this.#sink.onPong(payload);
    const code = payload.length === 0 ? NO_STATUS : payload.readUInt16BE(0);
    if (payload.length > 0 && !isCloseCode(code)) return void this.fail(FAULTS.closeCode(code));
    const reason = payload.subarray(2);
    if (!isUtf8(reason)) return void this.fail(FAULTS.utf8);
    this.stop();
    this.#sink.onCloseFrame(code, reason);
  }

  /** @returns 0, for those who measure */
  private fail(fault: FrameError | (() => FrameError)): 0 {
    this.stop();
    this.#sink.onFrameError(typeof fault === "function" ? fault() : fault);
    return 0;
  }

  /**
   * Keeps up to `count` bytes of the chunk, copied: a few of them must not hold the whole of it in memory. The room for them grows with
   * what has arrived, not with what was announced.
   * @param needed see {@link Carry.needed}
   * @returns where the rest of the chunk begins
   */
  private append(chunk: Buffer, at: number, count: number, needed: number): number {
    if (this.#stopped) return chunk.length;
    const end = Math.min(chunk.length, at + Math.max(count, 0));
    const carry = (this.#carry ??= { bytes: NOTHING, length: 0, needed });
    const total = carry.length + end - at;
    if (total > carry.bytes.length) {
      const room = Math.min(Math.max(needed, total), Math.max(total, carry.length * 2));
      const grown = Buffer.allocUnsafe(room);
      carry.bytes.copy(grown, 0, 0, carry.length);
      carry.bytes = grown;
    }
    chunk.copy(carry.bytes, carry.length, at, end);
    carry.length = total;
    return end;
  }
}

/** The beginning of a frame whose rest has not arrived. */
interface Carry {
  /** With room for more at the end. */
  bytes: Buffer;
  /** How many of them have arrived. */
  length: number;
  /** So many of the frame have to be there before another look at it pays. */
  readonly needed: number;
}

/** A message of which not all fragments have arrived. */
interface Fragments {
  readonly opcode: number;
  /** Without the empty ones. */
  readonly parts: Buffer[];
  count: number;
  bytes: number;
}

/** Length of a frame's header, by its second byte. */
function headerBytesOf(second: number): number {
  const short = second & 0x7f;
  return (short < 126 ? 2 : short === 126 ? 4 : 10) + (second >= 0x80 ? 4 : 0);
}

/** Whether a code may be sent in a close frame (RFC 6455 section 7.4, and the registry it founded). */
export function isCloseCode(code: number): boolean {
  if (code >= 1000 && code <= 1014) return code !== 1004 && code !== 1005 && code !== 1006;
  return code >= 3000 && code <= 4999;
}

/** A small part of a chunk is copied as well: as long as somebody keeps it, it would hold all of the memory below it. */
function own(part: Buffer, isLent: boolean): Buffer {
  return !isLent && part.length * 2 >= part.buffer.byteLength ? part : Buffer.from(part);
}

const NOTHING = Buffer.alloc(0);

function invalid(code: FrameErrorCode, closeCode: 1002 | 1007, what: string): FrameError {
  return new FrameError(code, closeCode, `Invalid WebSocket frame: ${what}`);
}

const FAULTS = {
  rsv23: () => invalid("WS_ERR_UNEXPECTED_RSV_2_3", 1002, "RSV2 and RSV3 must be clear"),
  rsv1: () => invalid("WS_ERR_UNEXPECTED_RSV_1", 1002, "RSV1 must be clear"),
  opcode: (opcode: number) => invalid("WS_ERR_INVALID_OPCODE", 1002, `invalid opcode ${opcode}`),
  fin: () => invalid("WS_ERR_EXPECTED_FIN", 1002, "FIN must be set"),
  noMask: () => invalid("WS_ERR_EXPECTED_MASK", 1002, "MASK must be set"),
  mask: () => invalid("WS_ERR_UNEXPECTED_MASK", 1002, "MASK must be clear"),
  control: (length: number) =>
    invalid("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", 1002, `invalid payload length ${length}`),
  length: () => invalid("WS_ERR_NON_MINIMAL_LENGTH", 1002, "the length is not in its shortest form"),
  closeCode: (code: number) => invalid("WS_ERR_INVALID_CLOSE_CODE", 1002, `invalid status code ${code}`),
  utf8: () => invalid("WS_ERR_INVALID_UTF8", 1007, "invalid UTF-8 sequence"),
  size: () => new FrameError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009, "Max payload size exceeded"),
  fragments: () =>
    new FrameError("WS_ERR_TOO_MANY_FRAGMENTS", 1008, `a message in more than ${MAX_FRAGMENTS} fragments`),
};
