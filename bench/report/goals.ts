import { readFileSync } from "node:fs";
import type { TargetName } from "../targets.ts";
import type { Report } from "./report.ts";

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
  readonly outcome: "aim" | "must" | "missed" | "not measured";
}

export function readGoals(): Goal[] {
  return JSON.parse(readFileSync(new URL("goals.json", import.meta.url), "utf8")) as Goal[];
}

export function judge(goals: readonly Goal[], { scenarios }: Report): Verdict[] {
  return goals.map((goal) => {
    const ratio = scenarios
      .find(({ name }) => name === goal.scenario)
      ?.metrics.find(({ name }) => name === goal.metric)
      ?.ratios.find(({ of, against }) => of === goal.of && against === goal.against)?.median;
    if (ratio === undefined) return { goal, outcome: "not measured" };
    const outcome = goal.aim !== undefined && ratio <= goal.aim ? "aim" : ratio <= goal.must ? "must" : "missed";
    return { goal, ratio, outcome };
  });
}

/** Only what was measured, and how many goals were not. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts
    .filter(({ ratio }) => ratio !== undefined)
    .map(
      ({ goal, ratio, outcome }) =>
        `| ${goal.scenario} | ${goal.metric} | ${goal.of} / ${goal.against} | ${ratio!.toFixed(2)} | ${goal.must} | ${goal.aim ?? ""} | ${
          outcome === "missed" ? `missed by ${((ratio! / goal.must - 1) * 100).toFixed(0)} %` : `${outcome} met`
        } |`,
    );
  const missing = verdicts.length - rows.length;
  return [
    "## Goals",
    "",
    "| scenario | metric | of | ratio | must | aim | |",
    "| --- | --- | --- | --: | --: | --: | --- |",
    ...rows,
    ...(missing === 0 ? [] : ["", `${missing} goals were not measured.`]),
  ].join("\n");
}
