import { Decoder, Encoder, PacketType } from "socket.io-parser";
import debugModule from "debug";
import type { Payload } from "./messages.js";

const debug = debugModule("socket.io-adapter");

/**
 * Values as they travel to clients: JSON with `toJSON`, and bytes beside it. So a worker hands on what it would have sent itself; what
 * cannot travel in JSON (functions, the class of an object) does not make a message fail.
 */
export function encode(value: unknown): Payload {
  return new Encoder().encode({ type: PacketType.EVENT, nsp: "/", data: ["", value] }) as unknown[];
}

/** Undefined for what makes no sense: users may emit what looks like the place of an attachment. */
export function decode(payload: Payload): unknown {
  let value: unknown;
  const decoder = new Decoder({ maxAttachments: Infinity });
  decoder.on("decoded", ({ data }) => (value = (data as unknown[])[1]));
  try {
    for (const message of payload) decoder.add(message);
  } catch (error) {
    debug("a message makes no sense: %s", error);
  }
  return value;
}
