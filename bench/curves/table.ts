import { curveSection, measureCurve, type Curve, type CurveReport } from "./curve.ts";
import { oneRoom, receivers } from "./deliveries.ts";
import { idleConnections } from "./idle.ts";
import { inMemory, membership } from "./programs.ts";
import type { Pace } from "../scenarios/scenario.ts";

export const CURVES: readonly Curve[] = [receivers, oneRoom, membership, idleConnections, inMemory];

/** All of them, printed as they come. */
export async function measureCurves(pace: Pace): Promise<CurveReport[]> {
  const reports: CurveReport[] = [];
  for (const curve of CURVES) {
    console.error(curve.name);
    reports.push(await measureCurve(curve, pace));
    console.log(`\n${curveSection(reports.at(-1)!)}`);
  }
  return reports;
}
