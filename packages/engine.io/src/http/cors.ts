import cors from "cors";
import type { EngineOptions } from "../options.js";
import type { Middleware } from "../middleware.js";

/**
 * Sets the headers of the `cors` option and answers preflight requests. Not in the list of middlewares of users: those close
 * WebTransport, which has no request to run them on, and this need not.
 */
export function corsMiddleware(option: EngineOptions["cors"]): Middleware | undefined {
  if (option === undefined || option === false) return undefined;
  return (option === true ? cors() : cors(option as cors.CorsOptions)) as Middleware;
}
