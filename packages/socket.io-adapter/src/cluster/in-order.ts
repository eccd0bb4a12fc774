/** Runs what it is given in that order, though some of it has to wait. */
export class InOrder {
  #last: Promise<void> | undefined;

  /** @param onError told what something that had to wait has thrown */
  constructor(private readonly onError: (error: unknown) => void) {}

  /**
   * Runs it at once if nothing waits, else behind what does.
   *
   * @param ready what it waits for itself; must not reject
   */
  run(action: () => void, ready?: Promise<void>): void {
    const before = this.#last;
    if (before === undefined && ready === undefined) return action();
    const done = Promise.all([before, ready]).then(action).catch(this.onError);
    this.#last = done;
    void done.then(() => {
      if (this.#last === done) this.#last = undefined;
    });
  }
}
