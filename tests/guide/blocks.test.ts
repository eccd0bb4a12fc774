import assert from "node:assert/strict";
import { sep } from "node:path";
import { after, describe, test } from "node:test";
import { browserTest } from "../browser/support/chromium.js";
import { homes, loadClient, loadServer } from "../interop/implementations.js";
import { Stage } from "../interop/stage.js";
import { Bench, foundBySnippets, type Way } from "./blocks/bench.js";
import { plans } from "./blocks/index.js";
import type { BlockPlan, Run } from "./blocks/plan.js";
import { HEADINGS } from "./headings.js";
import { guideIsMissing, parse, parts, readGuide } from "./source.js";
import { clearFolder } from "./support/compiler.js";

// Every code block of the guide, as it stands there. The guide is no part of this repository: see source.ts.

const guide = readGuide();
const skip = process.env["CI"] === "true" ? false : guideIsMissing;
const inNode = plans.filter((plan) => plan.inNode !== undefined);
const inChromium = plans.filter((plan) => plan.inChromium !== undefined);

/** How long one block may take, in ms: it may have to start a compiler and a page. */
const DEADLINE_MS = 60_000;
const ways = new Map<number, Set<Way>>();

after(clearFolder);

describe("the guide", () => {
  test("is there", { skip }, () => assert.equal(guideIsMissing, false));

  test("has the headings that the tests go by", { skip }, () => {
    assert.deepEqual(guide.headings, HEADINGS);
  });

  test("has 52 code blocks, each unchanged since its harness was written", { skip }, () => {
    assert.equal(guide.blocks.length, 52);
    const keys = ({ number, heading, hash }: { number: number; heading: string; hash: string }) =>
      `${number} ${hash} ${heading}`;
    assert.deepEqual(guide.blocks.map(keys), plans.map(keys));
  });

  test("has its blocks run in one way at least, but for the texts of errors", () => {
    const idle = plans.filter((plan) => plan.inNode === undefined && plan.inChromium === undefined);
    assert.deepEqual(
      idle.map(({ number, kind, ways: none }) => [number, kind, none]),
      [
        [48, "text", []],
        [49, "text", []],
      ],
    );
  });

  test("is read by its fences: longer ends, indented ones, and parts by comments at the margin", () => {
    const text =
      "# A\n```js\na\n```\n\n  ```\n// one\nb\n  // two\n// three\n// four\nc\n````\n# B\n````md\n```\n````\n";
    const { headings, blocks } = parse(text);
    assert.deepEqual(headings, ["A", "B"]);
    const found = blocks.map(({ number, heading, language, text: lines }) => [number, heading, language, lines]);
    assert.deepEqual(found, [
      [1, "A", "js", "a"],
      [2, "A", "", "// one\nb\n  // two\n// three\n// four\nc"],
      [3, "B", "md", "```"],
    ]);
    assert.deepEqual(parts(blocks[1]!), ["// one\nb\n  // two", "// three\n// four\nc"]);
  });

  test("finds our packages by the names that it uses", () => {
    for (const name of ["socket.io", "socket.io-client", "socket.io-msgpack-parser"]) {
      const found = foundBySnippets(name);
      assert.ok(found.startsWith(homes.ours + sep), found);
    }
  });
});

describe("blocks in Node", () => {
  for (const plan of inNode) test(titleOf(plan), { skip }, () => run(plan, plan.inNode!));
});

// In two halves, since a test of the browser has a deadline of its own.
for (const [half, plansOfHalf] of Object.entries({
  "up to the 30th": inChromium.filter(({ number }) => number <= 30),
  "from the 31st": inChromium.filter(({ number }) => number > 30),
})) {
  const title = `blocks in Chromium, ${half}`;
  if (skip === false) {
    browserTest(title, async ({ open, t }) => {
      for (const plan of plansOfHalf) await t.test(titleOf(plan), () => run(plan, plan.inChromium!, open));
    });
  } else {
    test(title, { skip }, () => {});
  }
}

test("each block has run in every way that its harness names", { skip }, (t) => {
  const missed = plans.filter((plan) => !ways.has(plan.number) && plan.ways.length > 0).map(({ number }) => number);
  if (missed.length > 0 && process.env["CI"] !== "true") return t.skip(`not run, see above: ${missed.join(", ")}`);
  for (const plan of plans) {
    assert.deepEqual([...(ways.get(plan.number) ?? [])].toSorted(), [...plan.ways].toSorted(), titleOf(plan));
  }
});

async function run(plan: BlockPlan, body: Run, open?: ConstructorParameters<typeof Bench>[2]): Promise<void> {
  const block = guide.blocks[plan.number - 1];
  assert.ok(block, "the guide has this block");
  const cell = { server: loadServer("ours"), client: loadClient("ours"), transport: "websocket" } as const;
  let bench: Bench | undefined;
  try {
    await Stage.run(
      cell,
      async (stage) => {
        bench = new Bench(block, stage, open);
        await body(bench);
        // Before the stage closes its servers: these would wait for the pages.
        await bench.close();
      },
      DEADLINE_MS,
    );
  } finally {
    await bench?.close();
  }
  ways.set(plan.number, new Set([...(ways.get(plan.number) ?? []), ...(bench?.ways ?? [])]));
}

function titleOf({ number, heading, kind, shows }: BlockPlan): string {
  return `${number}, ${heading} (${kind}): ${shows}`;
}
