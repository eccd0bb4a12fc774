/** A transport failed (rows C-102 to C-106). */
export class TransportError extends Error {
  readonly type = "TransportError";

  /** Status of the answer (0: there was none), or what was thrown. */
  declare readonly description?: unknown;
  /** The request or answer itself, in the form that the transport has it. */
  declare readonly context?: unknown;

  constructor(message: string, description?: unknown, context?: unknown) {
    super(message);
    Object.assign(this, { description, context });
  }
}
