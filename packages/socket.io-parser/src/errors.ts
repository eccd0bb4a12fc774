/** Why a chunk was refused. */
export type DecodeErrorCode =
  | "ERR_UNKNOWN_PACKET_TYPE"
  | "ERR_ATTACHMENT_COUNT"
  | "ERR_TOO_MANY_ATTACHMENTS"
  | "ERR_ATTACHMENTS_TOO_LARGE"
  | "ERR_BAD_PLACEHOLDER"
  | "ERR_BAD_PAYLOAD"
  | "ERR_UNEXPECTED_TEXT"
  | "ERR_UNEXPECTED_BINARY"
  | "ERR_UNKNOWN_CHUNK";

/**
 * The peer broke the protocol; its connection is to be closed. The texts are the ones that applications know from upstream
 * (row A-9).
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";

  constructor(
    readonly code: DecodeErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
