/** What a peer may make a decoder take. */
export interface Limits {
  isTooDeep(json: string, value: unknown): boolean;
  describeExcess(bytes: number, maxBytes: number): string;
  sizeOf(attachment: unknown): number;
}

/**
 * How deep the arrays and objects of a received packet may be nested. JSON.parse takes a million levels, but whoever walks
 * the result by recursion, JSON.stringify and our own encoder included, runs out of stack at some thousands: an application
 * that passes on what it received would fall over.
 */
const MAX_DEPTH = 1000;

/** True if `value`, parsed from `json`, is nested deeper than {@link MAX_DEPTH}. */
function isTooDeep(json: string, value: unknown): boolean {
  // Each level takes two characters, and one that opens it: most packets are cleared without looking into them.
  return json.length > 2 * MAX_DEPTH && countOpeners(json) > MAX_DEPTH && exceeds(value, MAX_DEPTH);
}

/** The number of opening brackets, or some number above {@link MAX_DEPTH}. */
function countOpeners(json: string): number {
  let count = 0;
  for (const opener of ["[", "{"]) {
    for (let at = json.indexOf(opener); at !== -1 && count <= MAX_DEPTH; at = json.indexOf(opener, at + 1)) count++;
  }
  return count;
}

function exceeds(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (exceeds(item, levels - 1)) return true;
    }
    return false;
  }
  // No check for own keys: JSON.parse makes plain objects only.
  for (const key in value) {
    if (exceeds((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
}

/** What to say of attachments of so many bytes together; nothing if they may have them. */
function describeExcess(bytes: number, maxBytes: number): string {
  return bytes > maxBytes ? `attachments of ${bytes} bytes exceed maxAttachmentBytes (${maxBytes})` : "";
}

/** Bytes of one attachment. */
function sizeOf(attachment: unknown): number {
  const { byteLength, size } = attachment as { byteLength?: number; size?: number };
  return byteLength ?? size ?? 0;
}

/** Undefined in browsers. */
export const limits: Limits | undefined = { isTooDeep, describeExcess, sizeOf };
