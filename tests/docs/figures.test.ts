import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Report } from "../../bench/report/report.ts";
import { summaryTable } from "../../bench/report/summary.ts";
import { root } from "../../tools/setup.mjs";

test("the figures of README are those of the report that it names", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, file] = /`npm run bench -- --from (\S+) --summary`/.exec(readme)!;
  const report = JSON.parse(readFileSync(join(root, file!), "utf8")) as Report;
  for (const line of summaryTable(report).split("\n").slice(2)) assert.ok(readme.includes(line), line);
});
