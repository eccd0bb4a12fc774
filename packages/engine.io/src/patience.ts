/** What the application was asked, and how to stop waiting for it. */
export interface Wait {
  /** Nobody waits any more: the request was answered by other means. */
  cancel(): void;
}

/**
 * Asks the application, which answers by the callback that `ask` is given: at once, later, or never. `done` is called at most once: with
 * the answer, or with `late()` after `limitMs` (0: there is no limit). So an application that is stuck holds no connection for ever.
 * @returns null if the answer is there already
 */
export function askWithin<Answer>(
  limitMs: number,
  late: () => Answer,
  ask: (answer: (value: Answer) => void) => void,
  done: (value: Answer) => void,
): Wait | null {
  let timer: NodeJS.Timeout | undefined;
  let state: "waiting" | "over" = "waiting";
  const settle = (value: Answer): void => {
    if (state === "over") return;
    state = "over";
    clearTimeout(timer);
    done(value);
  };
  const isWaiting = (): boolean => state === "waiting";
  ask(settle);
  if (!isWaiting()) return null;
  // It does not keep the process alive: the connection does.
  if (limitMs > 0 && limitMs <= LONGEST_TIMER_MS) timer = setTimeout(() => settle(late()), limitMs).unref();
  return {
    cancel() {
      state = "over";
      clearTimeout(timer);
    },
  };
}

/** Timers of more would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
