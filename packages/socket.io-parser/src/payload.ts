import { tagOf } from "./binary.js";
import { isReservedEvent } from "./reserved-events.js";
import { PacketType, type Packet } from "./packet.js";

/** True if the packet could be sent as it is, binary in `data` included (row A-11). */
// `any`: whatever the caller has.
// oxlint-disable-next-line typescript/no-explicit-any
export function isPacketValid(packet: any): boolean {
  const { type, nsp, id, data } = packet as Packet;
  if (typeof nsp !== "string" || (id !== undefined && !Number.isInteger(id))) return false;
  switch (type) {
    case PacketType.CONNECT:
    case PacketType.DISCONNECT:
      return data === undefined || isPayloadValid(type, data);
    case PacketType.EVENT:
    case PacketType.ACK:
    case PacketType.CONNECT_ERROR:
      return isPayloadValid(type, data);
    default:
      return false;
  }
}

/** The check of a payload by the type of its packet (protocols.md 3.7). */
export function isPayloadValid(type: PacketType, payload: unknown): boolean {
  switch (type) {
    case PacketType.EVENT:
      return Array.isArray(payload) && isEventName(payload[0]);
    case PacketType.ACK:
      return Array.isArray(payload);
    case PacketType.CONNECT:
      return isObject(payload);
    default:
      return type === PacketType.CONNECT_ERROR && (isObject(payload) || typeof payload === "string");
  }
}

function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !isReservedEvent(name) : typeof name === "number";
}

function isObject(value: unknown): boolean {
  return tagOf(value) === "[object Object]";
}
