import type { ExtendedError } from "./errors.js";

// eslint-disable-next-line typescript/no-explicit-any -- users pass what they like to next(); only truthy values refuse
export type Next = (error?: any) => void;

/**
 * Runs middlewares one after the other and reports once: with the first error, or with none. A middleware that throws,
 * or whose promise rejects, refuses just as one that calls `next(error)`: its failure must not end the process.
 */
export function runMiddlewares<Subject>(
  middlewares: readonly ((subject: Subject, next: Next) => unknown)[],
  subject: Subject,
  done: (error: ExtendedError | undefined) => void,
): void {
  if (middlewares.length === 0) return done(undefined);
  runFrom(middlewares.slice(), 0, subject, done);
}

function runFrom<Subject>(
  middlewares: readonly ((subject: Subject, next: Next) => unknown)[],
  index: number,
  subject: Subject,
  done: (error: ExtendedError | undefined) => void,
): void {
  const middleware = middlewares[index];
  if (middleware === undefined) return done(undefined);
  settleOnce<[]>(
    (next) => middleware(subject, next),
    (error) => {
      if (error) done(error as ExtendedError);
      else runFrom(middlewares, index + 1, subject, done);
    },
  );
}

/**
 * Calls a function of the user's that answers by callback, and takes its first answer: the callback, a throw or a
 * rejected promise. What fails after the answer can refuse nobody any more: it becomes a warning of the process.
 */
export function settleOnce<Rest extends unknown[]>(
  call: (answer: (error?: unknown, ...rest: Rest) => void) => unknown,
  settle: (error: unknown, ...rest: Partial<Rest>) => void,
): void {
  let settled = false;
  const answer = (error?: unknown, ...rest: Rest): void => {
    if (settled) return;
    settled = true;
    settle(error, ...rest);
  };
  const fail = (error: unknown): void => {
    // `throw undefined` refuses as well.
    if (settled) return process.emitWarning(error instanceof Error ? error : String(error));
    settled = true;
    (settle as unknown as (error: unknown) => void)(error || new Error("refused"));
  };
  let result: unknown;
  try {
    result = call(answer);
  } catch (error) {
    fail(error);
    return;
  }
  if (isThenable(result)) result.then(undefined, fail);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
