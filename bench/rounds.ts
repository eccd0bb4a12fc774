import type { Figures, Pace, Scenario } from "./scenarios/scenario.ts";
import type { TargetName } from "./targets.ts";

/** Measures all targets of a scenario in turn, so often. */
export async function measureRounds(
  scenario: Scenario,
  rounds: number,
  pace: Pace,
  onRun: (target: TargetName, round: number, figures: Figures) => void = () => {},
): Promise<Map<TargetName, Figures[]>> {
  const runs = new Map<TargetName, Figures[]>(scenario.targets.map((target) => [target, []]));
  for (let round = 0; round < rounds; round++) {
    // Who begins changes, so that what happens on the machine meanwhile spoils all alike.
    for (const target of round % 2 === 0 ? scenario.targets : scenario.targets.toReversed()) {
      const figures = await scenario.run(target, pace);
      runs.get(target)!.push(figures);
      onRun(target, round, figures);
    }
  }
  return runs;
}
