import debugModule from "debug";
import { MessageType, type ClusterMessage, type ClusterResponse } from "socket.io-adapter";
import { containsBytes } from "./bytes.js";
import { codec } from "./codec.js";

const debug = debugModule("socket.io-redis");

/** Those that carry what users gave: only they can have bytes in them. */
const WITH_USER_DATA: ReadonlySet<MessageType> = new Set([
  MessageType.BROADCAST,
  MessageType.FETCH_SOCKETS_RESPONSE,
  MessageType.SERVER_SIDE_EMIT,
  MessageType.SERVER_SIDE_EMIT_RESPONSE,
  MessageType.BROADCAST_ACK,
]);

type Message = ClusterMessage | ClusterResponse;

/** JSON, or MessagePack if there are bytes in it (protocols.md 6.4). */
export function encodeMessage(message: Message): string | Uint8Array {
  return mayHaveBytes(message) ? codec.encode(message) : JSON.stringify(message);
}

export function mayHaveBytes(message: Message): boolean {
  return WITH_USER_DATA.has(message.type) && containsBytes((message as { data?: unknown }).data);
}

/** The first character of JSON: MessagePack does not begin a map or a list with it. */
const BRACE = 0x7b;

/** Undefined for what makes no sense. */
export function decodeMessage(payload: Buffer): Message | undefined {
  try {
    const message: unknown = payload[0] === BRACE ? JSON.parse(payload.toString()) : codec.decode(payload);
    if (typeof message === "object" && message !== null) return message as Message;
  } catch (error) {
    debug("a message makes no sense: %s", error);
  }
  return undefined;
}
