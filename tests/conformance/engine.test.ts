import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Behaviour } from "./engine/behaviour.ts";
import { CELLS, type Cell } from "./engine/cells.ts";
import { packageBehaviours } from "./engine/behaviours/package.ts";
import { MAKERS } from "./engine/makers.ts";
import { Stage } from "./engine/stage.ts";
import { subjects } from "./engine/subjects.ts";
import { Table } from "./engine/table.ts";
import { VirtualTime, within } from "./engine/virtual-time.ts";

/** For one behaviour; each takes some 10 ms. Long, since the machine may be busy. */
const LIMIT_MS = Number(process.env["CONFORMANCE_LIMIT"] ?? 20_000);

const titles = Object.values(subjects).flatMap((behaviours) => Object.keys(behaviours));
const table = new Table(CELLS);

for (const cell of CELLS) {
  describe(`engine over ${cell.name}`, () => {
    for (const [subject, behaviours] of Object.entries(subjects)) {
      for (const [title, given] of Object.entries(behaviours)) {
        const behaviour: Behaviour = typeof given === "function" ? { run: given } : given;
        if (behaviour.cells?.(cell) === false || cell.host.lacks?.[title] !== undefined) continue;
        const difference = cell.host.differs?.[title] ?? differenceIn(cell, behaviour);
        const suffix = difference === undefined ? "" : ` (not so: ${difference})`;
        test(`${subject}: ${title}${suffix}`, async () => {
          await table.show(subject, cell, difference, play(cell, behaviour));
        });
      }
    }
  });
}

for (const [maker, module] of Object.entries(MAKERS)) {
  describe(`the package engine.io, ${maker}`, () => {
    for (const [title, run] of Object.entries(packageBehaviours)) {
      test(title, async (t) => {
        VirtualTime.install().reset();
        await within(LIMIT_MS, Promise.resolve(run(module, (close) => t.after(() => void close()))));
      });
    }
  });
}

after(() => console.log(`${titles.length} behaviours over ${CELLS.length} cells\n${table.toString()}`));

test("there are at least 100 behaviours, each with a title of its own", () => {
  assert.ok(titles.length >= 100, `${titles.length}`);
  assert.equal(new Set(titles).size, titles.length);
});

function differenceIn(cell: Cell, { upstreamDiffers }: Behaviour): string | undefined {
  if (cell.host.maker !== "upstream") return undefined;
  return typeof upstreamDiffers === "function" ? upstreamDiffers(cell) : upstreamDiffers;
}

async function play(cell: Cell, { options = {}, attachOptions = {}, run }: Behaviour): Promise<void> {
  const stage = await Stage.open(cell, options, attachOptions);
  try {
    await within(LIMIT_MS, run(stage));
  } finally {
    stage.close();
  }
}
