import { Group, type WorkerProcess } from "./group.js";
import type { ToPrimary, ToWorker, Untagged } from "./messages.js";

/** Fewer groups are never looked through for those that are over. */
const FEW = 16;

/** All groups of a primary. Clients may make namespaces, so a group that is over is forgotten in time. Knows no clock. */
export class Groups {
  readonly #groups = new Map<string, Group>();
  /** With so many, the next one looks for those that are over. */
  #many = FEW;

  constructor(
    private readonly tell: (to: WorkerProcess, group: string, seat: string, message: Untagged<ToWorker>) => void,
  ) {}

  get size(): number {
    return this.#groups.size;
  }

  receive(message: ToPrimary, worker: WorkerProcess, now: number): void {
    const { group: name, kind } = message;
    let group = this.#groups.get(name);
    if (group === undefined) {
      // Of a seat that has closed.
      if (kind !== "open") return;
      group = this.#add(name, now);
    }
    group.receive(message, worker, now);
  }

  /** The worker has ended. */
  onExit(worker: WorkerProcess, now: number): void {
    for (const group of this.#groups.values()) group.onExit(worker, now);
  }

  #add(name: string, now: number): Group {
    if (this.#groups.size >= this.#many) this.#forget(now);
    const group = new Group((to, seat, message) => this.tell(to, name, seat, message));
    this.#groups.set(name, group);
    return group;
  }

  #forget(now: number): void {
    for (const [name, group] of this.#groups) if (group.isOver(now)) this.#groups.delete(name);
    this.#many = Math.max(FEW, 2 * this.#groups.size);
  }
}
