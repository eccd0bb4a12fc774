import { Deadlines, type Deadline } from "socket.io-parser/acks";

export interface Clock {
  /** Monotonic time in ms. */
  now(): number;
  /** Calls back once after the delay; returns what {@link clearTimer} takes. */
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(timer: unknown): void;
}

/** Node warns of longer delays and treats them as 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const systemClock: Clock = {
  now: () => performance.now(),
  // Nothing waited for here should keep a process alive: if all servers are closed nobody is left to answer.
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/**
 * All that one Server waits for (acknowledgements, CONNECT packets, rest of binary packets), on one timer. A timer for
 * each would cost more than the packet that it watches.
 */
export class Alarm {
  readonly deadlines = new Deadlines();
  /** Replaced in tests. */
  clock: Clock = systemClock;
  #timer: unknown;
  #wakeAt = Infinity;

  /** Point in time that lies so many ms ahead. Like setTimeout, takes anything below 1 (or no number) for 1. */
  timeAfter(delayMs: number | undefined): number {
    return this.clock.now() + (delayMs !== undefined && delayMs > 1 ? delayMs : 1);
  }

  after(delayMs: number | undefined, onExpire: () => void): Deadline {
    const deadline = this.deadlines.add(this.timeAfter(delayMs), onExpire);
    this.arm();
    return deadline;
  }

  cancel(deadline: Deadline): void {
    this.deadlines.cancel(deadline);
  }

  /** Call after a deadline was added by somebody else. */
  arm(): void {
    const { next } = this.deadlines;
    if (next >= this.#wakeAt) return;
    if (this.#timer !== undefined) this.clock.clearTimer(this.#timer);
    this.#wakeAt = next;
    const delayMs = Math.min(Math.max(Math.ceil(next - this.clock.now()), 1), MAX_DELAY_MS);
    this.#timer = this.clock.setTimer(this.#wake, delayMs);
  }

  readonly #wake = (): void => {
    this.#timer = undefined;
    this.#wakeAt = Infinity;
    try {
      this.deadlines.expire(this.clock.now());
    } finally {
      this.arm();
    }
  };
}
