/** A transport failed (rows C-102 to C-106). */
export class TransportError extends Error {
  readonly type = "TransportError";

  constructor(
    message: string,
    /** Status of the answer (0: there was none), or what was thrown. */
    readonly description?: unknown,
    /** The request or answer itself, in the form that the transport has it. */
    readonly context?: unknown,
  ) {
    super(message);
  }
}
