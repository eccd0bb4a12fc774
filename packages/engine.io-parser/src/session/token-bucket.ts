/** How often something may happen in the long run, and how much of it at once. */
export interface RateOptions {
  /** So many a second, fractions included: 0.1 is one in ten seconds. */
  readonly perSecond: number;
  /**
   * So many at once after a time of silence.
   * @default perSecond, at least 1
   */
  readonly burst?: number | undefined;
}

/** Tokens are added and compared as fractions. */
const ROUNDING = 1e-6;

/** A rate that is ready to be used by many buckets. */
export class Rate {
  /** Tokens that come back each ms. */
  readonly perMs: number;
  readonly burst: number;

  /**
   * @param name of the option, for the error
   * @throws RangeError if a number is none, or makes no sense
   */
  constructor({ perSecond, burst = Math.max(1, perSecond) }: RateOptions, name: string) {
    if (!(perSecond > 0 && burst >= 1)) {
      throw new RangeError(`${name}: perSecond has to be above 0, and burst at least 1, not ${perSecond} and ${burst}`);
    }
    this.perMs = perSecond / 1000;
    this.burst = burst;
  }
}

/**
 * A token bucket without a timer: all that it knows is when it will be full again. Time comes in as a number, in ms on any clock that
 * does not go backwards.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #fullAt = 0;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * Takes tokens, or none. What costs more than the bucket holds passes when it is full, and is paid off before anything else passes.
   * @returns 0 if they were taken; else in how many ms they will be there
   */
  take(cost: number, now: number): number {
    const { perMs, burst } = this.#rate;
    const from = Math.max(this.#fullAt, now);
    const missing = Math.min(cost, burst) - (burst - (from - now) * perMs);
    if (missing > ROUNDING) return Math.ceil(missing / perMs - ROUNDING);
    this.#fullAt = from + cost / perMs;
    return 0;
  }

  /** True if it is as good as new. */
  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }
}
