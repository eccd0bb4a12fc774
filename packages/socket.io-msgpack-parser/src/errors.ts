/** Why a message was refused. */
export type DecodeErrorCode =
  | "ERR_BAD_MESSAGE"
  | "ERR_UNKNOWN_PACKET_TYPE"
  | "ERR_BAD_NAMESPACE"
  | "ERR_BAD_PAYLOAD"
  | "ERR_BAD_PACKET_ID";

/** The peer broke the protocol; its connection is to be closed. The texts of packets are upstream's (row A-14). */
export class DecodeError extends Error {
  override readonly name = "DecodeError";

  constructor(
    readonly code: DecodeErrorCode,
    message: string,
  ) {
    super(message);
  }
}
