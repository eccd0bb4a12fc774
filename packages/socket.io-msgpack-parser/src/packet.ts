import type { Packet } from "socket.io-parser";
import { isReservedEvent } from "socket.io-parser/events";
import { DecodeError } from "./errors.js";

/** Revision of the Socket.IO protocol that this package speaks (protocols.md 5). */
export const protocol = 5;

/** Kinds of packets. Binary needs no kinds of its own here: MessagePack has bytes. */
export const PacketType = { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 } as const;
const { CONNECT, DISCONNECT, ACK, CONNECT_ERROR } = PacketType;

/**
 * A decoded value, if it is a packet. What the default parser refuses is refused here as well: events without a name or
 * with a reserved one, and ids that no acknowledgement has.
 * @throws DecodeError
 */
export function checkPacket(value: unknown): Packet {
  const wrong = whatIsWrong(value);
  if (wrong) throw new DecodeError(`invalid ${wrong}`);
  return value as Packet;
}

function whatIsWrong(value: unknown): string | undefined {
  // Upstream asks any value for its type, and has none for what is no map.
  const { type, nsp, data, id } = (isMap(value) ? value : {}) as unknown as Omit<Packet, "type"> & { type: number };
  if (!Number.isInteger(type) || type < CONNECT || type > CONNECT_ERROR) return "packet type";
  if (typeof nsp !== "string") return "namespace";
  if (!isPayloadValid(type, data)) return "payload";
  if (id !== undefined && !(Number.isSafeInteger(id) && id >= 0)) return "packet id";
  return undefined;
}

function isPayloadValid(type: number, data: unknown): boolean {
  if (type <= DISCONNECT) return data === undefined || (type === CONNECT && isMap(data));
  if (type === CONNECT_ERROR) return typeof data === "string" || isMap(data);
  return Array.isArray(data) && (type === ACK || isEventName(data[0]));
}

function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !isReservedEvent(name) : typeof name === "number";
}

function isMap(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}
