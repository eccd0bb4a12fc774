import { asked } from "../programs.ts";
import type { MemoryMark } from "../server/marks.ts";
import { settingOf, type TargetName } from "../targets.ts";
import { end, startLoad, startServer } from "./processes.ts";
import { shareOf, type Scenario } from "./scenario.ts";

/** Memory of quiet connections, by how much heap and resident memory grow. @param keepRequest of ours; upstream has no such option */
export function idle(shape: {
  readonly name: string;
  readonly does: string;
  readonly keepRequest: boolean;
  readonly targets: readonly TargetName[];
}): Scenario {
  const options = (target: TargetName): { keepRequest?: boolean } =>
    target.startsWith("ours") && !shape.keepRequest ? { keepRequest: false } : {};
  return {
    ...shape,
    metrics: {
      "heap-5000": "KiB heap per connection, of 5,000",
      "rss-5000": "KiB RSS per connection, of 5,000",
      "heap-10000": "KiB heap per connection, of 10,000",
      "rss-10000": "KiB RSS per connection, of 10,000",
    },
    async run(target, pace) {
      const server = await startServer(settingOf(target, { options }), pace.flags);
      const load = await startLoad("connect-ws", [server]);
      const half = shareOf(HALF, pace);
      const empty = await asked<MemoryMark>(server.child, "memory");
      const figures: Record<string, number> = {};
      for (const [label, count] of [
        ["5000", half],
        ["10000", 2 * half],
      ] as const) {
        await asked(load, { count: half, width: 64, limitMs: 600_000 });
        const { heapUsed, rss } = await asked<MemoryMark>(server.child, "memory");
        figures[`heap-${label}`] = (heapUsed - empty.heapUsed) / count / 1024;
        figures[`rss-${label}`] = (rss - empty.rss) / count / 1024;
      }
      await end(load, server.child);
      return figures;
    },
  };
}

const HALF = 5000;
