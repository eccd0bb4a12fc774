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

/** So many deadlines at a time: then what else there is to do has its turn. */
const DEADLINES_AT_A_TIME = 64;

/** All sessions are looked at once. */
interface Round {
  readonly rest: IterableIterator<SweptSession>;
  /** When the next one has to begin. */
  periodMs: number;
}

/**
 * One timer for the deadlines of all sessions of a server (heartbeats, upgrades, closing). It goes off as often as the
 * session with the shortest delay needs it. A timer per session would cost more than the pings that it sends.
 */
export class Sweep {
  readonly #sessions = new Set<SweptSession>();
  #timer: NodeJS.Timeout | undefined;
  #periodMs = Infinity;
  /** One that is under way, perhaps in turns. */
  #round: Round | null = null;

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
    if (this.#round !== null) this.#round.periodMs = Math.min(this.#round.periodMs, session.periodMs);
    else if (session.periodMs < this.#periodMs) this.#arm(session.periodMs);
  }

  readonly #run = (): void => {
    const round = (this.#round ??= { rest: this.#sessions.values(), periodMs: LONGEST_PERIOD_MS });
    let isOver = true;
    // If a listener of the application throws, the sessions behind are looked at as soon as can be.
    let periodMs = SHORTEST_PERIOD_MS;
    try {
      isOver = this.#visit(round, this.now());
      periodMs = round.periodMs;
    } finally {
      if (this.#sessions.size === 0) this.#disarm();
      else if (isOver) this.#arm(periodMs);
      else this.#goOnWith(round);
    }
  };

  /** @returns whether all sessions have been looked at */
  #visit(round: Round, now: number): boolean {
    let met = 0;
    // Those of Sets may be left and taken up again.
    for (const session of round.rest) {
      const isDue = session.deadline <= now;
      if (isDue) session.onDeadline(now);
      measure(session, now);
      if (session.periodMs < round.periodMs) round.periodMs = session.periodMs;
      if (isDue && ++met === DEADLINES_AT_A_TIME) return false;
    }
    return true;
  }

  #goOnWith(round: Round): void {
    clearTimeout(this.#timer);
    this.#round = round;
    setImmediate(() => {
      // Meanwhile all sessions may have ended, and others begun.
      if (this.#round === round) this.#run();
    });
  }

  #arm(periodMs: number): void {
    clearTimeout(this.#timer);
    this.#round = null;
    this.#periodMs = periodMs;
    // Connections keep the process alive, not their heartbeats.
    this.#timer = setTimeout(this.#run, periodMs).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#periodMs = Infinity;
    this.#round = null;
  }
}

function measure(session: SweptSession, now: number): void {
  const { deadline } = session;
  if (deadline === session.seenDeadline) return;
  session.seenDeadline = deadline;
  session.periodMs = Math.round(Math.min(Math.max((deadline - now) * SHARE, SHORTEST_PERIOD_MS), LONGEST_PERIOD_MS));
}
