/** Time that moves only when told to. What is due at the same moment runs in the order in which it was scheduled. */
export class VirtualClock {
  now = 0;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  at(time: number, run: () => void): void {
    const entry = { at: Math.max(time, this.now), run };
    let i = this.#due.length;
    while (i > 0 && this.#due[i - 1]!.at > entry.at) i--;
    this.#due.splice(i, 0, entry);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now + delayMs, run);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}
