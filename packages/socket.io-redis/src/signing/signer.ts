import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { keysOf, type Refusal, type SigningOptions } from "./options.js";
import { ReplayWindow } from "./replay-window.js";

/*
 * A signed message: one byte that begins neither JSON nor MessagePack, the version of the form, the sender's id, the number of the
 * message, the time in ms, the signature; then the message as it would be without. Signed is where it was sent (the name of the
 * channel, with its length), all before the signature, and the message.
 */
const MARK = 0xc1;
const VERSION = 1;
const SENDER_AT = 2;
const SENDER_BYTES = 8;
const SEQUENCE_AT = SENDER_AT + SENDER_BYTES;
const TIME_AT = SEQUENCE_AT + 6;
const SIGNATURE_AT = TIME_AT + 6;
const SIGNATURE_BYTES = 32;
export const HEADER_BYTES = SIGNATURE_AT + SIGNATURE_BYTES;

/** What a message says of itself. */
export interface Origin {
  readonly sender: string;
  readonly sequence: number;
  /** In ms. */
  readonly time: number;
}

/** Signs what one adapter, or emitter, says, and checks what others say. */
export class Signer {
  readonly #keys: [Uint8Array, ...Uint8Array[]];
  readonly #maxAgeMs: number;
  readonly #id = randomBytes(SENDER_BYTES);
  readonly #window = new ReplayWindow();
  #sequence = 0;

  /** @throws TypeError if a key is too short */
  constructor(options: SigningOptions) {
    this.#keys = keysOf(options);
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
  }

  /**
   * What goes before the message.
   *
   * @param place where it is sent: it means nothing elsewhere
   */
  headerFor(place: string, message: Uint8Array): Buffer {
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header[0] = MARK;
    header[1] = VERSION;
    header.set(this.#id, SENDER_AT);
    header.writeUIntBE(this.#sequence++, SEQUENCE_AT, 6);
    header.writeUIntBE(Date.now(), TIME_AT, 6);
    header.set(signatureOf(this.#keys[0], place, header.subarray(0, SIGNATURE_AT), message), SIGNATURE_AT);
    return header;
  }

  /** Who has said it and when, if it is signed with one of the keys. It may have been said before. */
  originOf(place: string, header: Buffer, message: Uint8Array): Origin | Refusal {
    if (header.length !== HEADER_BYTES || header[0] !== MARK || header[1] !== VERSION) return "unsigned";
    const signed = header.subarray(0, SIGNATURE_AT);
    const signature = header.subarray(SIGNATURE_AT);
    const isOurs = this.#keys.some((key) => timingSafeEqual(signature, signatureOf(key, place, signed, message)));
    if (!isOurs) return "forged";
    return {
      sender: header.toString("hex", SENDER_AT, SEQUENCE_AT),
      sequence: header.readUIntBE(SEQUENCE_AT, 6),
      time: header.readUIntBE(TIME_AT, 6),
    };
  }

  /** @param now when it arrived, in ms */
  isStale({ time }: Origin, now: number): boolean {
    return Math.abs(now - time) > this.#maxAgeMs;
  }

  /**
   * Why a message is not to be heard; undefined: it is, this once.
   *
   * @param now when it arrived, in ms
   */
  refuse(place: string, header: Buffer, message: Uint8Array, now: number): Refusal | undefined {
    const origin = this.originOf(place, header, message);
    if (typeof origin === "string") return origin;
    if (this.isStale(origin, now)) return "stale";
    return this.#window.isNew(origin.sender, origin.sequence, origin.time) ? undefined : "replayed";
  }

  /** The signature of something that is kept at a place, where it may be read again and again. */
  stampOf(place: string, value: string): string {
    return signatureOf(this.#keys[0], place, STAMP, Buffer.from(value)).toString("base64");
  }

  isStamped(place: string, value: string, stamp: string): boolean {
    const given = Buffer.from(stamp, "base64");
    const message = Buffer.from(value);
    return this.#keys.some((key) => {
      const expected = signatureOf(key, place, STAMP, message);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

/** In place of a header, which is longer. */
const STAMP = Buffer.from([MARK, VERSION]);

function signatureOf(key: Uint8Array, place: string, header: Uint8Array, message: Uint8Array): Buffer {
  const hmac = createHmac("sha256", key);
  hmac.update(`${Buffer.byteLength(place)}:${place}`);
  hmac.update(header);
  hmac.update(message);
  return hmac.digest();
}
