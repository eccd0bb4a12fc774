import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test, type TestContext } from "node:test";
import { CELLS, type Cell } from "./client/makers.ts";
import { Stage } from "./client/stage.ts";
import { play, type Recording } from "./client-vectors/scenario.ts";
import { SCRIPTS } from "./client-vectors/scripts.ts";
import { readVectors } from "./vectors/files.ts";

const FILE = "socketio-client";

const listed =
  (
    JSON.parse(readFileSync(new URL("../vectors-deviations.json", import.meta.url), "utf8")) as Record<
      string,
      Record<string, string>
    >
  )[FILE] ?? {};

describe("recorded behaviour of a client", () => {
  const vectors = readVectors(FILE).vectors as unknown as readonly Recording[];

  test("every recording has a script", () => {
    assert.deepEqual(
      vectors.map(({ name }) => name),
      Object.keys(SCRIPTS),
    );
  });

  for (const cell of CELLS) {
    test(`${FILE}: ${cell.maker} does what was recorded`, async (t) => {
      const faults: string[] = [];
      for (const vector of vectors) {
        const fault = await faultOf(cell, t, vector);
        // What is listed deviates from upstream, which itself does not.
        const deviates = cell.maker === "ours" && vector.name in listed;
        if (deviates && fault === null) faults.push(`${vector.name}: is listed as a deviation but is none any more`);
        if (!deviates && fault !== null) faults.push(`${vector.name}: ${fault}`);
      }
      const good = vectors.length - faults.length;
      const note = cell.maker === "ours" ? `, ${Object.keys(listed).length} of them deviating as listed` : "";
      console.log(`${FILE} (${cell.maker}): ${good} of ${vectors.length}${note}`);
      assert.equal(faults.join("\n"), "");
    });
  }
});

async function faultOf(cell: Cell, t: TestContext, vector: Recording): Promise<string | null> {
  try {
    await Stage.run(cell, t, async (stage) => {
      const expected = cell.maker === "ours" ? withRecoveredFalse(vector) : vector;
      assert.deepEqual(await play(stage, vector, SCRIPTS[vector.name]!), expected);
    });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Row Q-31: where the server has no recovery, `recovered` of ours is false, and undefined in the recordings. */
function withRecoveredFalse(vector: Recording): Recording {
  const clientEvents = vector.clientEvents.map((event) =>
    event[0] === "connect" && event[2] === null ? [...event.slice(0, 2), false] : event,
  );
  return { ...vector, clientEvents };
}
