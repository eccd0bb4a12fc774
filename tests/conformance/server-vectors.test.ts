import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { CELLS, type Cell } from "./server/makers.ts";
import { Stage } from "./server/stage.ts";
import { INSTEAD, outcomeOf } from "./server-vectors/deviations.ts";
import type { Exchange, Replay } from "./server-vectors/exchange.ts";
import { EXCHANGES } from "./server-vectors/files.ts";
import { withoutOffsets } from "./server-vectors/recovery.ts";
import { readVectors } from "./vectors/files.ts";

const deviations = JSON.parse(readFileSync(new URL("../vectors-deviations.json", import.meta.url), "utf8")) as Record<
  string,
  Record<string, string>
>;

describe("recorded exchanges with a server", () => {
  for (const [file, scenarios] of Object.entries(EXCHANGES)) {
    const vectors = readVectors(file).vectors as readonly Exchange[];
    const listed = deviations[file] ?? {};
    for (const cell of CELLS) {
      test(`${file}: ${cell.name} does what was recorded`, async () => {
        const faults: string[] = [];
        for (const vector of vectors) {
          const replay = scenarios.find(([names]) => names.test(vector.name))![1];
          // What is listed deviates from upstream, which itself does not.
          const deviates = cell.maker === "ours" && vector.name in listed;
          const fault = await faultOf(cell, vector, replay, deviates);
          if (fault !== null) faults.push(`${vector.name}: ${fault}`);
        }
        const good = vectors.length - faults.length;
        const note = cell.maker === "ours" ? `, ${Object.keys(listed).length} of them deviating as listed` : "";
        console.log(`${file} (${cell.name}): ${good} of ${vectors.length}${note}`);
        assert.equal(faults.join("\n"), "");
      });
    }
  }
});

async function faultOf(cell: Cell, vector: Exchange, replay: Replay, deviates: boolean): Promise<string | null> {
  try {
    await Stage.run(cell, async (stage) => {
      const seen = normalised(await replay(stage, vector));
      if (!deviates) return assert.deepEqual(seen, normalised(vector));
      assert.notDeepEqual(seen, normalised(vector), "is listed as a deviation but is none any more");
      assert.deepEqual(outcomeOf(seen), INSTEAD[vector.name]);
    });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** As JSON has it; of recorded frames, offsets are left out. */
function normalised(value: object): Partial<Exchange> {
  return JSON.parse(JSON.stringify(value), (_key, member: unknown) => {
    if (Array.isArray(member)) return withoutOffsets(member);
    return typeof member === "string" ? withoutOffsets([member])[0] : member;
  }) as Partial<Exchange>;
}
