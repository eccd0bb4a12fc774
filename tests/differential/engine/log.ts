import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { StepLog } from "../log.ts";

/** Leaves out the ids of sessions, and how many an application has made. */
export class Log extends StepLog {
  readonly #muted = new Map<string, RegExp>();

  /** From now on nothing is noted of observers that this fits, until it is unmuted. */
  mute(why: string, pattern: RegExp): void {
    this.#muted.set(why, pattern);
  }

  unmute(why: string): void {
    this.#muted.delete(why);
  }

  override add(observer: string, text: string): void {
    for (const pattern of this.#muted.values()) if (pattern.test(observer)) return;
    super.add(
      observer,
      text.length > 1e5 ? digestOf(text) : brief(text.replaceAll(ID, "<id>").replaceAll(OWN_ID, "$1")),
    );
  }
}

/** More than this of a text nobody reads. */
const SHOWN_CHARACTERS = 1000;

function brief(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS / 2)}… (${text.length}, ${digestOf(text)})`;
}

function digestOf(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 8);
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
  if (Buffer.isBuffer(value) && value.length > SHOWN_CHARACTERS) return `Buffer ${value.length}, ${digestOf(value)}`;
  if (Buffer.isBuffer(value)) return `Buffer ${value.toString("hex")}`;
  return inspect(value, { depth: 6, breakLength: Infinity, sorted: true });
}
