import type { Replacer } from "./packet-writer.js";

/** Of texts from this length on it pays to ask first whether anything in them needs an escape: `JSON.stringify` takes each character by itself. */
const LONG = 2048;

/** Events have few arguments; nobody looks through a long list for one long text. */
const MAX_VALUES = 16;

/** So many characters tell what a text is written in. */
const SAMPLES = 16;

/** What JSON escapes, besides halves of surrogate pairs; what is most frequent first. */
const ESCAPED: readonly string[] = [
  "\n",
  '"',
  "\\",
  ...Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)),
];

/**
 * What JSON.stringify would say of a list of plain values with a long text among them; undefined for anything else, which has to be asked. Three
 * times as fast for texts in ASCII that need no escapes, as Base64 is.
 */
export function writeLongTexts(data: unknown, replacer: Replacer | undefined): string | undefined {
  if (replacer !== undefined || !Array.isArray(data) || !hasLongText(data)) return undefined;
  // No method of anybody's may have a say in how it is written.
  if ("toJSON" in data || data.some(isObject)) return undefined;
  return `[${Array.from(data, write).join()}]`;
}

/** Hot path: asked of every packet. */
function hasLongText(data: readonly unknown[]): boolean {
  if (data.length > MAX_VALUES) return false;
  for (let at = 0; at < data.length; at++) if (isLong(data[at])) return true;
  return false;
}

function isLong(value: unknown): value is string {
  return typeof value === "string" && value.length >= LONG;
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function" || typeof value === "bigint";
}

function write(value: unknown): string {
  if (isLong(value) && needsNoEscape(value)) return `"${value}"`;
  return JSON.stringify(value) ?? "null";
}

/** Browsers' code, which is compiled with the same library, has to do without. */
type Es2024String = string & { isWellFormed(): boolean };

function needsNoEscape(text: string): boolean {
  return (
    isLatin(text) && !ESCAPED.some((character) => text.includes(character)) && (text as Es2024String).isWellFormed()
  );
}

/** False for most texts in other scripts, in which each search would stop at every other character. */
function isLatin(text: string): boolean {
  for (let at = 0; at < text.length; at += Math.ceil(text.length / SAMPLES))
    if (text.charCodeAt(at) > 0xff) return false;
  return true;
}
