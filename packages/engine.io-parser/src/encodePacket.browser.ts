import { BASE64_MARK, bytesOf, textOf, type Packet, type RawData } from "./packet.js";

/** `String.fromCharCode` takes its characters as arguments, and engines limit how many these may be. */
const CHARACTERS_PER_CALL = 0x8000;

/** The browsers' half of a pair, see encodePacket.ts. A Blob is sent as it is where the transport carries bytes. */
export function encodePacket(packet: Packet, supportsBinary: boolean, callback: (encoded: RawData) => void): void {
  const { data } = packet;
  const isBlob = data instanceof Blob;
  if (!isBlob && !(data instanceof ArrayBuffer || ArrayBuffer.isView(data))) callback(textOf(packet));
  else if (supportsBinary) callback(data);
  else if (isBlob) readBlob(data, (bytes) => callback(BASE64_MARK + toBase64(bytes)));
  else callback(BASE64_MARK + toBase64(data));
}

export function toBase64(data: ArrayBuffer | ArrayBufferView): string {
  const bytes = bytesOf(data);
  let characters = "";
  for (let at = 0; at < bytes.length; at += CHARACTERS_PER_CALL) {
    characters += String.fromCharCode(...bytes.subarray(at, at + CHARACTERS_PER_CALL));
  }
  return btoa(characters);
}

/** What can't be read is sent as no bytes, as in Node. */
export function readBlob(blob: Blob, callback: (bytes: ArrayBuffer) => void): void {
  blob.arrayBuffer().then(callback, () => callback(new ArrayBuffer(0)));
}
