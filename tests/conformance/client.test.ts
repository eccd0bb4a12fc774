import assert from "node:assert/strict";
import { sep } from "node:path";
import { after, describe, test } from "node:test";
import { clientPackages, homes, serverPackages } from "../interop/implementations.ts";
import type { Behaviour } from "./client/behaviour.ts";
import { type Cell, CELLS, OTHER_SERVERS } from "./client/makers.ts";
import { Stage } from "./client/stage.ts";
import { subjects } from "./client/subjects.ts";
import { Table } from "./engine/table.ts";

const titles = Object.values(subjects).flatMap(({ behaviours }) => Object.keys(behaviours));
const table = new Table([...CELLS, ...OTHER_SERVERS]);

for (const cell of CELLS) showAll(cell, () => true);
for (const cell of OTHER_SERVERS) showAll(cell, (subject) => subjects[subject]!.server === "any");

function showAll(cell: Cell, isShown: (subject: string) => boolean): void {
  describe(`client, ${cell.name}`, () => {
    for (const [subject, { behaviours }] of Object.entries(subjects)) {
      if (!isShown(subject)) continue;
      for (const [title, given] of Object.entries(behaviours)) {
        const behaviour: Behaviour = typeof given === "function" ? { run: given } : given;
        if (cell.server === "upstream 3.1.2" && behaviour.lackingIn3 !== undefined) continue;
        const difference = cell.maker === "upstream" ? behaviour.upstreamDiffers : undefined;
        const suffix = difference === undefined ? "" : ` (not so: ${difference})`;
        test(`${subject}: ${title}${suffix}`, async (t) => {
          const played = Stage.run(cell, t, (stage) => behaviour.run(stage));
          await table.show(subject, cell, difference, played);
        });
      }
    }
  });
}

test("the clients are ours and upstream 4.8.4, the servers ours, 4.8.4 and 3.1.2, by real path and version", () => {
  for (const { maker, server } of [...CELLS, ...OTHER_SERVERS]) {
    const client = clientPackages(maker);
    const servers = serverPackages(server);
    for (const { name, version, entry, loaded } of client) prove(maker === "ours", name, version, entry, loaded);
    for (const { name, version, entry, loaded } of servers) prove(server === "ours", name, version, entry, loaded);
    if (maker === "upstream") assert.equal(client[0]!.version, "4.8.4");
    if (server !== "ours") assert.equal(servers[0]!.version, server === "upstream" ? "4.8.4" : "3.1.2");
  }
});

function prove(isOurs: boolean, name: string, version: string, entry: string, loaded: boolean): void {
  assert.ok(entry.startsWith(homes[isOurs ? "ours" : "upstream"] + sep), `${name} is ${entry}`);
  assert.equal(/^\d+\.100\.\d+$/.test(version), isOurs, `${name} has version ${version}`);
  assert.equal(loaded, true, `${entry} is loaded`);
}

test("each behaviour has a title of its own", () => {
  assert.equal(new Set(titles).size, titles.length);
});

after(() => console.log(`${titles.length} behaviours of both makers' clients\n${table.toString()}`));
