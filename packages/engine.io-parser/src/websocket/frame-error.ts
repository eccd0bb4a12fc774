/** What is wrong with what a peer sent. Codes as the package `ws` documents them, where it has one. */
export type FrameErrorCode =
  | "WS_ERR_EXPECTED_FIN"
  | "WS_ERR_EXPECTED_MASK"
  | "WS_ERR_INVALID_CLOSE_CODE"
  | "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"
  | "WS_ERR_INVALID_OPCODE"
  | "WS_ERR_INVALID_UTF8"
  | "WS_ERR_NON_MINIMAL_LENGTH"
  | "WS_ERR_TOO_MANY_CONTROL_FRAMES"
  | "WS_ERR_TOO_MANY_FRAGMENTS"
  | "WS_ERR_UNEXPECTED_MASK"
  | "WS_ERR_UNEXPECTED_RSV_1"
  | "WS_ERR_UNEXPECTED_RSV_2_3"
  | "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** The peer broke RFC 6455, or a limit. A RangeError by name too, as applications know it from `ws`. */
export class FrameError extends RangeError {
  override readonly name = "RangeError";

  /** @param closeCode for the close frame that answers it (RFC 6455 section 7.4.1) */
  constructor(
    readonly code: FrameErrorCode,
    readonly closeCode: 1002 | 1007 | 1008 | 1009,
    message: string,
  ) {
    super(message);
  }
}
