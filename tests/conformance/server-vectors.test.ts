import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { CELLS, type Cell } from "./server/makers.ts";
import { Stage } from "./server/stage.ts";
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
          const fault = await faultOf(cell, vector, replay);
          // What is listed deviates from upstream, which itself does not.
          const deviates = cell.maker === "ours" && vector.name in listed;
          if (deviates && fault === null) faults.push(`${vector.name}: is listed as a deviation but is none any more`);
          if (!deviates && fault !== null) faults.push(`${vector.name}: ${fault}`);
        }
        const good = vectors.length - faults.length;
        const note = cell.maker === "ours" ? `, ${Object.keys(listed).length} of them deviating as listed` : "";
        console.log(`${file} (${cell.name}): ${good} of ${vectors.length}${note}`);
        assert.equal(faults.join("\n"), "");
      });
    }
  }
});

async function faultOf(cell: Cell, vector: Exchange, replay: Replay): Promise<string | null> {
  try {
    await Stage.run(cell, async (stage) => {
      const seen = await replay(stage, vector);
      assert.deepEqual(normalised(seen), normalised(vector));
    });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** As JSON has it; of recorded frames, offsets are left out. */
function normalised(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (_key, member: unknown) => {
    if (Array.isArray(member)) return withoutOffsets(member);
    return typeof member === "string" ? withoutOffsets([member])[0] : member;
  });
}
