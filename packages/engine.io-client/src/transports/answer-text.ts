// The browsers' half of a pair, see answer-text.node.ts. Pages choose their servers: these could only fill the page's own memory.
export const textOf = undefined;
