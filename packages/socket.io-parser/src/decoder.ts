import { Emitter } from "engine.io-parser/emitter";
import { insertAttachments, isBinary } from "./binary.js";
import { isTooDeep } from "./depth.js";
import { DecodeError } from "./errors.js";
import { PacketType, type Packet } from "./packet.js";
import { isPayloadValid } from "./payload.js";

/** As the second argument of JSON.parse. */
// `any`: the signature that TypeScript's own library gives it.
export type Reviver = (this: any, key: string, value: any) => any; // oxlint-disable-line typescript/no-explicit-any

export interface DecoderOptions {
  /** As the second argument of JSON.parse; it sees placeholders where attachments will be. */
  reviver?: Reviver;

  /**
   * How many attachments one packet may announce.
   * @default 10
   */
  maxAttachments?: number;

  /**
   * How many bytes the attachments of one packet may have together.
   * @default Infinity
   */
  maxAttachmentBytes?: number;
}

interface DecoderEvents {
  decoded: (packet: Packet) => void;
}

const DEFAULT_MAX_ATTACHMENTS = 10;

const ZERO = 0x30;
const NINE = 0x39;
const DASH = 0x2d;
const SLASH = 0x2f;
const QUOTE = 0x22;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** Digits of 2^53 - 1, the last integer that a number holds exactly. */
const MAX_DIGITS = 16;

/**
 * Turns text and attachments back into packets, and emits each as `decoded` (protocols.md 3.2, 3.5, 3.7).
 *
 * A chunk that breaks the protocol throws a `DecodeError`. What was received of a packet until then is forgotten and the
 * decoder could go on with the next text, but a peer that got here can't be trusted: close the connection.
 */
export class Decoder extends Emitter<{}, {}, DecoderEvents> /* oxlint-disable-line typescript/no-empty-object-type */ {
  private readonly reviver: Reviver | undefined;
  private readonly maxAttachments: number;
  private readonly maxAttachmentBytes: number;
  /** The packet whose attachments are awaited. */
  private pending: Packet | null = null;
  private missing = 0;
  private attachments: unknown[] = [];
  private attachmentBytes = 0;

  constructor(opts?: Reviver | DecoderOptions) {
    super();
    const options = typeof opts === "function" ? { reviver: opts } : (opts ?? {});
    this.reviver = options.reviver;
    this.maxAttachments = options.maxAttachments ?? DEFAULT_MAX_ATTACHMENTS;
    this.maxAttachmentBytes = options.maxAttachmentBytes ?? Infinity;
  }

  /** True while a packet waits for attachments. Whoever owns the decoder sets the time limit. */
  get isReconstructing(): boolean {
    return this.pending !== null;
  }

  /**
   * The next message of the connection: text, or one attachment.
   * @throws DecodeError if it breaks the protocol; TypeError for null and undefined, which no message is
   */
  // `any`, as upstream: binary of any platform.
  // oxlint-disable-next-line typescript/no-explicit-any
  add(chunk: any): void {
    if (typeof chunk === "string") this.addText(chunk);
    else if (isBinary(chunk)) this.addAttachment(chunk);
    else this.refuseChunk(chunk);
  }

  /** Forgets what was received of an unfinished packet. */
  destroy(): void {
    this.pending = null;
    this.attachments = [];
  }

  private addText(text: string): void {
    if (this.pending !== null) {
      this.destroy();
      throw new DecodeError("ERR_UNEXPECTED_TEXT", "got plaintext data when reconstructing a packet");
    }
    this.emitDecoded(this.parse(text));
  }

  // Hot path: one pass over the header by character codes, one slice for the payload.
  private parse(text: string): Packet | null {
    const type: PacketType = text.charCodeAt(0) - ZERO;
    if (!(type >= PacketType.CONNECT && type <= PacketType.BINARY_ACK)) return parseBlank(text);
    let at = 1;

    const isBinaryType = type >= PacketType.BINARY_EVENT;
    let count = 0;
    if (isBinaryType) {
      const dash = endOfDigits(text, at);
      count = this.attachmentCount(text, at, dash);
      at = dash + 1;
    }

    let nsp = "/";
    if (text.charCodeAt(at) === SLASH) {
      const comma = text.indexOf(",", at);
      nsp = comma === -1 ? text.slice(at) : text.slice(at, comma);
      at = comma === -1 ? text.length : comma + 1;
    }

    const endOfId = endOfDigits(text, at);
    const id = endOfId === at ? undefined : Number(text.slice(at, endOfId));
    if (id !== undefined && !Number.isSafeInteger(id)) throw invalidPayload();

    const data = endOfId === text.length ? undefined : this.parsePayload(type, text.slice(endOfId));
    // What has a name or attachments has a payload (protocols.md 9.1, 1).
    if (data === undefined && (type === PacketType.EVENT || isBinaryType)) throw invalidPayload();

    const packet: Packet = { type: isBinaryType ? type - 3 : type, nsp };
    if (id !== undefined) packet.id = id;
    if (data !== undefined) packet.data = data;
    if (!isBinaryType) return packet;
    this.pending = packet;
    this.missing = count;
    this.attachmentBytes = 0;
    return null;
  }

