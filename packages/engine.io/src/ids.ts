import { randomFillSync } from "node:crypto";

const RANDOM_BYTES = 12;
const COUNTER_BYTES = 3;
const ID_BYTES = RANDOM_BYTES + COUNTER_BYTES;

/** Random bytes are fetched for this many ids at once: one fetch costs as much as making some twenty ids. */
const pool = Buffer.allocUnsafeSlow(RANDOM_BYTES * 128);
const id = Buffer.allocUnsafeSlow(ID_BYTES);
let used = pool.length;
let counter = 0;

/**
 * A new session id, 20 characters of `[A-Za-z0-9_-]`: 96 bits from the system's secure random numbers, so that nobody
 * guesses one, and a counter, so that no two of this process are alike (protocols.md 1.16).
 */
export function generateId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  pool.copy(id, 0, used, used + RANDOM_BYTES);
  used += RANDOM_BYTES;
  id.writeUIntBE(counter, RANDOM_BYTES, COUNTER_BYTES);
  counter = (counter + 1) & 0xffffff;
  return toText(id.toString("base64"));
}

/** Not base64url: upstream's ids have the two letters the other way round. */
function toText(base64: string): string {
  return base64.replaceAll("/", "_").replaceAll("+", "-");
}
