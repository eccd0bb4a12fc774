import fc from "fast-check";

/* What inputs of several fuzzers are made of. */

export const bytes = (maxLength = 40): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((value) => Buffer.from(value));

/** Any text that UTF-8 can write. */
export const text = (maxLength = 20): fc.Arbitrary<string> => fc.string({ unit: "binary", maxLength });

const scalar = fc.oneof(
  text(),
  fc.integer(),
  // Neither JSON nor a deep comparison keeps the sign of a zero.
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
  fc.constantFrom(true, false, null),
);

/** What users send: JSON with bytes at any depth. Never a placeholder, which on the wire would be one of an attachment. */
export const { userValue } = fc.letrec<{ userValue: unknown }>((tie) => ({
  userValue: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    bytes(),
    fc.array(tie("userValue"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("toString", "length")), tie("userValue"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
}));

/** A change of a text or of bytes: at a place, counted from the end if there are fewer, so many give way to others. */
export interface Change<Inserted> {
  readonly at: number;
  readonly remove: number;
  readonly insert: Inserted;
}

export function changes<Inserted>(insert: fc.Arbitrary<Inserted>, maxLength = 4): fc.Arbitrary<Change<Inserted>[]> {
  return fc.array(fc.record({ at: fc.nat(2000), remove: fc.nat(3), insert }), { maxLength });
}

export function changedText(original: string, list: readonly Change<string>[]): string {
  return list.reduce((result, { at, remove, insert }) => {
    const place = at % (result.length + 1);
    return result.slice(0, place) + insert + result.slice(place + remove);
  }, original);
}

export function changedBytes(original: Uint8Array, list: readonly Change<Uint8Array>[]): Buffer {
  return list.reduce<Buffer>((result, { at, remove, insert }) => {
    const place = at % (result.length + 1);
    return Buffer.concat([result.subarray(0, place), insert, result.subarray(place + remove)]);
  }, Buffer.from(original));
}

/** Where a stream is cut into chunks. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(2000), { maxLength: 8 });

/** A copy in chunks, cut at these places: what reads it may write into it. */
export function split(stream: Uint8Array, places: readonly number[]): Buffer[] {
  const whole = Buffer.from(stream);
  const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].toSorted((a, b) => a - b);
  return ends.map((end, at) => whole.subarray(at === 0 ? 0 : ends[at - 1], end));
}
