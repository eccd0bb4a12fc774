import { asBinaryType } from "./decodePacket.js";
import { BASE64_MARK, textOf, type Packet, type RawData } from "./packet.js";

/**
 * Encodes one packet. Hot path. `callback` is called before this returns, unless `data` is a Blob that has to be read first.
 * Bytes are handed on as they are, or as text, "b" + base64, where the transport can't carry them.
 *
 * Node's half of a pair: builds for browsers take encodePacket.browser.ts instead (row E-94).
 */
export function encodePacket(packet: Packet, supportsBinary: boolean, callback: (encoded: RawData) => void): void {
  const { data } = packet;
  if (typeof data === "object" && data !== null) {
    // Bytes always are a message; their place in a binary frame says so (protocols.md 1.5).
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
      return callback(supportsBinary ? data : BASE64_MARK + toBase64(data));
    }
    if (data instanceof Blob) {
      return readBlob(data, (bytes) => callback(supportsBinary ? bytes : BASE64_MARK + toBase64(bytes)));
    }
  }
  callback(textOf(packet));
}

export function toBase64(bytes: ArrayBuffer | ArrayBufferView): string {
  const buffer = ArrayBuffer.isView(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(bytes);
  return buffer.toString("base64");
}

/**
 * A Blob that can't be read (its file is gone) is sent as no bytes: the peer waits for exactly as many attachments as were
 * announced, and the session for this callback.
 */
export function readBlob(blob: Blob, callback: (bytes: RawData) => void): void {
  blob.arrayBuffer().then(
    (bytes) => callback(asBinaryType(bytes)),
    () => callback(asBinaryType(new ArrayBuffer(0))),
  );
}
