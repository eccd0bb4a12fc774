import type { Adapter } from "socket.io-adapter";
import type { PackageAt } from "../makers.ts";
import type { Figures } from "../scenarios/scenario.ts";
import { cpu } from "../server/marks.ts";
import { requireAt } from "../server/require-at.ts";

/* Says what joining and leaving a room takes at each point of the curve. Argument: adapter and points, as JSON. */
const order = JSON.parse(process.argv[2]!) as { package: PackageAt; at: readonly number[] };
const { Adapter: AdapterClass } = requireAt<{ Adapter: typeof Adapter }>(order.package);
const TIMES = 100_000;
/**
 * So many sockets and rooms take turns. Sets of V8 keep what is deleted in its bucket until they are built anew, so that the same
 * socket, in and out of the same room, would look at all its earlier visits each time.
 */
const VISITORS = 10_000;

process.send!(order.at.map(measure));
process.disconnect();

function measure(size: number): Figures {
  const adapter = new AdapterClass({ name: "/", sockets: new Map(), server: { encoder: {} } });
  for (let at = 0; at < size; at++) {
    join(adapter, `member${at}`, "crowded");
    join(adapter, "busy", `own${at}`);
    join(adapter, `other${at}`, `room${at}`);
  }
  const visits = Array.from({ length: VISITORS }, (_, at) => [`visitor${at}`, `visited${at}`] as const);
  joinAndLeave(adapter, visits);
  const before = cpu();
  joinAndLeave(adapter, visits);
  const after = cpu();
  return { join: ((after.userUs + after.systemUs - before.userUs - before.systemUs) * 1000) / TIMES };
}

/** In turn somebody visits the crowded room, and the busy socket a room of nobody else. */
function joinAndLeave(adapter: Adapter, visits: readonly (readonly [socket: string, room: string])[]): void {
  for (let at = 0; at < TIMES / 2; at++) {
    const [socket, room] = visits[at % VISITORS]!;
    visit(adapter, socket, "crowded");
    visit(adapter, "busy", room);
  }
}

function visit(adapter: Adapter, socket: string, room: string): void {
  join(adapter, socket, room);
  void adapter.del(socket, room);
}

function join(adapter: Adapter, socket: string, room: string): void {
  void adapter.addAll(socket, new Set([room]));
}
