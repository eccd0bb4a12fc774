import type { Adapter } from "socket.io-adapter";
import type { PackageAt } from "../makers.ts";
import type { Figures } from "../scenarios/scenario.ts";
import { cpu } from "../server/marks.ts";
import { requireAt } from "../server/require-at.ts";

/* Says what joining and leaving a room takes at each point of the curve. Argument: adapter and points, as JSON. */
const order = JSON.parse(process.argv[2]!) as { package: PackageAt; at: readonly number[] };
const { Adapter: AdapterClass } = requireAt<{ Adapter: typeof Adapter }>(order.package);
const TIMES = 100_000;

process.send!(order.at.map(measure));
process.disconnect();

function measure(size: number): Figures {
  const adapter = new AdapterClass({ name: "/", sockets: new Map(), server: { encoder: {} } });
  for (let at = 0; at < size; at++) {
    join(adapter, `member${at}`, "crowded");
    join(adapter, "busy", `own${at}`);
    join(adapter, `other${at}`, `room${at}`);
  }
  joinAndLeave(adapter);
  const before = cpu();
  joinAndLeave(adapter);
  const after = cpu();
  return { join: ((after.userUs + after.systemUs - before.userUs - before.systemUs) * 1000) / TIMES };
}

function joinAndLeave(adapter: Adapter): void {
  for (let at = 0; at < TIMES; at++) {
    join(adapter, "busy", "crowded");
    void adapter.del("busy", "crowded");
  }
}

function join(adapter: Adapter, socket: string, room: string): void {
  void adapter.addAll(socket, new Set([room]));
}
