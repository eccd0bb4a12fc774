/** Longer delays make setTimeout fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * How long to wait before the next attempt to connect, and how many attempts are left. Holds no timer.
 *
 * The delay doubles from attempt to attempt up to {@link max}; the jitter comes after the cap, so that clients which lost their
 * server together do not come back together even when all of them wait the longest.
 */
export class Backoff {
  /** Attempts made since the last {@link reset}. */
  attempts = 0;

  /** First delay, in ms. */
  declare ms: number;
  /** No delay is longer, in ms. */
  declare max: number;
  /** Share of the delay by which it varies, in ]0, 1]; anything else: it does not vary. */
  declare jitter: number;
  /** How many attempts are made in a row. */
  declare limit: number;
  declare private readonly _random: () => number;

  /** @param random source of numbers in [0, 1[; tests give a seeded one */
  constructor(ms: number, max: number, jitter: number, limit: number, random: () => number = Math.random) {
    this.ms = ms;
    this.max = max;
    this.jitter = jitter;
    this.limit = limit;
    this._random = random;
  }

  /** True after the last attempt. */
  get exhausted(): boolean {
    return this.attempts >= this.limit;
  }

  /** Counts one more attempt and says in how many ms to make it. */
  duration(): number {
    const longest = Math.min(this.max, MAX_DELAY_MS);
    const delay = Math.min(this.ms * 2 ** this.attempts++, longest);
    const spread = this.jitter <= 1 ? delay * Math.max(this.jitter, 0) : 0;
    const from = delay - spread;
    return Math.floor(from + this._random() * (Math.min(delay + spread, longest) - from));
  }

  /** Back to the first delay. */
  reset(): void {
    this.attempts = 0;
  }
}
