import { DecodeError } from "./errors.js";
import type { PacketType } from "./packet.js";

/** What a peer may make a decoder take. */
export interface Limits {
  /** True if this JSON can be no payload of a packet of that type: most of what is wrong is refused without parsing it. */
  isHopeless(type: PacketType, json: string): boolean;

  /**
   * Looks at `value`, which was parsed from `json`.
   * @throws RangeError with the code `ERR_TOO_DEEP` if it is nested deeper than {@link MAX_DEPTH}
   */
  checkDepth(json: string, value: unknown): void;

  /**
   * The bytes of attachments together, once there is one more.
   * @throws DecodeError if that is more than they may have
   */
  grow(bytes: number, attachment: unknown, maxBytes?: number): number;
}

/** With what the JSON of each type can begin. */
const OPENERS = ["{", "", "[", "[", '{"'];

function isHopeless(type: PacketType, json: string): boolean {
  return json !== "" && !OPENERS[type]!.includes(json[0]!);
}

/**
 * How deep the arrays and objects of a received packet may be nested. JSON.parse takes a million levels, but whoever walks
 * the result by recursion, JSON.stringify and our own encoder included, runs out of stack at some thousands: an application
 * that passes on what it received would fall over.
 */
const MAX_DEPTH = 1000;

function checkDepth(json: string, value: unknown): void {
  // Each level takes two characters, and one that opens it: most packets are cleared without looking into them.
  if (json.length <= 2 * MAX_DEPTH || countOpeners(json) <= MAX_DEPTH || !exceeds(value, MAX_DEPTH)) return;
  throw Object.assign(new RangeError(`nested deeper than ${MAX_DEPTH} levels`), { code: "ERR_TOO_DEEP" });
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

function grow(before: number, attachment: unknown, maxBytes = Infinity): number {
  const { byteLength, size } = attachment as { byteLength?: number; size?: number };
  const bytes = before + (byteLength ?? size ?? 0);
  if (bytes > maxBytes) throw new DecodeError(`attachments of ${bytes} bytes exceed maxAttachmentBytes (${maxBytes})`);
  return bytes;
}

/** Undefined in browsers. */
export const limits: Limits | undefined = { isHopeless, checkDepth, grow };
