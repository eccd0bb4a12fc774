import { StepLog } from "../log.ts";
import { written } from "../server/values.ts";

/** Knows what sockets are called, whose ids are different in each run. */
export class Log extends StepLog {
  readonly #names = new Map<string, string>();

  name(id: string, name: string): void {
    this.#names.set(id, name);
  }

  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** A value with the names of sockets in place of their ids. */
  show(value: unknown): string {
    return written(this.#plain(value));
  }

  /** In the order of what they look like: of answers, say, of which each comes when it comes. */
  showSet(values: Iterable<unknown>): string {
    return [...values]
      .map((value) => this.show(value))
      .toSorted()
      .join(" | ");
  }

  #plain(value: unknown): unknown {
    if (typeof value === "string") return this.nameOf(value);
    if (Array.isArray(value)) return value.map((member) => this.#plain(member));
    if (typeof value !== "object" || value === null) return value;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.#plain(member)]));
  }
}

/** A value as it leaves for a client: of what came from another server, listeners see other forms (docs/status.md). */
export function asSent(value: unknown): unknown {
  if (value === undefined || Number.isNaN(value)) return null;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(asSent);
  if (typeof value !== "object" || value === null) return value;
  const { toJSON } = value as { toJSON?: () => unknown };
  if (typeof toJSON === "function") return asSent(toJSON.call(value));
  const entries = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(entries.map(([key, member]) => [key, asSent(member)]));
}

/** With recovery the last argument is where the event lies in the stream. */
export const withoutOffset = (value: unknown): unknown =>
  typeof value === "string" && /^\d+-\d+$/.test(value) ? "an offset" : value;
