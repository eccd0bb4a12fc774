import type { ServerId } from "./messages.js";

/** Who waits for the clients of other servers to acknowledge a broadcast. */
export interface AckWaiter {
  /** One server tells how many of its clients got it. */
  readonly onClientCount: (clientCount: number, from: ServerId | undefined) => void;
  /** One client has answered. */
  readonly onAck: (...args: unknown[]) => void;
}

interface Awaited {
  readonly waiter: AckWaiter;
  /** Servers that are known by name, and have not told yet how many clients they have. */
  readonly silent: Set<ServerId>;
  /** Servers that have told it. */
  reports: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Broadcasts whose receivers on other servers are still answering, by id of the request. Unlike a question to the servers
 * (`ClusterRequests`), nobody here knows when it is answered: whoever waits counts, and is forgotten when time is up.
 */
export class AwaitedAcks {
  readonly #awaited = new Map<string, Awaited>();

  /** Broadcasts that still wait. */
  get size(): number {
    return this.#awaited.size;
  }

  /**
   * @param timeoutMs how long answers are heard; undefined: 1 ms (row Q-8)
   * @param servers those that will hear the broadcast, where they are known by name
   */
  open(id: string, waiter: AckWaiter, timeoutMs: number | undefined, servers: Iterable<ServerId> = []): void {
    const timer = setTimeout(() => this.#awaited.delete(id), timeoutMs).unref();
    this.#awaited.set(id, { waiter, silent: new Set(servers), reports: 0, timer });
  }

  has(id: string): boolean {
    return this.#awaited.has(id);
  }

  /** How many servers have told how many clients they have. */
  reportsOf(id: string): number {
    return this.#awaited.get(id)?.reports ?? 0;
  }

  /** Unknown ids are of broadcasts that nobody waits for any more. */
  countClients(id: string, clientCount: number, from?: ServerId): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    if (from !== undefined) awaited.silent.delete(from);
    awaited.reports++;
    awaited.waiter.onClientCount(clientCount, from);
  }

  /** A server has left the cluster: nothing is to be expected of it, if it has said nothing yet. */
  onServerGone(server: ServerId): void {
    for (const { silent, waiter } of this.#awaited.values()) {
      if (silent.delete(server)) waiter.onClientCount(0, server);
    }
  }

  answer(id: string, answer: unknown): void {
    this.#awaited.get(id)?.waiter.onAck(answer);
  }

  /** No answer will be heard any more. */
  close(): void {
    for (const { timer } of this.#awaited.values()) clearTimeout(timer);
    this.#awaited.clear();
  }
}
