import { readFileSync } from "node:fs";
import { FLOORS, type TargetName } from "../targets.ts";
import type { MetricReport, Report } from "./report.ts";

/** A ratio that is wanted, at most. */
export interface Goal {
  readonly scenario: string;
  readonly metric: string;
  readonly of: TargetName;
  readonly against: TargetName;
  readonly must: number;
  readonly aim?: number | undefined;
}

export interface Verdict {
  readonly goal: Goal;
  /** Missing where the run did not measure it. */
  readonly ratio?: number;
  /** The same of the lowest floor, where the run measured one: what is left with no work of ours at all. */
  readonly floor?: number | undefined;
  readonly outcome: "aim" | "must" | "missed" | "not measured";
}

export function readGoals(): Goal[] {
  return JSON.parse(readFileSync(new URL("goals.json", import.meta.url), "utf8")) as Goal[];
}

export function judge(goals: readonly Goal[], { scenarios }: Report): Verdict[] {
  return goals.map((goal) => {
    const metric = scenarios
      .find(({ name }) => name === goal.scenario)
      ?.metrics.find(({ name }) => name === goal.metric);
    const ratio = metric?.ratios.find(({ of, against }) => of === goal.of && against === goal.against)?.median;
    if (metric === undefined || ratio === undefined) return { goal, outcome: "not measured" };
    const outcome = goal.aim !== undefined && ratio <= goal.aim ? "aim" : ratio <= goal.must ? "must" : "missed";
    return { goal, ratio, floor: lowestFloor(metric, goal), outcome };
  });
}

/** Floors are on Node: beside uWebSockets.js they say nothing. */
function lowestFloor({ summaries }: MetricReport, { of, against }: Goal): number | undefined {
  if (of !== "ours" || against !== "upstream") return undefined;
  const medians = FLOORS.flatMap((floor) => summaries[floor]?.median ?? []);
  return medians.length === 0 ? undefined : Math.min(...medians) / summaries[against]!.median;
}

/** Only what was measured, and how many goals were not. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts
    .filter(({ ratio }) => ratio !== undefined)
    .map(
      ({ goal, ratio, floor, outcome }) =>
        `| ${goal.scenario} | ${goal.metric} | ${goal.of} / ${goal.against} | ${ratio!.toFixed(2)} | ${floor?.toFixed(2) ?? ""} | ${goal.must} | ${goal.aim ?? ""} | ${
          outcome === "missed" ? `missed by ${((ratio! / goal.must - 1) * 100).toFixed(0)} %` : `${outcome} met`
        } |`,
    );
  const missing = verdicts.length - rows.length;
  return [
    "## Goals",
    "",
    "| scenario | metric | of | ratio | the lowest floor's | must | aim | |",
    "| --- | --- | --- | --: | --: | --: | --: | --- |",
    ...rows,
    ...(missing === 0 ? [] : ["", `${missing} goals were not measured.`]),
  ].join("\n");
}
