import { existsSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { untag } from "../conformance/vectors/tagged-values.ts";
import type { Report } from "./fuzzer.ts";

/** An input that is fed first, in every run. */
export interface CorpusEntry<Input> {
  /** What it found, or which way of its own it takes through the code. */
  readonly why: string;
  readonly input: Input;
}

/** Those of one fuzzer: a file of its name, bytes as `{"$bin": hex}`. */
export function corpusOf<Input>(name: string): CorpusEntry<Input>[] {
  const file = new URL(`corpus/${name}.json`, import.meta.url);
  if (!existsSync(file)) return [];
  return untag(JSON.parse(readFileSync(file, "utf8"))) as CorpusEntry<Input>[];
}

/** What was found, and all that it takes to find it again. */
export function describe(name: string, { seed, inputs, finding }: Report): string {
  if (finding === null) return `${name}: ${inputs} inputs, no finding`;
  return [
    `${name}: a finding after ${inputs} inputs. Again: npm run fuzz -- --only ${name} --seed ${seed}`,
    `  for tests/fuzz/corpus/${name}.json: ${JSON.stringify({ why: "", input: tag(finding.input) })}`,
    stackOf(finding.error).replaceAll(/^/gm, "  "),
  ].join("\n");
}

/** With its causes, without what lies in between of the runner's. */
function stackOf({ stack = "", cause }: Error): string {
  const lines = stack
    .split("\n")
    .filter((line) => !/^ +at /.test(line) || /\/(tests|packages)\/(?!.*data:)/.test(line));
  return cause === undefined
    ? lines.join("\n")
    : `${lines.join("\n")}\nbecause of ${cause instanceof Error ? stackOf(cause) : inspect(cause)}`;
}

/** A value as it stands in a file of the corpus. */
export function tag(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bin: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(tag);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, tag(member)]));
}
