import { randomFillSync } from "node:crypto";

/** 120 bits: nobody guesses one, and two never meet. 15 bytes fill 20 characters without padding. */
const ID_BYTES = 15;

/** Random bytes are fetched for this many ids at once: one fetch costs as much as making some twenty ids. */
const pool = Buffer.allocUnsafeSlow(ID_BYTES * 128);
let used = pool.length;

/** A new session id, 20 characters of `[A-Za-z0-9_-]`, from the system's secure random numbers (protocols.md 1.16). */
export function generateId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const from = used;
  used += ID_BYTES;
  return pool.toString("base64url", from, used);
}
