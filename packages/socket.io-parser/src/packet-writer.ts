import { extractAttachments } from "./binary.js";
import { writeLongTexts } from "./long-texts.js";
import { PacketType, type Packet } from "./packet.js";

/** As the second argument of JSON.stringify. */
// `any`: the signature that TypeScript's own library gives it.
export type Replacer = (this: any, key: string, value: any) => any; // oxlint-disable-line typescript/no-explicit-any

/** Writes packets as text and attachments (protocols.md 3.2). What an `Encoder` is in browsers. */
export class PacketWriter {
  declare private readonly _replacer: Replacer | undefined;

  /** @param replacer as the second argument of JSON.stringify; it sees placeholders where attachments were */
  constructor(replacer?: Replacer) {
    this._replacer = replacer;
  }

  /**
   * The text of a packet, then its attachments: an EVENT or ACK with binary anywhere in `data` becomes a BINARY_EVENT or
   * BINARY_ACK. The packet itself is not changed.
   * @throws TypeError if `data` can't be written as JSON: a BigInt, a circle, or nesting too deep (in browsers a RangeError for the last two)
   */
  // `any[]`, as upstream: what is binary differs from platform to platform (row A-3).
  encode({ type, nsp, id, data }: Packet): any[] /* oxlint-disable-line typescript/no-explicit-any */ {
    const chunks: unknown[] = [""];
    if (type === PacketType.EVENT || type === PacketType.ACK) data = extractAttachments(data, chunks);
    const count = chunks.length - 1;
    // The binary kinds are the third ones after their plain ones.
    let text = count > 0 ? `${type + 3}${count}-` : `${type}`;
    if (nsp && nsp !== "/") text += `${nsp},`;
    if (id !== undefined && id !== null) text += id;
    if (data !== undefined && data !== null) {
      text += writeLongTexts?.(data, this._replacer) ?? JSON.stringify(data, this._replacer);
    }
    chunks[0] = text;
    return chunks;
  }
}
