import { BASE64_MARK, textOf, type Packet, type RawData } from "./packet.js";

/** `String.fromCharCode` takes its characters as arguments, and engines limit how many these may be. */
const CHARACTERS_PER_CALL = 0x8000;

/** The browsers' half of a pair, see encodePacket.ts. A Blob is sent as it is where the transport carries bytes. */
export function encodePacket(packet: Packet, supportsBinary: boolean, callback: (encoded: RawData) => void): void {
  const encoded = encodeNow(packet, supportsBinary);
  if (encoded !== null) callback(encoded);
  else readBlob(packet.data as Blob, (bytes) => callback(BASE64_MARK + toBase64(bytes)));
}

/** Null for a Blob that has to be read first. */
export function encodeNow(packet: Packet, supportsBinary: boolean): RawData | null {
  const { data } = packet;
  if (typeof data === "object" && data !== null) {
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
      return supportsBinary ? data : BASE64_MARK + toBase64(data);
    }
    if (typeof Blob === "function" && data instanceof Blob) return supportsBinary ? data : null;
  }
  return textOf(packet);
}

export function toBase64(bytes: ArrayBuffer | ArrayBufferView): string {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  let characters = "";
  for (let at = 0; at < view.length; at += CHARACTERS_PER_CALL) {
    characters += String.fromCharCode(...view.subarray(at, at + CHARACTERS_PER_CALL));
  }
  return btoa(characters);
}

/** What can't be read is sent as no bytes, as in Node. */
function readBlob(blob: Blob, callback: (bytes: ArrayBuffer) => void): void {
  blob.arrayBuffer().then(callback, () => callback(new ArrayBuffer(0)));
}
