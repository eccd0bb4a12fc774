import type { ExtendedError } from "./errors.js";
import { isThenable } from "./listener-errors.js";

// eslint-disable-next-line typescript/no-explicit-any -- users pass what they like to next(); only truthy values refuse
export type Next = (error?: any) => void;

/** Hears of a function that has thrown, or whose promise was rejected. */
export type OnFailure = (error: unknown, rejected: boolean) => void;

/**
 * Runs middlewares one after the other and reports once: with the first error, or with none. A middleware that throws,
 * or whose promise rejects, refuses just as one that calls `next(error)`; `onFailure` hears of it as well.
 */
export function runMiddlewares<Subject>(
  middlewares: readonly ((subject: Subject, next: Next) => unknown)[],
  subject: Subject,
  onFailure: OnFailure,
  done: (error: ExtendedError | undefined) => void,
): void {
  if (middlewares.length === 0) return done(undefined);
  const all = middlewares.slice();
  const runFrom = (index: number): void => {
    const middleware = all[index];
    if (middleware === undefined) return done(undefined);
    settleOnce<[]>(
      (next) => middleware(subject, next),
      onFailure,
      (error) => (error ? done(error as ExtendedError) : runFrom(index + 1)),
    );
  };
  runFrom(0);
}

/**
 * Calls a function of the application's that answers by callback, and takes its first answer: the callback, a throw or
 * a rejected promise. What fails after the answer refuses nobody any more.
 */
export function settleOnce<Rest extends unknown[]>(
  call: (answer: (error?: unknown, ...rest: Rest) => void) => unknown,
  onFailure: OnFailure,
  settle: (error: unknown, ...rest: Partial<Rest>) => void,
): void {
  let settled = false;
  const answer = (error?: unknown, ...rest: Rest): void => {
    if (settled) return;
    settled = true;
    settle(error, ...rest);
  };
  const fail = (error: unknown, rejected: boolean): void => {
    onFailure(error, rejected);
    if (settled) return;
    settled = true;
    // `throw undefined` refuses as well.
    (settle as unknown as (error: unknown) => void)(error || new Error("refused"));
  };
  let result: unknown;
  try {
    result = call(answer);
  } catch (error) {
    return fail(error, false);
  }
  if (isThenable(result)) result.then(undefined, (error) => fail(error, true));
}
