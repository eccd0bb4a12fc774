/** How often one person may speak: a few things at once, then at a steady pace. Time comes in as a number. */
export class Allowance {
  #left: number;
  #at: number;

  constructor(
    readonly burst: number,
    readonly perSecond: number,
    now: number,
  ) {
    this.#left = burst;
    this.#at = now;
  }

  /** True if one more is allowed now, in ms on the owner's clock. */
  take(now: number): boolean {
    this.#left = Math.min(this.burst, this.#left + (Math.max(0, now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
