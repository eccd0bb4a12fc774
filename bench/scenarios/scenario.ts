import type { TargetName } from "../targets.ts";

/** Figures of one run, by the names of a scenario's metrics. */
export type Figures = Readonly<Record<string, number>>;

export interface Scenario {
  readonly name: string;
  /** Exactly what, for people. */
  readonly does: string;
  /** Name → unit of what is measured. Less is better in all of them. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly targets: readonly TargetName[];
  /** So many rounds, whatever is asked for. */
  readonly rounds?: number;
  /** One measurement of one target, in processes of its own. */
  run(target: TargetName, pace: Pace): Promise<Figures>;
}

/** How long and how much. Tests hurry. */
export interface Pace {
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** Of 1: the part of clients, connections or messages that takes part. */
  readonly share: number;
  /** Flags of Node for the servers, such as those for profiles. */
  readonly flags: readonly string[];
}

export const USUAL_PACE: Pace = { warmUpMs: 1500, measuredMs: 3500, share: 1, flags: [] };

/** At least 10, in tens: rooms have ten members. */
export function shareOf(count: number, { share }: Pace): number {
  return Math.max(10, Math.round((count * share) / 10) * 10);
}

export const US_PER_MESSAGE = "µs CPU per message";
