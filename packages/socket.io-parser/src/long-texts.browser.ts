// The browsers' half of a pair, see long-texts.ts: their engines look for escapes in larger steps by now, and each byte of a bundle counts.
export const writeLongTexts = undefined;
