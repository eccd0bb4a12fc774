// The browsers' half of a pair, see errors.ts: the text says what a page can use.
export const DecodeError = Error;

export function unknownType(chunk: unknown): Error {
  return TypeError(`Unknown type: ${String(chunk)}`);
}
