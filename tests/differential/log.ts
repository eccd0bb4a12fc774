/** What was seen while a program ran, by step and by who saw it: each hears its own things in order. */
export class StepLog {
  readonly steps: Record<string, string[]>[] = [];
  /** Grows with each entry. */
  length = 0;
  #isOver = false;

  begin(): void {
    this.steps.push({});
  }

  /** From now on nothing is noted. */
  end(): void {
    this.#isOver = true;
  }

  add(observer: string, text: string): void {
    if (this.#isOver) return;
    this.length++;
    (this.steps.at(-1)![observer] ??= []).push(text);
  }
}
