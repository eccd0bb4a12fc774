import type { ConnectionLimitName } from "./options.js";

/** An error whose `data` is sent to the client along with its message, when a middleware refuses a connection. */
export interface ExtendedError extends Error {
  // eslint-disable-next-line typescript/no-explicit-any -- free form, chosen by the application
  data?: any;
}

/** What a broadcast rejects with when time is up: the answers that did arrive come along. */
export interface BroadcastTimeoutError extends Error {
  responses: unknown[];
  /** Ids of the servers of the cluster that said nothing at all, where they are known. Others may lack answers of some clients. */
  missing: readonly string[];
}

/** Which limit was reached; each has the option of the same line. */
export type LimitErrorCode =
  /** `maxPendingAcks` */
  | "ERR_TOO_MANY_ACKS"
  /** `maxRoomsPerConnection` */
  | "ERR_TOO_MANY_ROOMS"
  /** `maxNameLength` */
  | "ERR_NAME_TOO_LONG"
  /** `maxIncompletePacketSize` */
  | "ERR_PACKET_TOO_LARGE"
  /** `incompletePacketTimeout` */
  | "ERR_PACKET_INCOMPLETE"
  /** `rateLimit` */
  | "ERR_RATE_LIMITED";

/**
 * A limit of one connection was reached: sockets get it as `error`, and as the second argument of `disconnect` where the connection is
 * closed for it.
 */
export class LimitError extends Error {
  override readonly name = "LimitError";

  /** @param limit the option, by which `engine.limitsReached` counts */
  constructor(
    readonly code: LimitErrorCode,
    readonly limit: ConnectionLimitName,
    message: string,
  ) {
    super(message);
  }
}

/** The caller used a name that the library keeps for itself. */
export function reservedEventError(event: unknown): Error {
  return new Error(`"${String(event)}" is a reserved event name`);
}

export function ackTimeoutError(): Error {
  return new Error("operation has timed out");
}

export function disconnectedError(): Error {
  return new Error("socket has been disconnected");
}
