import { Emitter } from "engine.io-parser/emitter";
import { insertAttachments, isBinary, tagOf } from "./binary.js";
import { DecodeError } from "./errors.js";
import { limits } from "./limits.js";
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
   * How many bytes the attachments of one packet may have together. Not in browsers.
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
const SLASH = 0x2f;

/** Digits of 2^53 - 1, the last integer that a number holds exactly. */
const MAX_DIGITS = 16;

/** With what the JSON of each type can begin: refuses most of what is wrong without parsing it. */
const OPENERS = ["{", "", "[", "[", '{"'];

/**
 * Turns text and attachments back into packets, and emits each as `decoded` (protocols.md 3.2, 3.5, 3.7).
 *
 * A chunk that breaks the protocol throws a `DecodeError`. What was received of a packet until then is forgotten and the
 * decoder could go on with the next text, but a peer that got here can't be trusted: close the connection.
 */
export class Decoder extends Emitter<{}, {}, DecoderEvents> /* oxlint-disable-line typescript/no-empty-object-type */ {
  declare private readonly _reviver: Reviver | undefined;
  declare private readonly _maxAttachments: number;
  declare private readonly _maxAttachmentBytes: number;
  /** The packet whose attachments are awaited. */
  private _pending: Packet | undefined = undefined;
  private _wanted = 0;
  private _attachments: unknown[] = [];
  private _bytes = 0;

  constructor(opts: Reviver | DecoderOptions = {}) {
    super();
    const options = typeof opts === "function" ? { reviver: opts } : opts;
    this._reviver = options.reviver;
    this._maxAttachments = options.maxAttachments ?? DEFAULT_MAX_ATTACHMENTS;
    this._maxAttachmentBytes = options.maxAttachmentBytes ?? Infinity;
  }

  /** True while a packet waits for attachments. Whoever owns the decoder sets the time limit. */
  get isReconstructing(): boolean {
    return !!this._pending;
  }

  /**
   * The next message of the connection: text, or one attachment.
   * @throws DecodeError if it breaks the protocol; TypeError for null and undefined, which no message is
   */
  // `any`, as upstream: binary of any platform.
  // oxlint-disable-next-line typescript/no-explicit-any
  add(chunk: any): void {
    let packet: Packet | undefined;
    if (typeof chunk === "string") packet = this._parse(chunk);
    else if (isBinary(chunk)) packet = this._attach(chunk);
    else {
      this.destroy();
      const Kind = chunk === undefined || chunk === null ? TypeError : DecodeError;
      throw new Kind(`Unknown type: ${typeof chunk === "object" ? tagOf(chunk) : String(chunk)}`);
    }
    if (packet) this.emitReserved("decoded", packet);
  }

  /** Forgets what was received of an unfinished packet. */
  destroy(): void {
    this._pending = undefined;
    this._attachments = [];
    this._bytes = 0;
  }

  // Hot path: one pass over the header by character codes, one slice for the payload.
  private _parse(text: string): Packet | undefined {
    if (this._pending) this._refuse("got plaintext data when reconstructing a packet");
    let digit: PacketType = text.charCodeAt(0) - ZERO;
    // No character, or a blank, is the number 0 here as it is upstream (row A-10).
    if (!(digit >= PacketType.CONNECT)) digit = Number(text.charAt(0));
    if (!(digit <= PacketType.BINARY_ACK)) this._refuse(`unknown packet type ${Number(text.charAt(0))}`);
    const isBinaryType = digit >= PacketType.BINARY_EVENT;
    const type: PacketType = isBinaryType ? digit - 3 : digit;
    let at = 1;

    if (isBinaryType) {
      const dash = endOfDigits(text, at);
      // More digits than `endOfDigits` takes end in another digit: far too many as well.
      this._wanted = Number(text.slice(at, dash));
      if (this._wanted > this._maxAttachments) this._refuse("too many attachments");
      // Zero would leave the decoder waiting for attachments that are not to come (CVE-2026-69185).
      if (this._wanted === 0 || text[dash] !== "-") this._refuse("Illegal attachments");
      at = dash + 1;
    }

    let nsp = "/";
    if (text.charCodeAt(at) === SLASH) {
      const comma = text.indexOf(",", at);
      const end = comma === -1 ? text.length : comma;
      nsp = text.slice(at, end);
      at = end + 1;
    }

    const packet: Packet = { type, nsp };
    const end = endOfDigits(text, at);
    if (end > at) packet.id = Number(text.slice(at, end));
    if (end < text.length) packet.data = this._parsePayload(type, text.slice(end));
    // What has a name or attachments has a payload (protocols.md 9.1, 1).
    else if (type === PacketType.EVENT || isBinaryType) this._refuse(INVALID);
    if (packet.id! > Number.MAX_SAFE_INTEGER) this._refuse(INVALID);
    if (!isBinaryType) return packet;
    this._pending = packet;
    return undefined;
  }

  private _parsePayload(type: PacketType, json: string): unknown {
    let cause: unknown;
    if (OPENERS[type]!.includes(json[0]!)) {
      try {
        const payload: unknown = JSON.parse(json, this._reviver);
        if (isPayloadValid(type, payload) && !limits?.isTooDeep(json, payload)) return payload;
      } catch (error) {
        cause = error;
      }
    }
    return this._refuse(INVALID, cause);
  }

  private _attach(chunk: unknown): Packet | undefined {
    const packet = this._pending;
    if (!packet) return this._refuse("got binary data when not reconstructing a packet");
    const { _attachments: attachments } = this;
    attachments.push(chunk);
    if (limits) {
      this._bytes += limits.sizeOf(chunk);
      const excess = limits.describeExcess(this._bytes, this._maxAttachmentBytes);
      if (excess) this._refuse(excess);
    }
    if (attachments.length < this._wanted) return undefined;
    this.destroy();
    packet.data = insertAttachments(packet.data, attachments);
    return packet;
  }

  private _refuse(message: string, cause?: unknown): never {
    this.destroy();
    throw new DecodeError(message, { cause });
  }
}

const INVALID = "invalid payload";

/** Where the digits end that begin at `start`; a number has at most {@link MAX_DIGITS}, however long the text is. */
function endOfDigits(text: string, start: number): number {
  let at = start;
  for (; at < start + MAX_DIGITS; at++) {
    const code = text.charCodeAt(at);
    if (!(code >= ZERO && code <= NINE)) break;
  }
  return at;
}
