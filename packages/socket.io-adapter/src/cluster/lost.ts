import debugModule from "debug";
import type { Adapter } from "../adapter.js";

const debug = debugModule("socket.io-adapter");

/** What could not be told to the other servers: the method that was called, a question, an answer to one of theirs, or a sign of life. */
export type ClusterOperation =
  | "broadcast"
  | "socketsJoin"
  | "socketsLeave"
  | "disconnectSockets"
  | "serverSideEmit"
  | "question"
  | "answer"
  | "heartbeat";

/**
 * A message was not published. No fault of the caller's, who mostly has gone on: told by the event `publish_error`
 * `(error, operation)` of the adapter.
 */
export function reportLost(adapter: Adapter, operation: ClusterOperation, error: unknown): void {
  debug("%s was not published: %s", operation, error);
  if (adapter.listenerCount("publish_error") === 0) return;
  // Out of the promise: what the application's function throws is to be seen as such.
  process.nextTick(() => adapter.emit("publish_error", error, operation));
}
