import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, describe, test } from "node:test";
import { claimsByFile, print, rows } from "./table.js";

// What proves which part of the guide. blocks.test.ts compares headings and blocks with the guide itself.

describe("the table of the guide", () => {
  const table = rows();

  test("has tests in our words for every heading, but for those that hold headings only", () => {
    const bare = table.filter(({ tests }) => tests.length === 0).map(({ heading }) => heading);
    assert.deepEqual(bare, ["Configuration", "API change", "New features", "Miscellaneous"]);
    for (const { heading, blocks, remark, tests } of table) {
      if (tests.length === 0) assert.deepEqual([blocks, typeof remark], [[], "string"], heading);
    }
  });

  test("has an entry for each of the 52 blocks: how it is executed, or why not", () => {
    const blocks = table.flatMap((row) => row.blocks);
    assert.deepEqual(
      blocks.map(({ number }) => number),
      Array.from({ length: 52 }, (_, index) => index + 1),
    );
    for (const { number, ways, shows, inNode, inChromium } of blocks) {
      assert.equal(ways.length > 0, inNode !== undefined || inChromium !== undefined, `block ${number}`);
      assert.ok(shows !== "", `block ${number}`);
      assert.equal(ways.includes("Chromium"), inChromium !== undefined, `block ${number}`);
    }
  });

  test("knows of every test file beside it", () => {
    const own = ["blocks.test.ts", "table.test.ts"];
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));
    assert.deepEqual(files.toSorted(), [...Object.keys(claimsByFile), ...own].toSorted());
  });

  test("holds no claim under a heading that the guide has not", () => {
    const placed = table.flatMap((row) => row.tests).length;
    const all = Object.values(claimsByFile).flatMap((claims) =>
      Object.values(claims).flatMap((one) => Object.keys(one)),
    );
    assert.equal(placed, all.length);
  });

  after(() => console.log(print(table)));
});
