import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { curveSection, measureCurve } from "../../bench/curves/curve.ts";
import { oneRoom, receivers } from "../../bench/curves/deliveries.ts";
import { CURVES } from "../../bench/curves/table.ts";
import { buildPrograms } from "../../bench/programs.ts";
import type { Pace } from "../../bench/scenarios/scenario.ts";

describe("the curves of a bench", () => {
  const pace: Pace = { warmUpMs: 20, measuredMs: 100, share: 0.01, flags: [] };
  before(buildPrograms);

  for (const curve of CURVES) {
    test(`${curve.name}: have a figure of both makers for each metric at each point`, async () => {
      // Each point of the first two takes a server of its own.
      const at = curve === receivers || curve === oneRoom ? [20] : [20, 30];
      const report = await measureCurve(curve, pace, at);
      for (const figures of [report.points.ours, report.points.upstream]) {
        assert.equal(figures.length, at.length);
        for (const figure of figures) {
          assert.deepEqual(Object.keys(figure).toSorted(), Object.keys(curve.metrics).toSorted());
          assert.ok(Object.values(figure).every((value) => Number.isFinite(value)));
        }
      }
      const rows = curveSection(report).split("\n").slice(-at.length);
      assert.deepEqual(
        rows.map((row) => row.split(" | ")[0]),
        at.map((x) => `| ${x}`),
      );
    });
  }
});
