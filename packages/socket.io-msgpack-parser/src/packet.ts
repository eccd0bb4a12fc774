import type { Packet } from "socket.io-parser";
import { isReservedEvent } from "socket.io-parser/events";
import { DecodeError } from "./errors.js";

/** Revision of the Socket.IO protocol that this package speaks (protocols.md 5). */
export const protocol = 5;

/** Kinds of packets. Binary needs no kinds of its own here: MessagePack has bytes. */
export const PacketType = { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 } as const;

/**
 * A decoded value, if it is a packet. What the default parser refuses is refused here as well: events without a name or
 * with a reserved one, and ids that no acknowledgement has.
 * @throws DecodeError
 */
export function checkPacket(value: unknown): Packet {
  // Upstream asks any value for its type, and has none for what is no map.
  const { type, nsp, data, id } = isMap(value) ? (value as unknown as Packet) : ({} as Partial<Packet>);
  if (!isPacketType(type)) throw new DecodeError("ERR_UNKNOWN_PACKET_TYPE", "invalid packet type");
  if (typeof nsp !== "string") throw new DecodeError("ERR_BAD_NAMESPACE", "invalid namespace");
  if (!isPayloadValid(type, data)) throw new DecodeError("ERR_BAD_PAYLOAD", "invalid payload");
  if (id !== undefined && !(Number.isSafeInteger(id) && id >= 0)) {
    throw new DecodeError("ERR_BAD_PACKET_ID", "invalid packet id");
  }
  return value as Packet;
}

function isPacketType(type: unknown): type is number {
  return (
    Number.isInteger(type) && (type as number) >= PacketType.CONNECT && (type as number) <= PacketType.CONNECT_ERROR
  );
}

function isPayloadValid(type: number, data: unknown): boolean {
  switch (type) {
    case PacketType.CONNECT:
      return data === undefined || isMap(data);
    case PacketType.DISCONNECT:
      return data === undefined;
    case PacketType.EVENT:
      return Array.isArray(data) && isEventName(data[0]);
    case PacketType.ACK:
      return Array.isArray(data);
    default:
      return typeof data === "string" || isMap(data);
  }
}

function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !isReservedEvent(name) : typeof name === "number";
}

function isMap(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}
