import { inspect } from "node:util";

/** A value as it stands in a program: JSON, and what `$` names. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain }
  | { readonly $: Special };

export type Special =
  | "bytes"
  | "no bytes"
  | "view"
  | "buffer"
  | "undefined"
  | "date"
  | "bigint"
  | "function"
  | "map"
  | "json"
  | "nan";

export const SPECIALS: Readonly<Record<Special, () => unknown>> = {
  bytes: () => Buffer.from([1, 2, 3]),
  "no bytes": () => Buffer.alloc(0),
  view: () => new Uint8Array([0, 7, 8, 9]).subarray(1),
  buffer: () => new Uint8Array([4, 5]).buffer,
  undefined: () => undefined,
  date: () => new Date(0),
  bigint: () => 1n,
  function: () => () => {},
  map: () => new Map([["a", 1]]),
  json: () => ({ toJSON: () => ({ was: Buffer.from([6]) }) }),
  nan: () => Number.NaN,
};

/** A new value each time: both makers may write into it. */
export function real(plain: Plain): unknown {
  if (typeof plain !== "object" || plain === null) return plain;
  if (Array.isArray(plain)) return plain.map(real);
  const { $ } = plain as { $?: Special };
  if ($ !== undefined) return SPECIALS[$]();
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, real(value)]));
}

/** What an observer writes down of a value. */
export function written(value: unknown): string {
  if (typeof value === "function") return "function";
  if (value instanceof Error) {
    const { data, responses } = value as { data?: unknown; responses?: unknown };
    const more = [
      data === undefined ? "" : ` data ${written(data)}`,
      responses === undefined ? "" : ` responses ${written(responses)}`,
    ];
    return `${value.constructor.name}: ${value.message}${more.join("")}`;
  }
  return inspect(value, { depth: 12, breakLength: Infinity, maxArrayLength: null });
}
