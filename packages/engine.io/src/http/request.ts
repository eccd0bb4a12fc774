import type { IncomingMessage } from "node:http";

/** Parameters of the query string. A repeated one has its last value. */
export type Query = Record<string, string>;

/** A request that the engine has looked at. */
export interface EngineRequest extends IncomingMessage {
  /** Filled in unless a framework has done it. */
  _query: Query;
}

export function prepareRequest(req: IncomingMessage): asserts req is EngineRequest {
  const prepared = req as EngineRequest;
  if (prepared._query === undefined) prepared._query = parseQuery(req.url ?? "");
}

/** True if the target lies below `path`: it starts with it, and a path segment does not go on after it. */
export function isBelow(path: string, target: string | undefined): boolean {
  if (target === undefined || !target.startsWith(path)) return false;
  if (path.endsWith("/") || target.length === path.length) return true;
  const next = target[path.length];
  return next === "/" || next === "?" || next === "#";
}

/** As WHATWG's URLSearchParams do it (protocols.md 1.1). */
export function parseQuery(target: string): Query {
  const query: Query = {};
  const start = target.indexOf("?");
  if (start === -1) return query;
  for (const [name, value] of new URLSearchParams(target.slice(start + 1))) setParameter(query, name, value);
  return query;
}

/** Hot path. A name that was cut out of a URL is looked up among all names of the process; those that are usual are written out. */
function setParameter(query: Query, name: string, value: string): void {
  if (name === "EIO") query["EIO"] = value;
  // Requests that are kept share this value.
  else if (name === "transport") query["transport"] = value === "websocket" ? "websocket" : value;
  else if (name === "sid") query["sid"] = value;
  else if (name === "t") query["t"] = value;
  // As a member it would be the prototype of the object, and the next one that copies it.
  else if (name !== "__proto__") query[name] = value;
}
