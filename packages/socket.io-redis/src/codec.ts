import { decode } from "socket.io-msgpack-parser/build/codec/decode.js";
import { encode } from "socket.io-msgpack-parser/build/codec/encode.js";

/** Writes and reads what travels between servers. */
export interface Codec {
  // eslint-disable-next-line typescript/no-explicit-any -- whatever users emit
  encode(value: any): Uint8Array;
  // eslint-disable-next-line typescript/no-explicit-any -- whatever other servers have sent
  decode(bytes: Uint8Array): any;
}

/**
 * MessagePack. Written in the forms of notepack 2, which servers of all makes read; those of notepack 3 are read as well
 * (protocols.md 6.1, "Version differences").
 */
export const codec: Codec = { encode, decode };
