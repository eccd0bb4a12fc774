/** What gathers writes, to let them leave together. */
export interface Gathering {
  /** Writes what has been gathered; without effect if that has happened meanwhile. */
  flush(): void;
}

/** Asks for a `flush` once the code that runs now, and the ticks that wait already, are done. */
export function flushAtEndOfTick(gathering: Gathering): void {
  // One tick for all the connections that a broadcast writes to.
  if (waiting.push(gathering) === 1) process.nextTick(flushAll);
}

let waiting: Gathering[] = [];
/** What was joined last in the round of flushes that is under way; null: none is. */
let joined: { parts: readonly Buffer[]; whole: Buffer } | null = null;

function flushAll(): void {
  const gatherings = waiting;
  waiting = [];
  joined = NOTHING_JOINED;
  try {
    for (const gathering of gatherings) gathering.flush();
  } finally {
    joined = null;
  }
}

/**
 * Copies buffers into one. Connections that were sent the same in a tick, as bursts of broadcasts do, get the same copy: the
 * receivers of ten broadcasts are written to one after the other, and their lists hold the same frames.
 */
export function join(parts: readonly Buffer[], bytes: number): Buffer {
  if (joined === null) return Buffer.concat(parts, bytes);
  if (!isSame(joined.parts, parts)) joined = { parts, whole: Buffer.concat(parts, bytes) };
  return joined.whole;
}

function isSame(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  if (some.length !== others.length) return false;
  // From the end: those who got something of their own mostly got it last.
  for (let at = some.length - 1; at >= 0; at--) if (some[at] !== others[at]) return false;
  return true;
}

const NOTHING_JOINED = { parts: [], whole: Buffer.alloc(0) };
