// The browsers' half of a pair, see limits.ts. Pages choose their servers: these could only make a page busy, and what is nested too deep
// for its stack is a RangeError there.
export const limits = undefined;
