import { Decoder, type DecoderOptions, type Packet } from "socket.io-parser";

/** A decoder, and what has come out of it. */
export function startDecoder(options?: DecoderOptions): { decoder: Decoder; packets: Packet[] } {
  const decoder = new Decoder(options);
  const packets: Packet[] = [];
  decoder.on("decoded", (packet) => packets.push(packet));
  return { decoder, packets };
}

/** What comes out of a decoder that is given these messages. */
export function decodeAll(messages: readonly unknown[], options?: DecoderOptions): Packet[] {
  const { decoder, packets } = startDecoder(options);
  for (const message of messages) decoder.add(message);
  return packets;
}
