import { isOurs, SOURCE, type ToPrimary, type ToWorker, type Untagged } from "./messages.js";
import { nodeCluster } from "./node-cluster.js";

type Listener = (message: ToWorker) => void;

/** A worker's end of a group: what it says goes to the primary. */
export class Seat {
  readonly #group: string;
  readonly #name: string;

  /**
   * @param group what it shares with seats of other workers
   * @param name unique
   * @throws Error outside of a worker
   */
  constructor(group: string, name: string, listener: Listener) {
    requireWorker();
    this.#group = group;
    this.#name = name;
    if (listeners.size === 0) process.on("message", dispatch);
    listeners.set(name, listener);
  }

  /** Rejects if the primary is out of reach. */
  tell(message: Untagged<ToPrimary>): Promise<void> {
    return new Promise((resolve, reject) => {
      const tagged = { ...message, source: SOURCE, group: this.#group, seat: this.#name };
      if (!process.connected) return reject(new Error("the primary of node:cluster is gone"));
      process.send!(tagged, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Nothing is heard any more. */
  close(): void {
    this.tell({ kind: "close" }).catch(() => {});
    listeners.delete(this.#name);
    // A listener of messages keeps a worker alive.
    if (listeners.size === 0) process.removeListener("message", dispatch);
  }
}

/** @throws Error outside of a worker */
export function requireWorker(): void {
  if (!nodeCluster().isWorker) throw new Error("socket.io/cluster: only for workers of node:cluster");
}

const listeners = new Map<string, Listener>();

function dispatch(message: unknown): void {
  if (isOurs<ToWorker>(message)) listeners.get(message.seat)?.(message);
}
