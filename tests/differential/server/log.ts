/** What was seen in the course of a program, by whom, and during which step. In order for each observer: between them there is none. */
export class Log {
  readonly #steps: Map<string, string[]>[] = [new Map()];
  readonly #names = new Map<string, string>();
  #size = 0;

  /** How much has been seen. */
  get size(): number {
    return this.#size;
  }

  see(observer: string, what: string): void {
    this.#size++;
    const seen = this.#steps.at(-1)!;
    const list = seen.get(observer);
    if (list === undefined) seen.set(observer, [what]);
    else list.push(what);
  }

  next(): void {
    this.#steps.push(new Map());
  }

  /** From now on, and for what was seen before: the same name in all runs for what is random in each. */
  name(random: string, name: string): void {
    this.#names.set(random, name);
  }

  nameOf(random: string): string | undefined {
    return this.#names.get(random);
  }

  /** By step: observers in the order of their names, with what they have seen. */
  toSteps(): string[][] {
    return this.#steps.map((seen) =>
      [...seen]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([observer, list]) => list.map((what) => `${observer}: ${this.#named(what)}`)),
    );
  }

  #named(text: string): string {
    let result = text;
    // One may begin with another.
    const names = [...this.#names].toSorted(([a], [b]) => b.length - a.length);
    for (const [random, name] of names) result = result.replaceAll(random, name);
    return result;
  }
}
