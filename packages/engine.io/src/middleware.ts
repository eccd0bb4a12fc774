import debugModule from "debug";
import type { EngineRequest } from "./http/request.js";

const debug = debugModule("engine");

/**
 * Express-style. For upgrade requests `res` is a small stand-in whose headers join those of the 101 answer. A middleware
 * may be asynchronous; if it throws or rejects, the request is refused.
 */
export type Middleware = (
  req: EngineRequest,
  // `any`: middlewares are written for the ServerResponse of node:http, of Express and so on.
  // eslint-disable-next-line typescript/no-explicit-any
  res: any,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Runs one middleware after the other. `done` is called at most once: with the first error, or without one after all have
 * called `next`. Not at all if one keeps the request to itself, by answering it for instance.
 */
export function runMiddlewares(
  list: readonly Middleware[],
  req: EngineRequest,
  res: unknown,
  done: (error?: unknown) => void,
  from = 0,
): void {
  const middleware = list[from];
  if (middleware === undefined) return done();
  let settled = false;
  /** What went wrong behind `next` is no error of this middleware's. */
  let fromBehind: unknown;

  // The rest runs inside `next`, so that a context that was entered around it (AsyncLocalStorage) holds for the session.
  const next = (error?: unknown): void => {
    if (settled) return debug("next() called twice by a middleware");
    settled = true;
    try {
      if (error) done(error);
      else runMiddlewares(list, req, res, done, from + 1);
    } catch (thrown) {
      fromBehind = thrown;
      throw thrown;
    }
  };
  const fail = (error: unknown): void => {
    if (!settled) return next(error ?? new Error("middleware failed"));
    if (error !== undefined && error === fromBehind) throw error;
    debug("a middleware failed after it had called next(): %s", error);
  };
  try {
    const result = middleware(req, res, next);
    if (isPromise(result)) result.catch((error: unknown) => surface(() => fail(error)));
  } catch (error) {
    fail(error);
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && typeof (value as Promise<unknown>).catch === "function";
}

/** An error that is thrown here is the application's: it comes out as an uncaught exception, as it would without promises. */
function surface(act: () => void): void {
  try {
    act();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
