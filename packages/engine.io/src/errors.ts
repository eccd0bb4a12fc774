import type { LimitName } from "./limits.js";

/** Why a request is refused; part of the JSON answer (protocols.md 1.2). */
export const ERROR_CODES = {
  UNKNOWN_TRANSPORT: 0,
  UNKNOWN_SID: 1,
  BAD_HANDSHAKE_METHOD: 2,
  BAD_REQUEST: 3,
  FORBIDDEN: 4,
  UNSUPPORTED_PROTOCOL_VERSION: 5,
} as const;

export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES];

export const ERROR_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  0: "Transport unknown",
  1: "Session ID unknown",
  2: "Bad handshake method",
  3: "Bad request",
  4: "Forbidden",
  5: "Unsupported protocol version",
};

/** What a refusal is told with, beyond its code: a `name` for code 3, and the values that were refused (rows E-56 to E-61). */
export interface ErrorContext {
  readonly name?: RefusalName;
  /** Code 4: what `allowRequest` gave as its first argument. */
  readonly message?: unknown;
  readonly [detail: string]: unknown;
}

/** Finer reasons behind code 3. */
export type RefusalName =
  | "INVALID_ORIGIN"
  | "TRANSPORT_MISMATCH"
  | "PROTOCOL_MISMATCH"
  | "TRANSPORT_HANDSHAKE_ERROR"
  | "ID_GENERATION_ERROR"
  | "MIDDLEWARE_FAILURE"
  /** Code 3: there is nothing in the request by which the option `bindSession` could bind a session. */
  | "SESSION_NOT_BOUND"
  /** Code 4, with status 429: more than `rateLimit.connections`. */
  | "TOO_MANY_CONNECTIONS";

/** Called without arguments if the request may go on. */
export type ErrorCallback = (errorCode?: ErrorCode, errorContext?: ErrorContext) => void;

export interface Refusal {
  readonly code: ErrorCode;
  readonly context: ErrorContext;
  /** The peer may try again in so many seconds: the answer has status 429. */
  readonly retryAfterS?: number;
}

/** The text that the peer reads: the application's own for code 4, if it gave one. */
export function refusalMessage({ code, context }: Refusal): string {
  const own = code === ERROR_CODES.FORBIDDEN ? context.message : undefined;
  return typeof own === "string" && own !== "" ? own : ERROR_MESSAGES[code];
}

/** The peer, or the way to it, broke a transport: the session closes with "transport error" and this as description. */
export class TransportError extends Error {
  readonly type = "TransportError";

  constructor(
    message: string,
    readonly description?: unknown,
  ) {
    super(message);
  }
}

/** What a peer has exceeded over polling or WebTransport: the `description` of the {@link TransportError} that its session closes with. */
export class LimitError extends Error {
  override readonly name = "LimitError";

  /** @param limit the name by which `limitsReached` counts */
  constructor(
    readonly code: "ERR_BODY_TOO_LARGE" | "ERR_FRAME_TOO_LARGE" | "ERR_TOO_MANY_REQUESTS",
    readonly limit: LimitName,
    message: string,
  ) {
    super(message);
  }
}

/** A peer reads slower than the application sends: the session closes with "transport error" and this as description. */
export class SlowReaderError extends Error {
  readonly code = "ERR_SLOW_READER";

  /**
   * @param bytes that wait for the peer
   * @param packets that wait for it
   */
  constructor(
    readonly bytes: number,
    readonly packets: number,
    options?: ErrorOptions,
  ) {
    super(
      `${bytes} bytes in ${packets} packets wait for a peer that does not read fast enough: see maxBufferedBytes, maxBufferedPackets and slowReader`,
      options,
    );
  }
}