  private attachmentCount(text: string, start: number, end: number): number {
    const count = Number(text.slice(start, end));
    // More digits than `endOfDigits` takes end in another digit: far too many as well.
    if (count > this.maxAttachments) throw new DecodeError("ERR_TOO_MANY_ATTACHMENTS", "too many attachments");
    // Zero would leave the decoder waiting for attachments that are not to come (CVE-2026-69185).
    if (count === 0 || text.charCodeAt(end) !== DASH) {
      throw new DecodeError("ERR_ATTACHMENT_COUNT", "Illegal attachments");
    }
    return count;
  }

  private parsePayload(type: PacketType, json: string): unknown {
    if (!canBegin(type, json.charCodeAt(0))) throw invalidPayload();
    let payload: unknown;
    try {
      payload = JSON.parse(json, this.reviver);
    } catch (error) {
      throw invalidPayload(error);
    }
    if (!isPayloadValid(type, payload) || isTooDeep(json, payload)) throw invalidPayload();
    return payload;
  }

  private addAttachment(chunk: unknown): void {
    const packet = this.pending;
    if (packet === null) {
      throw new DecodeError("ERR_UNEXPECTED_BINARY", "got binary data when not reconstructing a packet");
    }
    this.attachmentBytes += sizeOf(chunk);
    if (this.attachmentBytes > this.maxAttachmentBytes) {
      const bytes = this.attachmentBytes;
      this.destroy();
      throw new DecodeError(
        "ERR_ATTACHMENTS_TOO_LARGE",
        `attachments of ${bytes} bytes exceed maxAttachmentBytes (${this.maxAttachmentBytes})`,
      );
    }
    this.attachments.push(chunk);
    if (--this.missing > 0) return;
    const { attachments } = this;
    this.destroy();
    packet.data = insertAttachments(packet.data, attachments);
    this.emitDecoded(packet);
  }

  private emitDecoded(packet: Packet | null): void {
    if (packet !== null) this.emitReserved("decoded", packet);
  }

  private refuseChunk(chunk: object | symbol | string | number | bigint | boolean | null | undefined): never {
    this.destroy();
    if (chunk === undefined || chunk === null) throw new TypeError(`${chunk} is no message`);
    const shown = typeof chunk === "object" ? Object.prototype.toString.call(chunk) : String(chunk);
    throw new DecodeError("ERR_UNKNOWN_CHUNK", `Unknown type: ${shown}`);
  }
}

/** Where the digits end that begin at `start`; a number has at most {@link MAX_DIGITS}, however long the text is. */
function endOfDigits(text: string, start: number): number {
  let at = start;
  for (; at < start + MAX_DIGITS; at++) {
    const code = text.charCodeAt(at);
    if (!(code >= ZERO && code <= NINE)) break;
  }
  return at;
}

/** Upstream reads the first character as a number, and nothing counts as 0 (row A-10). */
function parseBlank(text: string): Packet {
  if (text === "" || text === " ") return { type: PacketType.CONNECT, nsp: "/" };
  throw new DecodeError("ERR_UNKNOWN_PACKET_TYPE", `unknown packet type ${Number(text.charAt(0))}`);
}

/** Whether JSON of the right shape can begin like that: refuses most of what is wrong without parsing it. */
function canBegin(type: PacketType, code: number): boolean {
  switch (type) {
    case PacketType.CONNECT:
      return code === BRACE;
    case PacketType.DISCONNECT:
      return false;
    case PacketType.CONNECT_ERROR:
      return code === BRACE || code === QUOTE;
    default:
      return code === BRACKET;
  }
}

function invalidPayload(cause?: unknown): DecodeError {
  return new DecodeError("ERR_BAD_PAYLOAD", "invalid payload", cause === undefined ? undefined : { cause });
}

function sizeOf(chunk: unknown): number {
  const { byteLength, size } = chunk as { byteLength?: number; size?: number };
  return byteLength ?? size ?? 0;
}
