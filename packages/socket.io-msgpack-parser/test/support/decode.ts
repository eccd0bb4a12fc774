import { Decoder } from "socket.io-msgpack-parser";
import type { Packet } from "socket.io-parser";

/** The packet that a message is. */
export function decode(message: unknown): Packet {
  const decoder = new Decoder();
  let decoded: Packet | undefined;
  decoder.on("decoded", (packet) => (decoded = packet));
  decoder.add(message);
  return decoded!;
}
