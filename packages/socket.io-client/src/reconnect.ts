/** Longer delays make setTimeout fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The options of Managers that count here; see `ManagerOptions`. */
export interface BackoffSettings {
  reconnectionAttempts: number;
  reconnectionDelay: number;
  reconnectionDelayMax: number;
  randomizationFactor: number;
}

/**
 * How long to wait before the next attempt to connect, and how many attempts are left. Holds no timer.
 *
 * The delay doubles from attempt to attempt up to `reconnectionDelayMax`; the jitter comes after the cap, so that clients which lost
 * their server together do not come back together even when all of them wait the longest.
 */
export class Backoff {
  /** Attempts made since the last {@link reset}. */
  attempts = 0;
  declare private readonly _settings: BackoffSettings;

  /** @param settings read at every use */
  constructor(settings: BackoffSettings) {
    this._settings = settings;
  }

  /** True after the last attempt. */
  get exhausted(): boolean {
    return this.attempts >= this._settings.reconnectionAttempts;
  }

  /**
   * Counts one more attempt and says in how many ms to make it.
   * @param random source of numbers in [0, 1[; tests give a seeded one
   */
  duration(random: () => number = Math.random): number {
    const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = this._settings;
    const longest = Math.min(reconnectionDelayMax, MAX_DELAY_MS);
    const delay = Math.min(reconnectionDelay * 2 ** this.attempts++, longest);
    // A share in ]0, 1]; anything else: it does not vary.
    const spread = randomizationFactor > 0 && randomizationFactor <= 1 ? delay * randomizationFactor : 0;
    const from = delay - spread;
    return Math.floor(from + random() * (Math.min(delay + spread, longest) - from));
  }

  /** Back to the first delay. */
  reset(): void {
    this.attempts = 0;
  }
}
