import assert from "node:assert/strict";
import type { Server } from "socket.io";

/**
 * Fails if a limit of one of our servers has turned something away. None of the defaults may, in anything that applications do.
 * @param options those of the server: limits that they set are theirs
 */
export function assertNoLimit(io: Pick<Server, "engine">, options: object = {}): void {
  const reached = Array.from(io.engine.limitsReached.entries()).filter(([option]) => !Object.hasOwn(options, option));
  assert.deepEqual(reached, [], "limits that were reached, and how often");
}
