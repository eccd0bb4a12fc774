import type { KeepLimits, Payload } from "./messages.js";

interface Kept {
  readonly session: Payload;
  readonly until: number;
}

/** The sessions of one namespace whose clients were cut off, in the memory of the primary. Time comes in as a number, in ms. */
export class KeptSessions {
  /** In the order in which they were kept. */
  readonly #sessions = new Map<string, Kept>();

  keep(pid: string, session: Payload, { maxAgeMs, maxSessions }: KeepLimits, now: number): void {
    this.#sessions.delete(pid);
    this.#sessions.set(pid, { session, until: now + maxAgeMs });
    this.#trim(maxSessions, now);
  }

  /** Whether nobody can come back. */
  isEmpty(now: number): boolean {
    this.#trim(Infinity, now);
    return this.#sessions.size === 0;
  }

  /** Hands it out, once. */
  take(pid: string, now: number): Payload | undefined {
    const kept = this.#sessions.get(pid);
    this.#sessions.delete(pid);
    return kept === undefined || kept.until <= now ? undefined : kept.session;
  }

  #trim(maxSessions: number, now: number): void {
    for (const [oldest, { until }] of this.#sessions) {
      if (this.#sessions.size <= maxSessions && until > now) return;
      this.#sessions.delete(oldest);
    }
  }
}
