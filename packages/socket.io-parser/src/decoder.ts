import { Emitter } from "engine.io-parser/emitter";
import { insertAttachments, isBinary } from "./binary.js";
import { DecodeError, unknownType } from "./errors.js";
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

/**
 * Turns text and attachments back into packets, and emits each as `decoded` (protocols.md 3.2, 3.5, 3.7).
 *
 * A chunk that breaks the protocol throws a `DecodeError`. What was received of a packet until then is forgotten and the
 * decoder could go on with the next text, but a peer that got here can't be trusted: close the connection.
 */
export class Decoder extends Emitter<{}, {}, DecoderEvents> /* oxlint-disable-line typescript/no-empty-object-type */ {
  declare private readonly _options: DecoderOptions;
  /** Takes the next attachment of an unfinished packet, and returns that one once it is whole. */
  private _attach: ((attachment: unknown) => Packet | undefined) | undefined = undefined;

  constructor(opts: Reviver | DecoderOptions = {}) {
    super();
    this._options = typeof opts === "function" ? { reviver: opts } : opts;
  }

  /** True while a packet waits for attachments. Whoever owns the decoder sets the time limit. */
  get isReconstructing(): boolean {
    return !!this._attach;
  }

  /**
   * The next message of the connection: text, or one attachment.
   * @throws DecodeError if it breaks the protocol; TypeError for null and undefined, which no message is
   */
  // `any`, as upstream: binary of any platform.
  // oxlint-disable-next-line typescript/no-explicit-any
  add(chunk: any): void {
    const attach = this._attach;
    // Whatever is refused below ends the unfinished packet as well.
    this.destroy();
    let packet: Packet | undefined;
    if (typeof chunk === "string") {
      if (attach) throw new DecodeError("got plaintext data when reconstructing a packet");
      packet = this._parse(chunk);
    } else if (isBinary(chunk)) {
      if (!attach) throw new DecodeError("got binary data when not reconstructing a packet");
      packet = attach(chunk);
      if (!packet) this._attach = attach;
    } else throw unknownType(chunk);
    if (packet) this.emitReserved("decoded", packet);
  }

  /** Forgets what was received of an unfinished packet. */
  destroy(): void {
    this._attach = undefined;
  }

  // Hot path: one pass over the header by character codes, one slice for the payload.
  private _parse(text: string): Packet | undefined {
    const { reviver, maxAttachments = DEFAULT_MAX_ATTACHMENTS } = this._options;
    // No character, or a blank, is the number 0 here as it is upstream (row A-10).
    let type: PacketType = Number(text.charAt(0));
    if (!(type <= PacketType.BINARY_ACK)) throw new DecodeError(`unknown packet type ${type}`);
    let at = 1;
    let wanted = 0;

    if (type >= PacketType.BINARY_EVENT) {
      type -= 3;
      const dash = endOfDigits(text, at);
      // More digits than `endOfDigits` takes end in another digit: far too many as well.
      wanted = Number(text.slice(at, dash));
      if (wanted > maxAttachments) throw new DecodeError("too many attachments");
      // Zero would leave the decoder waiting for attachments that are not to come (CVE-2026-69185).
      if (wanted === 0 || text[dash] !== "-") throw new DecodeError("Illegal attachments");
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
    const json = text.slice(end);
    let isValid = !(packet.id! > Number.MAX_SAFE_INTEGER || limits?.isHopeless(type, json));
    let cause: unknown;
    try {
      if (json) {
        isValid &&= isPayloadValid(type, (packet.data = JSON.parse(json, reviver)));
        limits?.checkDepth(json, packet.data);
        // What has a name or attachments has a payload (protocols.md 9.1, 1).
      } else isValid &&= wanted === 0 && type !== PacketType.EVENT;
    } catch (error) {
      isValid = false;
      cause = error;
    }
    if (!isValid) throw new DecodeError("invalid payload", { cause });
    if (wanted === 0) return packet;

    const attachments: unknown[] = [];
    let bytes = 0;
    this._attach = (attachment) => {
      attachments.push(attachment);
      if (limits) bytes = limits.grow(bytes, attachment, this._options.maxAttachmentBytes);
      if (attachments.length < wanted) return undefined;
      packet.data = insertAttachments(packet.data, attachments);
      return packet;
    };
    return undefined;
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
