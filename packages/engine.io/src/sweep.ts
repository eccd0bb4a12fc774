import { ServerSession } from "engine.io-parser/session";

/** How late a deadline may be noticed: a twentieth of the delay that it was set with, but not more often than 10 ms … */
const SHARE = 1 / 20;
const SHORTEST_PERIOD_MS = 10;
/** … nor later than a second. */
const LONGEST_PERIOD_MS = 1_000;

/** A session as the sweep knows it. */
export class SweptSession extends ServerSession {
  /** The deadline that {@link periodMs} was made for. */
  seenDeadline = 0;
  periodMs = LONGEST_PERIOD_MS;
}

/**
 * One timer for the deadlines of all sessions of a server (heartbeats, upgrades, closing). It goes off as often as the
 * session with the shortest delay needs it. A timer per session would cost more than the pings that it sends.
 */
export class Sweep {
  readonly #sessions = new Set<SweptSession>();
  #timer: NodeJS.Timeout | undefined;
  #periodMs = Infinity;

  /** The clock, in whole ms: a fraction would take a number on the heap for each field that keeps it. Monotonic: changing the time of day expires nothing. */
  now(): number {
    return Math.round(performance.now());
  }

  /** Before the session is opened: its first deadline is noted then. */
  add(session: SweptSession): void {
    this.#sessions.add(session);
  }

  delete(session: SweptSession): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#disarm();
  }

  /** The session's deadline has changed. */
  note(session: SweptSession): void {
    if (!this.#sessions.has(session)) return;
    measure(session, this.now());
    if (session.periodMs < this.#periodMs) this.#arm(session.periodMs);
  }

  readonly #run = (): void => {
    // If a listener of the application throws, the sessions behind are looked at as soon as can be.
    let periodMs = SHORTEST_PERIOD_MS;
    try {
      periodMs = this.#visit(this.now());
    } finally {
      if (this.#sessions.size > 0) this.#arm(periodMs);
      else this.#disarm();
    }
  };

  /** Returns when to come again. */
  #visit(now: number): number {
    let periodMs = LONGEST_PERIOD_MS;
    for (const session of this.#sessions) {
      if (session.deadline <= now) session.onDeadline(now);
      measure(session, now);
      if (session.periodMs < periodMs) periodMs = session.periodMs;
    }
    return periodMs;
  }

  #arm(periodMs: number): void {
    clearTimeout(this.#timer);
    this.#periodMs = periodMs;
    // Connections keep the process alive, not their heartbeats.
    this.#timer = setTimeout(this.#run, periodMs).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#periodMs = Infinity;
  }
}

function measure(session: SweptSession, now: number): void {
  const { deadline } = session;
  if (deadline === session.seenDeadline) return;
  session.seenDeadline = deadline;
  session.periodMs = Math.round(Math.min(Math.max((deadline - now) * SHARE, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS));
}
