import { randomFillSync } from "node:crypto";

/** Writes random bytes that nobody can foresee, each of which is used once. `count` is at most {@link POOL_BYTES}. */
export function writeRandomBytes(target: Buffer, at: number, count: number): void {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  for (let i = 0; i < count; i++) target[at + i] = pool[used + i]!;
  used += count;
}

/** Four bytes alone cost as much as a few thousand. */
const POOL_BYTES = 8192;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;
