import { setTimeout as sleep } from "node:timers/promises";
import { asked } from "../programs.ts";
import { cpuOf, end, startLoad, startServer, usBetween } from "../scenarios/processes.ts";
import type { Figures } from "../scenarios/scenario.ts";
import type { LagMark, MemoryMark } from "../server/marks.ts";
import { settingOf } from "../targets.ts";
import type { Curve } from "./curve.ts";

/** More would be above the limit of 20,000 files that machines like ours have for a process. */
export const idleConnections: Curve = {
  name: "idle connections",
  does: "quiet WebSocket clients of one server, pinged every 5 s; over two such intervals, how late the event loop comes to its timers, and what share of a core is used",
  of: "connections",
  at: [2000, 6000, 10_000, 14_000, 18_000],
  metrics: { p99: "ms late, p99", max: "ms late at most", core: "% of a core", heap: "KiB heap per connection" },
  async run(target, at, pace) {
    const server = await startServer(settingOf(target, { options: () => ({ pingInterval: INTERVAL_MS }) }), pace.flags);
    const load = await startLoad("connect-ws", [server]);
    const empty = await asked<MemoryMark>(server.child, "memory");
    const figures: Figures[] = [];
    let open = 0;
    for (const count of at) {
      await asked(load, { count: count - open, width: 64, limitMs: 600_000 });
      open = count;
      const { heapUsed } = await asked<MemoryMark>(server.child, "memory");
      // Begins anew after what the collections took.
      await asked(server.child, "lag");
      const before = await cpuOf([server]);
      const measuredMs = 2 * INTERVAL_MS * pace.share;
      await sleep(measuredMs);
      const { p99Ms, maxMs } = await asked<LagMark>(server.child, "lag");
      const core = usBetween(before, await cpuOf([server])) / measuredMs / 10;
      figures.push({ p99: p99Ms, max: maxMs, core, heap: (heapUsed - empty.heapUsed) / count / 1024 });
    }
    await end(load, server.child);
    return figures;
  },
};

const INTERVAL_MS = 5000;
