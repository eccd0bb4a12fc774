import type { Packet } from "./packet.js";
import { PacketWriter } from "./packet-writer.js";

/** Turns packets into text and attachments (protocols.md 3.2). */
export class Encoder extends PacketWriter {
  // `any[]`: see packet-writer.ts.
  /** What never ends, or not in time, is the caller's mistake as any other that JSON has no form for. */
  override encode(packet: Packet): any[] /* oxlint-disable-line typescript/no-explicit-any */ {
    try {
      return super.encode(packet);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new TypeError("a packet must not contain itself, nor be nested so deep", { cause: error });
    }
  }
}
