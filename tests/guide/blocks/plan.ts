import type { Heading } from "../headings.js";
import type { Bench, Way } from "./bench.js";

/** What becomes of one block of the guide. */
export interface BlockPlan {
  readonly number: number;
  /** Of the block's text: a block that has changed is looked at again. */
  readonly hash: string;
  readonly heading: Heading;
  /** "before" is code for 2.x: it is run to show that it does not work any more, or which of it does. */
  readonly kind: "before" | "after" | "example" | "text";
  /** How it runs. */
  readonly ways: readonly Way[];
  /** What is seen when it has run, or why it is not. */
  readonly shows: string;
  readonly inNode?: Run;
  readonly inChromium?: Run;
}

export type Run = (bench: Bench) => Promise<void>;
