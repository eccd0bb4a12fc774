import type { Packet } from "socket.io-parser";
import { encode } from "./codec/encode.js";

/** Turns packets into MessagePack (row A-13). */
export class Encoder {
  /**
   * One message for the packet, whatever it holds: a map with the packet's own members.
   * @throws TypeError if `data` holds what MessagePack has no form for (a BigInt, a symbol, a function in an array, a Blob), a
   * circle, or nesting too deep
   */
  encode(packet: Packet): Uint8Array[] {
    return [encode(packet)];
  }
}
