// The browsers' half of a pair, see limits.ts. Pages choose their servers: these could only make a page busy, and what is nested too deep
// for its stack is a RangeError there. Blanks before the JSON are nothing to be refused for.
export const limits = undefined;
