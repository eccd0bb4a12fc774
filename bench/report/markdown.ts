import { curveSection } from "../curves/curve.ts";
import type { MetricReport, RatioReport, Report, ScenarioReport } from "./report.ts";
import type { Summary } from "./statistics.ts";

/** The report for people. */
export function markdown(report: Report): string {
  const { scenarios, curves = [] } = report;
  return [heading(report), ...scenarios.map(scenarioSection), ...curves.map(curveSection)].join("\n\n");
}

export function heading({
  date,
  note,
  machine,
  versions,
  seed,
  rounds,
  flags,
}: Omit<Report, "scenarios" | "curves">): string {
  const { cpu, cores, memoryGiB, system, node, load } = machine;
  const lines = [
    "# Measured",
    "",
    `${date}, ${cores} x ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}; load before: ${load.toFixed(1)}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
    `${rounds} rounds, seed ${seed}${flags.length === 0 ? "" : `, ${flags.join(" ")}`}${note === undefined ? "" : `; ${note}`}`,
  ];
  return lines.join("\n");
}

export function scenarioSection({ name, does, metrics }: ScenarioReport): string {
  return [`## ${name}`, `${does}.`, ...metrics.map(metricTable)].join("\n\n");
}

function metricTable({ unit, summaries, ratios }: MetricReport): string {
  const rows = Object.entries(summaries).map(([target, figures]) => {
    const against = ratios.filter((one) => one.against === target).map(ratioText);
    return `| ${target} | ${figure(figures.median)} | ${range(figures)} | ${against.join(", ")} |`;
  });
  return [`| ${unit} | median | range | ratio (range of the rounds) |`, "| --- | --: | --: | --- |", ...rows].join(
    "\n",
  );
}

function ratioText({ of, median, min, max }: RatioReport): string {
  return `${of} ${median.toFixed(2)} of it (${min.toFixed(2)}-${max.toFixed(2)})`;
}

function range({ min, max }: Summary): string {
  return `${figure(min)}-${figure(max)}`;
}

/** Three digits that say something. */
export function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
