import type { SerializeOptions } from "cookie";

/** The cookie that tells a load balancer whose session a request is of (protocols.md 1.13). The server never reads it. */
export function sessionCookie(options: SerializeOptions & { name: string }, sid: string): string {
  const { name, ...attributes } = options;
  return cookiePackage().serialize(name, sid, attributes);
}

/** Reads one cookie from the header `Cookie`. */
export function cookieReader(name: string): (header: string | undefined) => string | undefined {
  const { parse } = cookiePackage();
  return (header) => parse(header ?? "")[name];
}

let loaded: typeof import("cookie") | undefined;

/** Most servers have nothing to do with cookies. Those that have load it as they are made. */
function cookiePackage(): typeof import("cookie") {
  return (loaded ??= require("cookie") as typeof import("cookie"));
}
