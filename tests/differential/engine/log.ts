import { inspect } from "node:util";
import { StepLog } from "../log.ts";

/** Leaves out the ids of sessions, and how many an application has made. */
export class Log extends StepLog {
  override add(observer: string, text: string): void {
    super.add(observer, text.replaceAll(ID, "<id>").replaceAll(OWN_ID, "$1"));
  }
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
