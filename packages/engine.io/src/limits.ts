/** How often each limit has turned something away since the server was made, by the name of its option. */
export class LimitCounters {
  readonly #counts = new Map<string, number>();

  /** Times that the limit of this option was reached. */
  get(option: string): number {
    return this.#counts.get(option) ?? 0;
  }

  /** Of all limits that were reached. */
  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** Names of options and times, in the order in which they were first reached. */
  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }

  /** @internal */
  count(option: string): void {
    this.#counts.set(option, this.get(option) + 1);
  }
}
