import type { TargetName } from "../targets.ts";
import { figure } from "./markdown.ts";
import type { MetricReport, Report, ScenarioReport } from "./report.ts";

/** What README shows of a report: a line for each figure that has a goal, ours beside upstream's on Node and on uWebSockets.js. */
export function summaryTable({ date, machine, rounds, scenarios }: Report): string {
  const { cpu, cores, memoryGiB, system, node } = machine;
  const rows = scenarios.flatMap((scenario) =>
    scenario.metrics.filter(({ name }) => SHOWN.has(name)).map((metric) => row(scenario, metric)),
  );
  return [
    "| | ours | upstream | ours of it | upstream on uWebSockets.js | ours, on Node, of it |",
    "| --- | --: | --: | --: | --: | --: |",
    ...rows,
    "",
    `${date.slice(0, 10)}, ${cores} x ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}; medians of ${rounds} rounds`,
  ].join("\n");
}

const SHOWN: ReadonlySet<string> = new Set(["cpu", "p50", "heap-10000", "rss-10000"]);

function row({ name }: ScenarioReport, { unit, summaries, ratios }: MetricReport): string {
  const ratioTo = (target: TargetName): string | undefined =>
    ratios.find(({ of, against }) => of === "ours" && against === target)?.median.toFixed(2);
  const shown = (target: TargetName): string | undefined => {
    const median = summaries[target]?.median;
    return median === undefined ? undefined : figure(median);
  };
  const cells = [
    `${name}, ${unit}`,
    shown("ours"),
    shown("upstream"),
    ratioTo("upstream"),
    shown("upstream-uws"),
    ratioTo("upstream-uws"),
  ];
  return `| ${cells.map((cell) => cell ?? "").join(" | ")} |`;
}
