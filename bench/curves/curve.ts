import type { Figures, Pace } from "../scenarios/scenario.ts";

/** How cost grows with something. */
export interface Curve {
  readonly name: string;
  /** Exactly what, and how it should grow. */
  readonly does: string;
  /** What grows. */
  readonly of: string;
  readonly at: readonly number[];
  /** Name → unit. */
  readonly metrics: Readonly<Record<string, string>>;
  /** @returns the figures at each point */
  run(target: CurveTarget, at: readonly number[], pace: Pace): Promise<Figures[]>;
}

export const CURVE_TARGETS = ["ours", "upstream"] as const;
export type CurveTarget = (typeof CURVE_TARGETS)[number];

export interface CurveReport {
  readonly name: string;
  readonly does: string;
  readonly of: string;
  readonly at: readonly number[];
  readonly metrics: Readonly<Record<string, string>>;
  readonly points: Readonly<Record<CurveTarget, readonly Figures[]>>;
}

/** Both targets, one after the other. */
export async function measureCurve(curve: Curve, pace: Pace, at = curve.at): Promise<CurveReport> {
  const { name, does, of, metrics } = curve;
  const ours = await curve.run("ours", at, pace);
  const upstream = await curve.run("upstream", at, pace);
  return { name, does, of, at, metrics, points: { ours, upstream } };
}

export function curveSection({ name, does, of, at, metrics, points }: CurveReport): string {
  const columns = Object.keys(metrics).flatMap((metric) => CURVE_TARGETS.map((target) => ({ metric, target })));
  const head = columns.map(({ metric, target }) => `${target}, ${metrics[metric]}`);
  const rows = at.map((x, point) =>
    [x.toLocaleString("en"), ...columns.map(({ metric, target }) => points[target][point]![metric]!.toFixed(2))].join(
      " | ",
    ),
  );
  return [
    `## ${name}`,
    `${does}.`,
    [
      `| ${of} | ${head.join(" | ")} |`,
      `| --: |${" --: |".repeat(columns.length)}`,
      ...rows.map((row) => `| ${row} |`),
    ].join("\n"),
  ].join("\n\n");
}
