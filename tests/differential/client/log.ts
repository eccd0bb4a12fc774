import { inspect } from "node:util";
import { StepLog } from "../log.ts";

/** Numbers the ids that an observer comes to see. */
export class Log extends StepLog {
  readonly #names = new Map<string, Map<string, string>>();

  /** A value without what is different in each run: ids and offsets are numbered as this observer comes to see them. */
  show(observer: string, value: unknown): string {
    return inspect(this.#plain(observer, value), { depth: 8, breakLength: Infinity, sorted: true });
  }

  #plain(observer: string, value: unknown): unknown {
    if (typeof value === "string") return value.length < SHORTEST_ID ? value : this.#nameOf(observer, value);
    if (typeof value === "function") return "<function>";
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Uint8Array) return `<${value.length} bytes>`;
    if (Array.isArray(value)) return value.map((member) => this.#plain(observer, member));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.#plain(observer, member)]));
  }

  #nameOf(observer: string, id: string): string {
    const names = this.#names.get(observer) ?? new Map<string, string>();
    this.#names.set(observer, names);
    const name = names.get(id) ?? `<id ${names.size}>`;
    names.set(id, name);
    return name;
  }
}

/** Texts of programs are shorter. */
const SHORTEST_ID = 7;
