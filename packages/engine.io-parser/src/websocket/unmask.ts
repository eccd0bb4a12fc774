/**
 * Takes the client's mask off a payload, in place (RFC 6455 section 5.3). A hot path: words of 32 bits at a time where that
 * pays (16 KiB: 1.5 us, byte by byte 4.3 us).
 * @param maskAt where the four bytes of the masking key are
 * @returns whether all bytes of the payload are ASCII, which makes text of it without a look at UTF-8
 */
export function unmask(bytes: Buffer, maskAt: number, from: number, to: number): boolean {
  // A view on words costs more than a few bytes do.
  if (to - from < SHORT_BYTES) return unmaskBytes(bytes, maskAt, from, to, 0) < 0x80;
  // A view on words has to begin at a multiple of four of the memory below.
  const aligned = from + ((4 - ((bytes.byteOffset + from) & 3)) & 3);
  const words = (to - aligned) >> 2;
  const last = aligned + words * 4;
  // The words see the key turned by the bytes before them.
  for (let i = 0; i < 4; i++) KEY_BYTES[i] = bytes[maskAt + ((aligned - from + i) & 3)]!;
  const seen =
    unmaskBytes(bytes, maskAt, from, aligned, 0) |
    unmaskBytes(bytes, maskAt, last, to, last - from) |
    (unmaskWords(new Int32Array(bytes.buffer, bytes.byteOffset + aligned, words), KEY_WORD[0]!) === 0 ? 0 : 0x80);
  return seen < 0x80;
}

/** @returns all bits that occur in the payload */
function unmaskBytes(bytes: Buffer, maskAt: number, from: number, to: number, turn: number): number {
  let seen = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]! ^ bytes[maskAt + ((at - from + turn) & 3)]!;
    bytes[at] = byte;
    seen |= byte;
  }
  return seen;
}

/** @returns 0 if all bytes are ASCII */
function unmaskWords(words: Int32Array, key: number): number {
  let seen = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]! ^ key;
    words[at] = word;
    seen |= word;
  }
  return seen & 0x80808080;
}

const SHORT_BYTES = 64;
/** The key as bytes and as the word that this machine makes of them, whatever its byte order. */
const KEY_BYTES = new Uint8Array(4);
const KEY_WORD = new Int32Array(KEY_BYTES.buffer);
