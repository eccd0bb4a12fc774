import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judge, readGoals, verdictTable, type Goal } from "../../bench/report/goals.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { scenarioReport, type Report } from "../../bench/report/report.ts";
import { median, ratio, summary } from "../../bench/report/statistics.ts";
import { summaryTable } from "../../bench/report/summary.ts";
import type { Scenario } from "../../bench/scenarios/scenario.ts";
import { SCENARIOS, withUws } from "../../bench/scenarios/table.ts";
import type { TargetName } from "../../bench/targets.ts";

describe("the figures of a bench", () => {
  test("are medians: the one in the middle, or the mean of two, in whatever order they came", () => {
    assert.equal(median([9, 1, 10]), 9);
    assert.equal(median([10, 2, 1, 4]), 3);
    assert.equal(median([7]), 7);
    assert.ok(Number.isNaN(median([])));
  });

  test("have a range", () => {
    assert.deepEqual(summary([3, 1, 2]), { median: 2, min: 1, max: 3 });
  });

  test("are compared by the ratio of the medians, whose range is that of the rounds", () => {
    assert.deepEqual(ratio([1, 2, 6], [2, 8, 4]), { median: 0.5, min: 0.25, max: 1.5 });
  });
});

const scenario: Scenario = {
  name: "echo-ack",
  does: "something",
  metrics: { cpu: "µs" },
  targets: ["ours", "upstream", "net", "ours-uws", "upstream-uws"],
  run: () => Promise.reject(new Error("not run")),
};
const runs = new Map<TargetName, { cpu: number }[]>([
  ["ours", [{ cpu: 5 }, { cpu: 6 }, { cpu: 7 }]],
  ["upstream", [{ cpu: 10 }, { cpu: 12 }, { cpu: 10 }]],
  ["net", [{ cpu: 4 }, { cpu: 4 }, { cpu: 4 }]],
  ["ours-uws", [{ cpu: 3 }, { cpu: 3 }, { cpu: 3 }]],
  ["upstream-uws", [{ cpu: 6 }, { cpu: 6 }, { cpu: 6 }]],
]);
const report: Report = {
  date: "2026-01-02T03:04:05.000Z",
  machine: { cpu: "a processor", cores: 2, memoryGiB: 24, system: "Linux 6", node: "v20.20.2", load: 0.5 },
  versions: { "ours socket.io": "4.100.0" },
  seed: 1,
  rounds: 3,
  flags: [],
  scenarios: [scenarioReport(scenario, runs)],
};

describe("the report of a bench", () => {
  test("sets ours against all others, and on uWebSockets.js against upstream there", () => {
    const { ratios } = report.scenarios[0]!.metrics[0]!;
    assert.deepEqual(
      ratios.map(({ of, against, median: middle }) => `${of}/${against} ${middle.toFixed(2)}`),
      ["ours/upstream 0.60", "ours/net 1.50", "ours/upstream-uws 1.00", "ours-uws/upstream-uws 0.50"],
    );
    assert.deepEqual([ratios[0]!.min, ratios[0]!.max], [0.5, 0.7]);
  });

  test("says medians, ranges, ratios, and where they were measured", () => {
    const text = markdown(report);
    assert.match(
      text,
      /^2026-01-02T03:04:05\.000Z, 2 x a processor, 24 GiB, Linux 6, Node v20\.20\.2; load before: 0\.5$/m,
    );
    assert.match(text, /^\| ours \| 6\.00 \| 5\.00-7\.00 \| {2}\|$/m);
    assert.match(text, /^\| upstream \| 10\.0 \| 10\.0-12\.0 \| ours 0\.60 of it \(0\.50-0\.70\) \|$/m);
  });

  test("compares only what was measured", () => {
    const only: Scenario = { ...scenario, targets: ["ours", "ours-uws", "upstream-uws"] };
    const compared = scenarioReport(only, runs).metrics[0]!.ratios.map(({ of, against }) => `${of} ${against}`);
    assert.deepEqual(compared, ["ours upstream-uws", "ours-uws upstream-uws"]);
  });

  test("in short: a line for each figure that has a goal, and where it was measured", () => {
    assert.deepEqual(summaryTable(report).split("\n").slice(2), [
      "| echo-ack, µs | 6.00 | 10.0 | 0.60 | 6.00 | 1.00 |",
      "",
      "2026-01-02, 2 x a processor, 24 GiB, Linux 6, Node v20.20.2; medians of 3 rounds",
    ]);
    const node: Scenario = { ...scenario, metrics: { cpu: "µs", user: "µs" }, targets: ["ours", "upstream"] };
    const table = summaryTable({ ...report, scenarios: [scenarioReport(node, runs)] });
    assert.deepEqual(table.split("\n")[2], "| echo-ack, µs | 6.00 | 10.0 | 0.60 |  |  |");
  });

  test("says of every goal whether it was met, missed or not measured", () => {
    const goal = {
      scenario: "echo-ack",
      metric: "cpu",
      of: "ours",
      against: "upstream",
      must: 0.65,
      aim: 0.5,
    } as const;
    const goals: Goal[] = [
      goal,
      { ...goal, aim: 0.6 },
      { ...goal, must: 0.5, aim: 0.4 },
      { ...goal, against: "net", must: 1.5, aim: undefined },
      { ...goal, scenario: "rooms" },
      { ...goal, metric: "p50" },
    ];
    const verdicts = judge(goals, report);
    assert.deepEqual(
      verdicts.map(({ outcome }) => outcome),
      ["must", "aim", "missed", "must", "not measured", "not measured"],
    );
    // Of what is held against upstream on Node.
    assert.deepEqual(
      verdicts.slice(0, 4).map(({ floor }) => floor),
      [0.4, 0.4, 0.4, undefined],
    );
    const table = verdictTable(verdicts);
    assert.match(table, /^\| echo-ack \| cpu \| ours \/ upstream \| 0\.60 \| 0\.40 \| 0\.65 \| 0\.5 \| must met \|$/m);
    assert.match(table, /missed by 20 %/);
    assert.match(table, /2 goals were not measured/);
  });

  test("can be held against every goal: each is about a metric and targets of a scenario", () => {
    for (const { scenario: name, metric, of, against, must, aim = 0 } of readGoals()) {
      const found = SCENARIOS.find((one) => one.name === name);
      assert.ok(found !== undefined, name);
      assert.ok(metric in found.metrics, `${name} ${metric}`);
      const { targets } = withUws(found);
      assert.ok(targets.includes(of) && targets.includes(against), `${name}: ${of} / ${against}`);
      assert.ok(aim <= must);
    }
  });
});
