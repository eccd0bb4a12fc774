import { generateId } from "./ids.js";

/**
 * How a revision of the Socket.IO protocol connects a client to a namespace. All that differs between revisions lives
 * in an object of this kind, chosen once per connection; no other file asks which revision is spoken.
 */
export interface Dialect {
  /** Public id of a new socket. */
  newSocketId(): string;
  /** Payload of the CONNECT packet that accepts a socket. */
  acceptance(socketId: string): unknown;
  /** Payload of the CONNECT_ERROR packet that refuses one. */
  refusal(error: { message?: string; data?: unknown }): unknown;
}

/** Protocol 5: Socket.IO 3 and 4. Nothing is implicit, each namespace is asked for by a CONNECT packet. */
const protocol5: Dialect = {
  // Never the id of the engine session: that one is a secret between the two ends.
  newSocketId: generateId,
  acceptance: (sid) => ({ sid }),
  refusal: ({ message, data }) => ({ message, data }),
};

/** Undefined for clients whose Socket.IO protocol is not spoken here: those of Socket.IO 1 and 2. */
export function dialectOf(engineRevision: number): Dialect | undefined {
  return engineRevision === 3 ? undefined : protocol5;
}
