import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readVectors, type Vector } from "../vectors/files.ts";
import type { RecordedFrame } from "./canonical.ts";
import type { StageNode } from "./stage.ts";

const deviations = JSON.parse(
  readFileSync(new URL("../../vectors-deviations.json", import.meta.url), "utf8"),
) as Record<string, Record<string, string>>;

/** A file as the README of the vectors describes it. */
export interface Recording {
  readonly uids?: readonly Record<string, string>[];
  readonly setup?: readonly { node: number; cmd: string; args: string[] }[];
  readonly vectors: readonly Exchange[];
}

export interface Exchange extends Vector {
  readonly frames: readonly RecordedFrame[];
  readonly result?: unknown;
}

export const recordingOf = (file: string): Recording => readVectors(file) as unknown as Recording;

/** Ours and the recording, in one form. */
export type Pair = readonly [ours: unknown, recorded: unknown];

/**
 * Plays all vectors of a file, each to be as recorded or, where it is listed, to differ in nothing else than what is listed.
 *
 * @param adjust takes away what of a listed deviation is different: beyond it, ours and the recording are to be the same
 */
export async function judge(
  file: string,
  play: (vector: Exchange) => Promise<Pair>,
  adjust?: (form: unknown) => unknown,
): Promise<void> {
  const { vectors } = recordingOf(file);
  const listed = deviations[file] ?? {};
  const faults: string[] = [];
  for (const vector of vectors) {
    const pair = await play(vector);
    const fault = faultOf(pair);
    if (!(vector.name in listed)) {
      if (fault !== null) faults.push(`${vector.name}: ${fault}`);
      continue;
    }
    if (fault === null) faults.push(`${vector.name}: is listed as a deviation but is none any more`);
    const rest = adjust && faultOf([adjust(pair[0]), adjust(pair[1])]);
    if (rest !== undefined && rest !== null) faults.push(`${vector.name}: beyond what is listed, ${rest}`);
  }
  const note = `, ${Object.keys(listed).length} of them deviating as listed`;
  console.log(`${file}: ${vectors.length - faults.length} of ${vectors.length}${note}`);
  assert.equal(faults.join("\n"), "");
}

function faultOf([ours, recorded]: Pair): string | null {
  try {
    assert.deepEqual(ours, recorded);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** An event that says that what was said before it has arrived. */
export const FENCE = "fence";

/** Everything that node 0 has said has arrived at node 1, and what both have told their clients as well. */
export async function settled(nodes: readonly [StageNode, StageNode]): Promise<void> {
  const [from, to] = nodes;
  await new Promise<void>((resolve) => {
    to.io.once(FENCE, () => resolve());
    from.io.serverSideEmit(FENCE);
  });
  for (const { client } of nodes) {
    if (client.connected) await client.emitWithAck(FENCE);
  }
}

export function uidsOf(nodes: readonly StageNode[]): string[] {
  return nodes.flatMap((node) => ["/", "/chat"].map((name) => node.adapter(name).uid as string));
}

export function recordedUids({ uids = [] }: Recording): string[] {
  return uids.flatMap((node) => ["/", "/chat"].map((name) => node[name]!));
}

/** Bytes of any kind by their hexadecimal digits. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
