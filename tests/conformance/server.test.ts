import assert from "node:assert/strict";
import { sep } from "node:path";
import { after, describe, test } from "node:test";
import { homes, serverPackages } from "../interop/implementations.ts";
import { Table } from "./engine/table.ts";
import type { Behaviour } from "./server/behaviour.ts";
import { CELLS } from "./server/makers.ts";
import { Stage } from "./server/stage.ts";
import { subjects } from "./server/subjects.ts";

const titles = Object.values(subjects).flatMap((behaviours) => Object.keys(behaviours));
const table = new Table(CELLS);

for (const cell of CELLS) {
  describe(`server, ${cell.name}`, () => {
    for (const [subject, behaviours] of Object.entries(subjects)) {
      for (const [title, given] of Object.entries(behaviours)) {
        const behaviour: Behaviour = typeof given === "function" ? { run: given } : given;
        const difference = cell.maker === "upstream" ? behaviour.upstreamDiffers : undefined;
        const suffix = difference === undefined ? "" : ` (not so: ${difference})`;
        test(`${subject}: ${title}${suffix}`, async () => {
          const played = Stage.run(cell, (stage) => behaviour.run(stage));
          await table.show(subject, cell, difference, played);
        });
      }
    }
  });
}

test("the servers are ours and upstream 4.8.4, by real path and version", () => {
  for (const { maker } of CELLS) {
    for (const { name, version, entry, loaded } of serverPackages(maker)) {
      assert.ok(entry.startsWith(homes[maker] + sep), `${name} is ${entry}`);
      assert.equal(/^\d+\.100\.\d+$/.test(version), maker === "ours", `${name} has version ${version}`);
      assert.equal(loaded, true, `${entry} is loaded`);
      if (name === "socket.io" && maker === "upstream") assert.equal(version, "4.8.4");
    }
  }
});

test("each behaviour has a title of its own", () => {
  assert.equal(new Set(titles).size, titles.length);
});

after(() => console.log(`${titles.length} behaviours of both makers' servers\n${table.toString()}`));
