/** Who waits for the clients of other servers to acknowledge a broadcast. */
export interface AckWaiter {
  /** One server tells how many of its clients got it. */
  readonly onClientCount: (clientCount: number) => void;
  /** One client has answered. */
  readonly onAck: (...args: unknown[]) => void;
}

interface Awaited {
  readonly waiter: AckWaiter;
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

  /** @param timeoutMs how long answers are heard; undefined: 1 ms (row Q-8) */
  open(id: string, waiter: AckWaiter, timeoutMs: number | undefined): void {
    const timer = setTimeout(() => this.#awaited.delete(id), timeoutMs).unref();
    this.#awaited.set(id, { waiter, timer });
  }

  has(id: string): boolean {
    return this.#awaited.has(id);
  }

  /** Unknown ids are of broadcasts that nobody waits for any more. */
  countClients(id: string, clientCount: number): void {
    this.#awaited.get(id)?.waiter.onClientCount(clientCount);
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
