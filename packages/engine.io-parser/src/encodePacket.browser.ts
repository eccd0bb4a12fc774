import { BASE64_MARK, bytesOf, SEPARATOR, textOf, type Packet, type RawData } from "./packet.js";

/** `String.fromCharCode` takes its characters as arguments, and engines limit how many these may be. */
const CHARACTERS_PER_CALL = 0x8000;

/** The browsers' half of a pair, see encodePacket.ts. A Blob is sent as it is where the transport carries bytes. */
export function encodePacket(packet: Packet, supportsBinary: boolean, callback: (encoded: RawData) => void): void {
  encodePackets([packet], supportsBinary, ([encoded]) => callback(encoded));
}

/** See encodePacket.ts. */
export function encodePackets(
  packets: readonly Packet[],
  supportsBinary: boolean,
  callback: (encoded: RawData[]) => void,
): void {
  const encoded = packets.map((packet) => encodeNow(packet, supportsBinary));
  if (encoded.some(isPromise)) void Promise.all(encoded).then(callback);
  else if (encoded.length > 0) callback(encoded);
}

/** See encodePacket.ts. */
export function encodePayload(packets: readonly Packet[], callback: (payload: string) => void): void {
  encodePackets(packets, false, (texts) => callback(texts.join(SEPARATOR)));
}

export function toBase64(data: ArrayBuffer | ArrayBufferView): string {
  const bytes = bytesOf(data);
  let characters = "";
  for (let at = 0; at < bytes.length; at += CHARACTERS_PER_CALL) {
    // Spread would take three times as long. (Any list of numbers will do, but the types want an Array.)
    characters += String.fromCharCode.apply(null, bytes.subarray(at, at + CHARACTERS_PER_CALL) as unknown as number[]);
  }
  return btoa(characters);
}

/** What can't be read is sent as no bytes, as in Node. */
export function readBlob(blob: Blob): Promise<ArrayBuffer> {
  return blob.arrayBuffer().catch(() => new ArrayBuffer(0));
}

/** A promise for a Blob that has to be read first. */
function encodeNow(packet: Packet, supportsBinary: boolean): RawData | Promise<string> {
  const { data } = packet;
  const isBlob = data instanceof Blob;
  if (!isBlob && !(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) return textOf(packet);
  if (supportsBinary) return data;
  return isBlob ? readBlob(data).then(asText) : asText(data);
}

function isPromise(encoded: unknown): boolean {
  return encoded instanceof Promise;
}

function asText(bytes: ArrayBuffer | ArrayBufferView): string {
  return BASE64_MARK + toBase64(bytes);
}
