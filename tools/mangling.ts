/**
 * Names of members that get short ones in the minified bundles. Two kinds: what begins with `_`, by which our classes mark their
 * own, and what layers of ours call each other by. The modules of the packages keep them all.
 */
const OWN = /^_[a-z]/i;

/** Read by users, tests of upstream's or downstream packages (rows C-58, C-64, C-87, E-74, E-78, D-20 to D-30), on the wire, or asked for by
 * a transport that may come from another bundle. */
const KEPT = new Set([
  ...["_autoConnect", "_close", "_destroy", "_packet", "_readyState", "_reconnecting"],
  ...["_lastOffset", "_opts", "_pid", "_queue"],
  ...["_cookieJar", "_hasPingExpired", "_maxPayload", "_setTimeout"],
  "_placeholder",
]);

/**
 * Between our layers. Not what a transport and its session call each other by, nor the methods that are named after events: a page
 * may have the transport from one bundle and the client from another.
 */
const BETWEEN_LAYERS = new Set([
  ...["createSocket", "doRequest", "errorName", "probeAll", "writeFrame"],
  ...["inFlight", "tries", "wrapped"],
]);

/** Capitals, `_` and `$`: applications put things of theirs on sockets, and call them `x` and `y`. */
const CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
const LETTERS = CAPITALS.flatMap((capital) => [capital, capital.toLowerCase()]);
const SHORT = [...CAPITALS, ...LETTERS.map((letter) => `_${letter}`), ...LETTERS.map((letter) => `$${letter}`)];

/** What to call the members in this code: the shortest names for those that it uses most. */
export function shortNames(code: string): Record<string, string> {
  const uses = new Map<string, number>();
  for (const [name] of code.matchAll(/[\w$]+/g)) {
    if ((OWN.test(name) && !KEPT.has(name)) || BETWEEN_LAYERS.has(name)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const names = [...uses].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([name]) => name);
  const taken = new Set(code.match(/[\w$]+/g));
  const free = SHORT.filter((short) => !taken.has(short));
  if (names.length > free.length) throw new Error(`no short names for ${names.length - free.length} members`);
  return Object.fromEntries(names.map((name, at) => [name, free[at]!]));
}
