/** Why a message was refused. */
export type DecodeErrorCode =
  | "ERR_BAD_MESSAGE"
  | "ERR_UNKNOWN_PACKET_TYPE"
  | "ERR_BAD_NAMESPACE"
  | "ERR_BAD_PAYLOAD"
  | "ERR_BAD_PACKET_ID"
  | "ERR_TOO_DEEP";

/** Those of packets are upstream's (row A-14); whatever else is wrong, a message can't be read. */
const TEXTS: Readonly<Record<string, DecodeErrorCode>> = {
  "invalid packet type": "ERR_UNKNOWN_PACKET_TYPE",
  "invalid namespace": "ERR_BAD_NAMESPACE",
  "invalid payload": "ERR_BAD_PAYLOAD",
  "invalid packet id": "ERR_BAD_PACKET_ID",
  "Could not parse: more than 1000 levels": "ERR_TOO_DEEP",
};

/** The peer broke the protocol; its connection is to be closed. In browsers it is a plain Error, without a code. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code: DecodeErrorCode;

  constructor(message: string) {
    super(message);
    this.code = TEXTS[message] ?? "ERR_BAD_MESSAGE";
  }
}
