import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { root } from "../../tools/setup.mjs";

/** A fenced block of the guide. */
export interface GuideBlock {
  /** From 1, in the guide's order. */
  readonly number: number;
  readonly heading: string;
  /** What the fence is labelled: "js", "ts", "html" or "". */
  readonly language: string;
  readonly text: string;
  /** The first 8 hexadecimal digits of the text's SHA-256. */
  readonly hash: string;
}

export interface Guide {
  readonly headings: readonly string[];
  readonly blocks: readonly GuideBlock[];
}

const VARIABLE = "SOCKET_IO_GUIDE";
const DEFAULT = "../shared/reference/seed-guide.md";

/** Where the guide is expected: it is no part of this repository. */
export const GUIDE_PATH = resolve(root, process.env[VARIABLE] || DEFAULT);

/** Why there is no guide to run, or false. With CI=true that is no excuse. */
export const guideIsMissing: string | false = existsSync(GUIDE_PATH)
  ? false
  : `the guide is not at ${process.env[VARIABLE] || DEFAULT}; ${VARIABLE} names another path`;

/** The guide's headings and blocks; nothing of it without the file. */
export function readGuide(): Guide {
  return guideIsMissing ? { headings: [], blocks: [] } : parse(readFileSync(GUIDE_PATH, "utf8"));
}

/** Reads a fence as the guide's author meant it: it ends with as many backticks as it began with, or more. */
export function parse(markdown: string): Guide {
  const headings: string[] = [];
  const blocks: GuideBlock[] = [];
  let open: { fence: string; language: string; lines: string[] } | undefined;
  for (const line of markdown.split(/\r?\n/)) {
    const fence = /^\s*(`{3,})\s*(\w*)\s*$/.exec(line);
    if (open === undefined) {
      const heading = /^#+ (.*?)\s*$/.exec(line)?.[1] ?? /^title: (.*)$/.exec(line)?.[1];
      if (heading !== undefined) headings.push(heading);
      if (fence !== null) open = { fence: fence[1]!, language: fence[2]!, lines: [] };
    } else if (fence !== null && fence[2] === "" && fence[1]!.length >= open.fence.length) {
      const text = open.lines.join("\n");
      const { language } = open;
      blocks.push({ number: blocks.length + 1, heading: headings.at(-1) ?? "", language, text, hash: hash(text) });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== undefined) throw new Error(`a fence under "${headings.at(-1)}" has no end`);
  return { headings, blocks };
}

/**
 * The parts of a block that its author set apart by comments at the margin ("// client-side", "// or …"). Blocks that
 * show both sides of a connection, or the same name declared in several ways, are not one program.
 */
export function parts(block: GuideBlock): string[] {
  const found: string[][] = [];
  let inComment = false;
  for (const line of block.text.split("\n")) {
    const isComment = line.startsWith("//");
    if (isComment && !inComment) found.push([]);
    inComment = isComment;
    // A line before the first comment begins a part of its own.
    (found.at(-1) ?? found[found.push([]) - 1]!).push(line);
  }
  return found.map((lines) => lines.join("\n").trimEnd());
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
