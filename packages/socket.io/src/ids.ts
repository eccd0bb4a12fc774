import { randomFillSync } from "node:crypto";

/** 120 bits: nobody guesses one, and two never meet. 15 bytes fill 20 characters of base64url without padding. */
const ID_BYTES = 15;
const pool = Buffer.allocUnsafeSlow(ID_BYTES * 128);
let used = pool.length;

/**
 * A new id of 20 characters of `[A-Za-z0-9_-]`, from the system's secure random numbers. They are fetched for 128 ids
 * at a time, since each fetch costs as much as making some twenty ids.
 */
export function generateId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const from = used;
  used += ID_BYTES;
  return pool.toString("base64url", from, used);
}
