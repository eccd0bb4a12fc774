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

/** How the texts begin: the ones that applications know from upstream (row A-9). */
const TEXTS: Readonly<Record<DecodeErrorCode, string>> = {
  ERR_UNKNOWN_PACKET_TYPE: "unknown packet type",
  ERR_ATTACHMENT_COUNT: "Illegal attachments",
  ERR_TOO_MANY_ATTACHMENTS: "too many attachments",
  ERR_ATTACHMENTS_TOO_LARGE: "attachments of",
  ERR_BAD_PLACEHOLDER: "illegal attachments",
  ERR_BAD_PAYLOAD: "invalid payload",
  ERR_UNEXPECTED_TEXT: "got plaintext data",
  ERR_UNEXPECTED_BINARY: "got binary data",
  ERR_UNKNOWN_CHUNK: "Unknown type",
};

/** The peer broke the protocol; its connection is to be closed. In browsers it is a plain Error, without a code. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code: DecodeErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    const codes = Object.keys(TEXTS) as DecodeErrorCode[];
    this.code = codes.find((code) => message.startsWith(TEXTS[code]))!;
  }
}

/** What to throw for a chunk that is no message. */
export function unknownType(chunk: unknown): Error {
  const Kind = chunk === undefined || chunk === null ? TypeError : DecodeError;
  // oxlint-disable-next-line typescript/no-base-to-string -- objects are told by their tags
  return new Kind(`Unknown type: ${typeof chunk === "object" ? Object.prototype.toString.call(chunk) : String(chunk)}`);
}
