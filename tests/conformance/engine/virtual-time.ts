import timers from "node:timers";

const { setTimeout: setRealTimeout, clearTimeout: clearRealTimeout } = globalThis;

/**
 * The timers and the clock of this process, standing still until {@link VirtualTime.advance}. Installed before an engine is
 * started, since engines of both makers look the functions up at each call, upstream's in `node:timers` as well.
 */
export class VirtualTime {
  static install(): VirtualTime {
    return (VirtualTime.#installed ??= new VirtualTime());
  }

  static #installed: VirtualTime | undefined;
  #now = 1_000_000;
  readonly #due = new Set<VirtualTimer>();

  private constructor() {
    const set = (run: (...args: unknown[]) => void, delayMs = 1, ...args: unknown[]): VirtualTimer =>
      new VirtualTimer(this.#due, () => this.#now, run, Math.max(1, delayMs), args, false);
    const repeat = (run: (...args: unknown[]) => void, delayMs = 1, ...args: unknown[]): VirtualTimer =>
      new VirtualTimer(this.#due, () => this.#now, run, Math.max(1, delayMs), args, true);
    const clear = (timer: unknown): void => void this.#due.delete(timer as VirtualTimer);
    const functions = { setTimeout: set, setInterval: repeat, clearTimeout: clear, clearInterval: clear };
    Object.assign(globalThis, functions);
    Object.assign(timers, functions);
    performance.now = () => this.#now;
  }

  /** Lets timers go off in the order of their times, each at its own time. What they cause in the network comes later. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      next.goOff();
    }
    this.#now = end;
  }

  /** How long nothing goes off, in ms: Infinity if there is no timer. */
  get idleMs(): number {
    return (this.#next(Infinity)?.at ?? Infinity) - this.#now;
  }

  /** Drops all timers: those of a server that is gone must not go off in the time of the next. */
  reset(): void {
    this.#due.clear();
  }

  #next(end: number): VirtualTimer | undefined {
    let next: VirtualTimer | undefined;
    for (const timer of this.#due) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }
}

/** Rejects if something takes longer than this, in ms of the real clock: a bound for what waits for events. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setRealTimeout(() => reject(new Error(`nothing happened for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearRealTimeout(timer);
  }
}

/** As much of node's Timeout as engines use. */
class VirtualTimer {
  at = 0;

  constructor(
    readonly due: Set<VirtualTimer>,
    readonly now: () => number,
    readonly run: (...args: unknown[]) => void,
    readonly delayMs: number,
    readonly args: readonly unknown[],
    readonly repeats: boolean,
  ) {
    this.refresh();
  }

  refresh(): this {
    this.at = this.now() + this.delayMs;
    // Again at the end: of those that are due at the same time, the one that was set first goes off first.
    this.due.delete(this);
    this.due.add(this);
    return this;
  }

  goOff(): void {
    if (this.repeats) this.refresh();
    else this.due.delete(this);
    this.run(...this.args);
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}
