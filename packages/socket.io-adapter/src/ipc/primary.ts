import type { Worker } from "node:cluster";
import { Groups } from "./groups.js";
import { isOurs, SOURCE, type ToPrimary } from "./messages.js";
import { nodeCluster } from "./node-cluster.js";
import { WorkerLine } from "./worker-line.js";

/**
 * In the primary of node:cluster, before the first worker is forked: lets the workers of this process speak with each other. Once
 * is enough.
 *
 * @throws Error in a worker, or if there are workers: these could not send bytes
 */
export function setupPrimary(): void {
  const cluster = nodeCluster();
  if (!cluster.isPrimary) throw new Error("setupPrimary() is for the primary of node:cluster");
  if (hub !== undefined) return;
  if (Object.keys(cluster.workers ?? {}).length > 0) throw new Error("setupPrimary() comes before the first fork()");
  cluster.setupPrimary({ serialization: "advanced" });
  hub = new Hub();
}

let hub: Hub | undefined;

class Hub {
  readonly #groups = new Groups((to, group, seat, message) => {
    to.tell({ ...message, source: SOURCE, group, seat });
  });
  readonly #lines = new WeakMap<Worker, WorkerLine>();

  constructor() {
    const cluster = nodeCluster();
    cluster.on("message", (worker, message: unknown) => {
      if (isOurs<ToPrimary>(message)) this.#groups.receive(message, this.#lineTo(worker), now());
    });
    // One that only ends its channel says nothing any more either.
    for (const event of ["disconnect", "exit"]) {
      cluster.on(event, (worker: Worker) => this.#groups.onExit(this.#lineTo(worker), now()));
    }
  }

  #lineTo(worker: Worker): WorkerLine {
    let line = this.#lines.get(worker);
    if (line === undefined) {
      line = new WorkerLine(worker, now);
      this.#lines.set(worker, line);
    }
    return line;
  }
}

function now(): number {
  return performance.now();
}
