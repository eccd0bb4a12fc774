import type { Worker } from "node:cluster";
import { Group, type WorkerProcess } from "./group.js";
import { isOurs, SOURCE, type ToPrimary } from "./messages.js";
import { nodeCluster } from "./node-cluster.js";

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
  readonly #groups = new Map<string, Group>();
  readonly #workers = new WeakMap<Worker, WorkerProcess>();

  constructor() {
    const cluster = nodeCluster();
    cluster.on("message", (worker, message: unknown) => {
      if (isOurs<ToPrimary>(message)) this.#groupOf(message.group).receive(message, this.#processOf(worker), now());
    });
    // One that only ends its channel says nothing any more either.
    cluster.on("disconnect", (worker) => this.#onExit(worker));
    cluster.on("exit", (worker) => this.#onExit(worker));
  }

  #onExit(worker: Worker): void {
    for (const group of this.#groups.values()) group.onExit(this.#processOf(worker), now());
  }

  #groupOf(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = new Group((to, seat, message) => {
        to.tell({ ...message, source: SOURCE, group: name, seat });
      });
      this.#groups.set(name, group);
    }
    return group;
  }

  #processOf(worker: Worker): WorkerProcess {
    let known = this.#workers.get(worker);
    if (known === undefined) {
      known = {
        tell(message) {
          // It may be about to end: its exit follows.
          if (worker.isConnected()) worker.send(message, undefined, undefined, () => {});
        },
      };
      this.#workers.set(worker, known);
    }
    return known;
  }
}

function now(): number {
  return performance.now();
}
