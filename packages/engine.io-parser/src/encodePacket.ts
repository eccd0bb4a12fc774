import { asBinaryType } from "./decodePacket.js";
import { BASE64_MARK, SEPARATOR, textOf, type Packet, type RawData } from "./packet.js";

/**
 * Encodes one packet. Hot path. `callback` is called before this returns, unless `data` is a Blob that has to be read first.
 * Bytes are handed on as they are, or as text, "b" + base64, where the transport can't carry them.
 *
 * Node's half of a pair: builds for browsers take encodePacket.browser.ts instead (row E-94).
 */
export function encodePacket(packet: Packet, supportsBinary: boolean, callback: (encoded: RawData) => void): void {
  const encoded = encodeNow(packet, supportsBinary);
  if (encoded !== null) callback(encoded);
  else void readBlob(packet.data as Blob).then((bytes) => callback(encodeBlob(bytes, supportsBinary)));
}

/**
 * Encodes packets, each as {@link encodePacket} does. `callback` is called before this returns unless a Blob has to be read
 * first; for no packets it is not called at all.
 */
export function encodePackets(
  packets: readonly Packet[],
  supportsBinary: boolean,
  callback: (encoded: RawData[]) => void,
): void {
  const encoded = packets.map((packet) => encodeNow(packet, supportsBinary));
  if (encoded.includes(null)) {
    const all = packets.map(
      async ({ data }, at) => encoded[at] ?? encodeBlob(await readBlob(data as Blob), supportsBinary),
    );
    void Promise.all(all).then(callback);
  } else if (encoded.length > 0) callback(encoded);
}

/** Encodes several packets into the body of one polling request or answer, as {@link encodePackets}. Hot path of servers. */
export function encodePayload(packets: readonly Packet[], callback: (payload: string) => void): void {
  let payload = "";
  for (let at = 0; at < packets.length; at++) {
    const encoded = encodeNow(packets[at]!, false) as string | null;
    if (encoded === null) return encodePackets(packets, false, (texts) => callback(texts.join(SEPARATOR)));
    payload = at === 0 ? encoded : payload + SEPARATOR + encoded;
  }
  if (packets.length > 0) callback(payload);
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
export function readBlob(blob: Blob): Promise<ArrayBuffer> {
  return blob.arrayBuffer().catch(() => new ArrayBuffer(0));
}

/** Null for a Blob, which has to be read first. */
function encodeNow(packet: Packet, supportsBinary: boolean): RawData | null {
  const { data } = packet;
  if (typeof data === "object" && data !== null) {
    // Bytes always are a message; their place in a binary frame says so (protocols.md 1.5).
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
      return supportsBinary ? data : BASE64_MARK + toBase64(data);
    }
    if (data instanceof Blob) return null;
  }
  return textOf(packet);
}

function encodeBlob(bytes: ArrayBuffer, supportsBinary: boolean): RawData {
  return supportsBinary ? asBinaryType(bytes) : BASE64_MARK + toBase64(bytes);
}
