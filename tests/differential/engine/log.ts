import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { StepLog } from "../log.ts";

/** Leaves out the ids of sessions, and how many an application has made. */
export class Log extends StepLog {
  #isMuted = (_observer: string): boolean => false;

  /** From now on nothing is noted of those that these patterns fit. */
  mute(patterns: readonly RegExp[]): void {
    this.#isMuted = (observer) => patterns.some((pattern) => pattern.test(observer));
  }

  override add(observer: string, text: string): void {
    if (this.#isMuted(observer)) return;
    super.add(observer, brief(text.replaceAll(ID, "<id>").replaceAll(OWN_ID, "$1")));
  }
}

/** More than this of a text nobody reads. */
const SHOWN_CHARACTERS = 1000;

function brief(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${text.slice(0, SHOWN_CHARACTERS / 2)}… (${text.length}, ${digest})`;
}

/** Ids of sessions, as both makers make them. Texts of programs are shorter. */
const ID = /(?<![\w-])[\w-]{20}(?![\w-])/g;

/** Those of applications; where a server is closed one more is asked for here, in vain. */
const OWN_ID = /(own-\w+)-\d+/g;

/** A value as it is noted: of errors the text, of bytes their kind and content. */
export function shown(value: unknown): string {
  if (value instanceof Error) {
    // Not the description: it is in the words of its maker.
    const { type, code } = value as { type?: unknown; code?: unknown };
    return `${value.name}: ${value.message} ${inspect({ type, code })}`;
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${Buffer.from(value).toString("hex")}`;
  if (Buffer.isBuffer(value)) return `Buffer ${value.toString("hex")}`;
  return inspect(value, { depth: 6, breakLength: Infinity, sorted: true });
}
