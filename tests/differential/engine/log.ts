import { inspect } from "node:util";

/** What was seen while a program ran, by step and by who saw it: each hears its own things in order. */
export class Log {
  readonly steps: Record<string, string[]>[] = [];
  /** Grows with each entry. */
  length = 0;
  #isOver = false;

  begin(): void {
    this.steps.push({});
  }

  /** From now on nothing is noted. */
  end(): void {
    this.#isOver = true;
  }

  add(observer: string, text: string): void {
    if (this.#isOver) return;
    this.length++;
    (this.steps.at(-1)![observer] ??= []).push(text.replaceAll(ID, "<id>"));
  }
}

/** Ids of sessions, as both makers make them. Texts of programs are shorter. */
const ID = /(?<![\w-])[\w-]{20}(?![\w-])/g;

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
