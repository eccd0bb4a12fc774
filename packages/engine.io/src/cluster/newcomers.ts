/**
 * How long a request waits for the first word of a server that gave out its session, in ms. Servers hear of each other by the bus, clients
 * by whatever stands before the servers: either may be faster.
 */
const PATIENCE_MS = 500;

/** Requests for sessions of servers that have yet to be heard of. */
export class Newcomers {
  readonly #awaited = new Map<string, Set<() => void>>();
  #waiting = 0;

  /**
   * Calls back once that server is known, or the wait is over.
   * @param max so many may wait; who comes then is called back at once
   */
  await(id: string, max: number, done: () => void): void {
    if (this.#waiting >= max) return done();
    this.#waiting++;
    const waiting = this.#awaited.get(id) ?? new Set();
    this.#awaited.set(id, waiting);
    const goOn = (): void => {
      clearTimeout(timer);
      this.#waiting--;
      waiting.delete(goOn);
      if (waiting.size === 0) this.#awaited.delete(id);
      done();
    };
    const timer = setTimeout(goOn, PATIENCE_MS);
    waiting.add(goOn);
  }

  /** A server was heard of. */
  onNews(isKnown: (id: string) => boolean): void {
    for (const [id, waiting] of this.#awaited) {
      if (!isKnown(id)) continue;
      for (const goOn of waiting) goOn();
    }
  }

  /** Nobody is heard any more. */
  stop(): void {
    this.onNews(() => true);
  }
}
