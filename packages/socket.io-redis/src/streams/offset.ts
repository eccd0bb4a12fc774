import type { Offset } from "socket.io-adapter";

/** Ids of entries in a stream: milliseconds, and a number within the millisecond. */
const FORM = /^(\d{1,16})-(\d{1,16})$/;

export function isOffset(text: string): boolean {
  return FORM.test(text);
}

/** Negative if `one` comes before `other`. */
export function compareOffsets(one: Offset, other: Offset): number {
  const [ms, seq] = parse(one);
  const [otherMs, otherSeq] = parse(other);
  return ms === otherMs ? seq - otherSeq : ms - otherMs;
}

/** The least that comes after it. */
export function nextOffset(offset: Offset): Offset {
  const [ms, seq] = parse(offset);
  return `${ms}-${seq + 1}`;
}

function parse(offset: Offset): [number, number] {
  const [, ms, seq] = FORM.exec(offset) ?? [];
  return [Number(ms ?? 0), Number(seq ?? 0)];
}

/** When Redis got the entry, in ms. */
export function writtenAt(offset: Offset): number {
  return Number(offset.slice(0, offset.indexOf("-")));
}
