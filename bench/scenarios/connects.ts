import { asked } from "../programs.ts";
import type { VisitOrder } from "../load/load.ts";
import { median } from "../report/statistics.ts";
import { settingOf, type TargetName } from "../targets.ts";
import { cpuOf, end, startLoad, startServer, usBetween } from "./processes.ts";
import { shareOf, type Scenario } from "./scenario.ts";

export interface ConnectShape {
  readonly name: string;
  readonly does: string;
  /** The visit of the clients, if it has not the name of the scenario. */
  readonly visit?: string;
  readonly count: number;
  /** How many clients connect at the same time. */
  readonly width: number;
  readonly targets: readonly TargetName[];
}

/** Clients that connect and stay. The warm-up takes its time, or as many connections as are measured. */
export function connects(shape: ConnectShape): Scenario {
  return {
    ...shape,
    metrics: { cpu: "µs CPU per connection", p50: "ms until connected, median" },
    async run(target, pace) {
      const server = await startServer(settingOf(target), pace.flags);
      const load = await startLoad(shape.visit ?? shape.name, [server]);
      const visit = (order: VisitOrder): Promise<{ times: number[] }> => asked(load, order);
      const { width } = shape;
      const count = shareOf(shape.count, pace);
      await visit({ count, width, limitMs: pace.warmUpMs });
      const before = await cpuOf([server]);
      const { times } = await visit({ count, width, limitMs: LONG_MS });
      const after = await cpuOf([server]);
      await end(load, server.child);
      return { cpu: usBetween(before, after) / count, p50: median(times) };
    },
  };
}

const LONG_MS = 600_000;
