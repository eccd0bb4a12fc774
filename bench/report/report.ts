import type { Scenario, Figures } from "../scenarios/scenario.ts";
import type { CurveReport } from "../curves/curve.ts";
import type { TargetName } from "../targets.ts";
import type { Machine } from "./machine.ts";
import { ratio, summary, type Summary } from "./statistics.ts";

/** What a run of the bench found, as it is written to a file. */
export interface Report {
  /** When it began, ISO 8601. */
  readonly date: string;
  /** Made of what the caller says, such as "other work on the machine". */
  readonly note?: string;
  readonly machine: Machine;
  /** Package or program → version. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of the random bytes that clients send. */
  readonly seed: number;
  readonly rounds: number;
  /** Of Node, for the servers. */
  readonly flags: readonly string[];
  readonly scenarios: readonly ScenarioReport[];
  readonly curves?: readonly CurveReport[];
}

export interface ScenarioReport {
  readonly name: string;
  readonly does: string;
  readonly metrics: readonly MetricReport[];
}

export interface MetricReport {
  readonly name: string;
  readonly unit: string;
  /** In the order of the rounds. */
  readonly values: Readonly<Partial<Record<TargetName, readonly number[]>>>;
  readonly summaries: Readonly<Partial<Record<TargetName, Summary>>>;
  readonly ratios: readonly RatioReport[];
}

export interface RatioReport extends Summary {
  readonly of: TargetName;
  readonly against: TargetName;
}

/** @param runs of each target in the order of the rounds */
export function scenarioReport(
  { name, does, metrics, targets }: Scenario,
  runs: ReadonlyMap<TargetName, readonly Figures[]>,
): ScenarioReport {
  return {
    name,
    does,
    metrics: Object.entries(metrics).map(([metric, unit]) => {
      const values = Object.fromEntries(
        targets.map((target) => [target, runs.get(target)!.map((figures) => figures[metric]!)]),
      ) as Record<TargetName, number[]>;
      const summaries = Object.fromEntries(targets.map((target) => [target, summary(values[target])]));
      const ratios = comparisons(targets).map(([of, against]) => ({
        of,
        against,
        ...ratio(values[of], values[against]),
      }));
      return { name: metric, unit, values, summaries, ratios };
    }),
  };
}

/** Ours with all others; on uWebSockets.js with upstream there. Of those that were measured. */
function comparisons(targets: readonly TargetName[]): [TargetName, TargetName][] {
  const others = targets.filter((target) => target !== "ours" && target !== "ours-uws");
  const ofOurs = others.map((other): [TargetName, TargetName] => ["ours", other]);
  const pairs: [TargetName, TargetName][] = [...ofOurs, ["ours-uws", "upstream-uws"]];
  return pairs.filter((pair) => pair.every((target) => targets.includes(target)));
}
