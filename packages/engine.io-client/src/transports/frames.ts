import { type BinaryType, decodePacket, type Packet } from "engine.io-parser";

/**
 * Reads the packets of a WebTransport stream until it ends (protocols.md 1.12). The first error packet is the last: what follows it
 * is ignored. The server reads with `FrameDecoder`, which also stands peers that only announce; a page chose its server, and
 * `maxPayload` is enough.
 *
 * @param maxPayload longest payload that is read, in bytes
 */
export async function readFrames(
  stream: ReadableStream<Uint8Array>,
  maxPayload: number,
  binaryType: BinaryType,
  onPacket: (packet: Packet) => void,
): Promise<void> {
  const reader = stream.getReader();
  // Not when the module is loaded: React Native and Jest's DOM, which know no WebTransport either, may have none.
  const textDecoder = new TextDecoder();
  let chunk = new Uint8Array();
  /** As many bytes; undefined at the end of the stream. */
  const read = async (count: number): Promise<Uint8Array | undefined> => {
    const bytes = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      if (chunk.length === 0) {
        const { value } = await reader.read();
        if (!value) return;
        chunk = value as Uint8Array<ArrayBuffer>;
      }
      const part = chunk.subarray(0, count - filled);
      bytes.set(part, filled);
      filled += part.length;
      chunk = chunk.subarray(part.length);
    }
    return bytes;
  };
  for (let first, packet: Packet | undefined; packet?.type !== "error" && (first = await read(1));) {
    let length = first[0]! & 0x7f;
    // Longer ones follow in 2 bytes, or in 8.
    if (length > 125) length = (await read(length === 126 ? 2 : 8))!.reduce((sum, byte) => sum * 0x100 + byte, 0);
    const payload = length > maxPayload ? new Uint8Array() : (await read(length))!;
    // Bit 7 marks bytes. Of a frame without any, both kinds are an error.
    packet = decodePacket(first[0]! > 0x7f && payload.length ? payload : textDecoder.decode(payload), binaryType);
    onPacket(packet);
  }
}
