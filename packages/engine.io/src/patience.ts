/** What the application was asked, and how to stop waiting for it. */
export interface Wait {
  /** Nobody waits any more: the request was answered by other means. */
  cancel(): void;
}

/** All that one engine waits for: an application that is stuck holds no connection for ever, and none when the engine closes. */
export class Patience {
  /** Of those who wait: gives up, for this reason. */
  readonly #waits = new Set<(error: Error) => void>();
  readonly #onLate: () => void;

  /** @param onLate called each time that the application took too long */
  constructor(onLate: () => void) {
    this.#onLate = onLate;
  }

  /**
   * Asks the application, which answers by the callback that `question` is given: at once, later, or never. `done` is called at most
   * once: with the answer, or with what `late` makes of the reason why it is not waited for any longer.
   * @param limitMs 0: there is no limit
   * @returns null if the answer is there already
   */
  ask<Answer>(
    limitMs: number,
    late: (error: Error) => Answer,
    question: (answer: (value: Answer) => void) => void,
    done: (value: Answer) => void,
  ): Wait | null {
    let timer: NodeJS.Timeout | undefined;
    let state: "waiting" | "over" = "waiting";
    const end = (): void => {
      state = "over";
      clearTimeout(timer);
      this.#waits.delete(giveUp);
    };
    const settle = (value: Answer): void => {
      if (state === "over") return;
      end();
      done(value);
    };
    const giveUp = (error: Error): void => settle(late(error));
    const isWaiting = (): boolean => state === "waiting";
    question(settle);
    if (!isWaiting()) return null;
    this.#waits.add(giveUp);
    if (limitMs > 0 && limitMs <= LONGEST_TIMER_MS) {
      const onTimeout = (): void => {
        this.#onLate();
        giveUp(new Error(`the application took more than ${limitMs} ms (handshakeTimeout)`));
      };
      // It does not keep the process alive: the connection does.
      timer = setTimeout(onTimeout, limitMs).unref();
    }
    return { cancel: end };
  }

  /** The engine closes: nobody waits any longer. */
  end(): void {
    for (const giveUp of this.#waits) giveUp(new Error("the server was closed"));
  }
}

/** Timers of more would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
