/** An error whose `data` is sent to the client along with its message, when a middleware refuses a connection. */
export interface ExtendedError extends Error {
  // eslint-disable-next-line typescript/no-explicit-any -- free form, chosen by the application
  data?: any;
}

/** What a broadcast rejects with when time is up: the answers that did arrive come along. */
export interface BroadcastTimeoutError extends Error {
  responses: unknown[];
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
