/** `String.fromCharCode` takes its characters as arguments, and engines limit how many these may be. */
const CHARACTERS_PER_CALL = 0x8000;

/** The browsers' half of a pair: Node takes base64.ts instead. */
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

/** The bytes of a base64 text, or null if it is none. */
export function fromBase64(text: string): Uint8Array | null {
  let characters: string;
  try {
    characters = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
  return bytes;
}
