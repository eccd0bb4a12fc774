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
  | "nan"
  | "infinity"
  | "negative zero"
  | "data view"
  | "floats"
  | "set"
  | "symbol"
  | "error"
  | "regexp"
  | "class"
  | "bare"
  | "sparse"
  | "surrogate"
  | "long text"
  | "placeholder"
  | "names"
  | "getter"
  | "bytes in a map"
  | "undefined member"
  | "json of undefined"
  | "deep bytes"
  | "the same twice";

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
  infinity: () => -Infinity,
  "negative zero": () => -0,
  "data view": () => new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1, 2),
  floats: () => new Float64Array([0.5, -1]),
  set: () => new Set([1, Buffer.from([1])]),
  symbol: () => Symbol("s"),
  error: () => Object.assign(new Error("not sent"), { code: 3 }),
  regexp: () => /x/g,
  class: () => new Point(),
  bare: () => Object.assign(Object.create(null) as object, { bytes: Buffer.from([5]) }),
  // oxlint-disable-next-line no-sparse-arrays -- as programs may have them
  sparse: () => [1, , Buffer.from([1]), , 2],
  surrogate: () => "\ud800x",
  "long text": () => "0123456789".repeat(700),
  placeholder: () => ({ _placeholder: true, num: 0 }),
  names: () => ({ constructor: [2], hasOwnProperty: 1, "": Buffer.from([1]) }),
  getter: () => ({
    get now() {
      return Buffer.from([9]);
    },
  }),
  "bytes in a map": () => new Map([["a", Buffer.from([1])]]),
  "undefined member": () => ({ a: undefined, b: [undefined, () => {}] }),
  "json of undefined": () => ({ toJSON: () => undefined }),
  "deep bytes": () => ({ a: [{ b: [[Buffer.from([1])], new Uint8Array([2])] }], c: new ArrayBuffer(1) }),
  "the same twice": () => {
    const bytes = Buffer.from([7]);
    const shared = { bytes };
    return [bytes, shared, shared];
  },
};

class Point {
  readonly x = Buffer.from([1]);
  readonly #y = 2;
  get y(): number {
    return this.#y;
  }
}

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
    // Of msgpack parsers, whose errors are of other classes, too.
    if (value.message.startsWith("Could not encode")) return "could not be encoded";
    const { data, responses } = value as { data?: unknown; responses?: unknown };
    const more = [
      data === undefined ? "" : ` data ${written(data)}`,
      responses === undefined ? "" : ` responses ${written(responses)}`,
    ];
    return `${value.constructor.name}: ${value.message}${more.join("")}`;
  }
  return inspect(value, { depth: 12, breakLength: Infinity, maxArrayLength: null });
}

/** What msgpack parsers encode in another way, on purpose: views (9.2, 13); upstream's makes other characters of halves of a pair. And what they refuse. */
const NOT_FOR_MSGPACK: ReadonlySet<string> = new Set<Special>([
  ...(["view", "data view", "surrogate"] as const),
  ...(["function", "symbol", "undefined member", "bigint"] as const),
]);

/** A part of a program without such values. */
export function forMsgpack<T>(plain: T): T {
  const isLeftOut = (value: unknown): boolean => NOT_FOR_MSGPACK.has((value as { $?: string } | null)?.$ ?? "");
  const others = JSON.stringify(plain, (_key, value: unknown) => (isLeftOut(value) ? { $: "bytes" } : value));
  return JSON.parse(others) as T;
}
