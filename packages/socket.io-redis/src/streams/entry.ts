import { decode, encode } from "@msgpack/msgpack";
import debugModule from "debug";
import { MessageType, type ClusterMessage, type ClusterResponse } from "socket.io-adapter";
import { mayHaveBytes } from "../cluster-message.js";

const debug = debugModule("socket.io-redis");

type Message = ClusterMessage | ClusterResponse;

/** The fields of one entry, by name. */
export type Fields = Readonly<Record<string, string>>;

/** Whether a message is for the stream, where it can be read again, or for pub/sub (protocols.md 6.5). */
export function isForStream(message: ClusterMessage): boolean {
  switch (message.type) {
    case MessageType.BROADCAST:
      return message.data.requestId === undefined;
    case MessageType.SOCKETS_JOIN:
    case MessageType.SOCKETS_LEAVE:
    case MessageType.DISCONNECT_SOCKETS:
      return true;
    default:
      return false;
  }
}

/** The command that adds an entry, and lets the stream keep so many, about. */
export function addition(key: string, maxLen: number, fields: readonly string[]): string[] {
  return ["XADD", key, "MAXLEN", "~", `${maxLen}`, "*", ...fields];
}

/** Names and values in turn, as XADD takes them. */
export function encodeFields(message: ClusterMessage, onlyPlaintext: boolean): string[] {
  const { uid, nsp, type } = message;
  const fields = ["uid", uid, "nsp", nsp, "type", String(type)];
  const { data } = message as { data?: unknown };
  if (data === undefined) return fields;
  // Text begins with a brace, which base64 has not.
  return [...fields, "data", !onlyPlaintext && mayHaveBytes(message) ? toBase64(data) : JSON.stringify(data)];
}

/** Undefined for what makes no sense. */
export function decodeFields({ uid, nsp, type, data }: Fields): Message | undefined {
  if (uid === undefined || nsp === undefined) return undefined;
  try {
    const message: Record<string, unknown> = { uid, nsp, type: Number(type) };
    if (data !== undefined) message["data"] = data.startsWith("{") ? JSON.parse(data) : fromBase64(data);
    return message as unknown as Message;
  } catch (error) {
    debug("an entry of the stream makes no sense: %s", error);
    return undefined;
  }
}

/** MessagePack in the forms of @msgpack/msgpack, as the other servers have it. */
export function encodeEphemeral(message: Message): Uint8Array {
  return encode(message, { ignoreUndefined: true });
}

/** Undefined for what makes no sense. */
export function decodeEphemeral(payload: Uint8Array): Message | undefined {
  try {
    const message: unknown = decode(payload);
    if (typeof message === "object" && message !== null) return message as Message;
  } catch (error) {
    debug("a message makes no sense: %s", error);
  }
  return undefined;
}

export function toBase64(value: unknown): string {
  const bytes = encode(value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

export function fromBase64(text: string): unknown {
  return decode(Buffer.from(text, "base64"));
}
