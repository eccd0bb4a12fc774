import debugModule from "debug";
import type { Decoder, Encoder, Packet } from "socket.io-parser";

/** The parser itself logs nothing: it is part of bundles for browsers. Costs nothing unless it was on from the start. */
const debug = debugModule("socket.io-parser");

/** @returns the encoder */
export function traceEncoder(encoder: Encoder): Encoder {
  if (!debug.enabled) return encoder;
  const encode = encoder.encode.bind(encoder);
  return Object.assign(encoder, {
    encode(packet: Packet) {
      debug("encoding %o", packet);
      return encode(packet);
    },
  });
}

/** Call before others listen. */
export function traceDecoder(decoder: Decoder): void {
  if (debug.enabled) decoder.on("decoded", (packet: Packet) => debug("decoded %o", packet));
}
