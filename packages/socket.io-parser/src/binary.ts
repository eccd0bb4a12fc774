import { DecodeError } from "./errors.js";

/** What stands in the JSON for an attachment (protocols.md 3.5). */
interface Placeholder {
  _placeholder: true;
  num: number;
}

/** True for everything that travels as an attachment: ArrayBuffer, any view of one, Blob and File. */
export function isBinary(value: unknown): boolean {
  // By tag, since buffers and files may come from another window or vm context.
  return ArrayBuffer.isView(value) || / (ArrayBuffer|Blob|File)]/.test(tagOf(value));
}

/** What `value` says that it is, whatever it can do. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/**
 * Takes the attachments out of `value`, depth first, in the order of arrays and own keys. Hot path: one walk, and nothing is
 * copied unless there is binary. The result is `value` itself if it holds none, else a copy with placeholders: the caller's
 * object stays as it is.
 *
 * @param chunks where they are put, behind the text of the packet
 */
export function extractAttachments(value: unknown, chunks: unknown[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const isArray = Array.isArray(value);
  // A plain object is nothing special, and by far the most frequent.
  if (!isArray && Object.getPrototypeOf(value) !== Object.prototype) {
    if (isBinary(value)) return { _placeholder: true, num: chunks.push(value) - 2 } satisfies Placeholder;
    if (value instanceof Date) return value;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") {
    const replaced: unknown = toJSON.call(value);
    const before = chunks.length;
    if (replaced !== value) {
      const extracted = extractAttachments(replaced, chunks);
      // Without binary in it, it is left to JSON.stringify, which asks `toJSON` by itself.
      return chunks.length === before ? value : extracted;
    }
  }
  let copy: unknown[] | Record<string, unknown> | undefined;
  if (isArray) {
    for (let at = 0; at < value.length; at++) {
      const item: unknown = value[at];
      if (typeof item !== "object" || item === null) continue;
      const extracted = extractAttachments(item, chunks);
      if (extracted !== item) ((copy ??= value.slice()) as unknown[])[at] = extracted;
    }
  } else {
    for (const key in value) {
      // Not Object.hasOwn: inside for-in, engines know this one to be true for most keys, and it takes a third of the time.
      // oxlint-disable-next-line prefer-object-has-own
      if (!Object.prototype.hasOwnProperty.call(value, key)) continue;
      const item = (value as Record<string, unknown>)[key];
      if (typeof item !== "object" || item === null) continue;
      const extracted = extractAttachments(item, chunks);
      if (extracted !== item) ((copy ??= { ...value }) as Record<string, unknown>)[key] = extracted;
    }
  }
  return copy ?? value;
}

/**
 * Puts the attachments in the place of their placeholders. In place: `data` came out of JSON.parse and belongs to us. An
 * attachment may be used several times or never (protocols.md 3.5).
 */
export function insertAttachments(data: unknown, attachments: readonly unknown[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  const { _placeholder, num } = data as Partial<Placeholder>;
  if (_placeholder === true) {
    // Attachments are objects: what is none has no index among them.
    if (typeof num === "number" && attachments[num]) return attachments[num];
    throw new DecodeError("illegal attachments");
  }
  if (Array.isArray(data)) for (let at = 0; at < data.length; at++) data[at] = insertAttachments(data[at], attachments);
  else {
    const object = data as Record<string, unknown>;
    // JSON.parse makes "__proto__" an own property, and an own property is what an assignment then sets.
    for (const key of Object.keys(object)) {
      const value = object[key];
      if (typeof value === "object") object[key] = insertAttachments(value, attachments);
    }
  }
  return data;
}
