import { processErrors } from "../../../packages/socket.io/test/support/process-errors.ts";
import type { Maker } from "../../interop/implementations.ts";
import type { Subject } from "../programs.ts";
import { draw } from "./draw.ts";
import { Log } from "./log.ts";
import type { Plant } from "./node.ts";
import { Player } from "./player.ts";
import type { Act, Program, Setting } from "./program.ts";

/*
 * What is left out of programs, since clusters differ there on purpose, or upstream's are at fault:
 *
 * - allSockets (docs/differences.md);
 * - `local` for broadcasts with an acknowledgement (docs/differences.md);
 * - what a server is told of its own questions once it is closed (docs/differences.md);
 * - over pub/sub, namespaces of which one begins as another and `#`: upstream's servers take messages of one for the other's;
 * - over sharded pub/sub and streams, objects with `toJSON`: upstream's fail where there are bytes, or an acknowledgement;
 * - with recovery, volatile broadcasts, which upstream's send again to who comes back, and broadcasts of parent namespaces, whose offsets
 *   upstream's add to each other's packets;
 * - over streams, dynamic namespaces that go: upstream's adapters of these go on to answer;
 * - what is asked of a RemoteSocket that is a Socket of this server;
 * - what is done in the tick of a socketsJoin, socketsLeave or disconnectSockets, but over pub/sub: upstream's carry them out later;
 * - which form `undefined`, NaN and bytes have for listeners on another server: what clients get is the same (docs/status.md).
 */

/** Whose the servers of a cluster are, in turn, and what is done to them. */
export interface Cluster {
  readonly makers: readonly Maker[];
  readonly plant: Plant;
}

const MAKERS = { ours: ["ours"], upstream: ["upstream"], mixed: ["ours", "upstream"] } as const;

/** Servers of socket.io that are connected by the adapters of their makes. */
export const clusters: Subject<Cluster, Setting, Act, keyof typeof MAKERS> = { load, draw, play };

function load(makers: keyof typeof MAKERS): Cluster {
  return { makers: MAKERS[makers], plant: () => {} };
}

/** What is seen when a cluster does what a program says. */
async function play({ makers, plant }: Cluster, program: Program): Promise<Log> {
  const log = new Log();
  const { warn } = console;
  console.warn = (...args: unknown[]) => log.add("console", args.join(" "));
  try {
    await processErrors(async (errors) => {
      await Player.run(makers, program, log, plant, () => {
        for (const error of [...errors.uncaught.splice(0), ...errors.rejected.splice(0)])
          log.add("process", String(error));
      });
    });
  } finally {
    console.warn = warn;
  }
  return log;
}
