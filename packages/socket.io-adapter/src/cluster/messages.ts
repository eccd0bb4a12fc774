import type { BroadcastFlags, BroadcastOptions } from "../adapter.js";
import type { Room, SocketId } from "../room-index.js";

/** Unique id of one adapter, so of one namespace on one server. */
export type ServerId = string;

/** Where a message lies in the log of a transport that keeps one; opaque. */
export type Offset = string;

/** Kinds of messages between the servers of a cluster (protocols.md 6.3). */
export enum MessageType {
  INITIAL_HEARTBEAT = 1,
  HEARTBEAT,
  BROADCAST,
  SOCKETS_JOIN,
  SOCKETS_LEAVE,
  DISCONNECT_SOCKETS,
  FETCH_SOCKETS,
  FETCH_SOCKETS_RESPONSE,
  SERVER_SIDE_EMIT,
  SERVER_SIDE_EMIT_RESPONSE,
  BROADCAST_CLIENT_COUNT,
  BROADCAST_ACK,
  ADAPTER_CLOSE,
}

/** A target as it travels: lists in place of Sets. */
export interface WireOptions {
  rooms: Room[];
  except: Room[];
  flags: BroadcastFlags;
}

/** What one server tells of a socket of its own. */
export interface SocketDetails {
  id: SocketId;
  /** Without `sessionStore`, which middlewares of sessions add and which cannot travel. */
  handshake: unknown;
  rooms: Room[];
  data: unknown;
}

interface Envelope {
  uid: ServerId;
  /** Name of the namespace. */
  nsp: string;
}

/** A message to all the other servers. */
export type ClusterMessage = Envelope &
  (
    | { type: MessageType.INITIAL_HEARTBEAT | MessageType.HEARTBEAT | MessageType.ADAPTER_CLOSE }
    | {
        type: MessageType.BROADCAST;
        data: {
          opts: WireOptions;
          // `any`: what users emit.
          packet: { type: number; data?: any; nsp?: string }; // oxlint-disable-line typescript/no-explicit-any
          /** Set if answers are wanted. */
          requestId?: string | undefined;
        };
      }
    | { type: MessageType.SOCKETS_JOIN | MessageType.SOCKETS_LEAVE; data: { opts: WireOptions; rooms: Room[] } }
    | { type: MessageType.DISCONNECT_SOCKETS; data: { opts: WireOptions; close?: boolean } }
    | { type: MessageType.FETCH_SOCKETS; data: { opts: WireOptions; requestId: string } }
    | {
        type: MessageType.SERVER_SIDE_EMIT;
        /** `packet`: name and arguments of the event. `requestId` is set if answers are wanted. */
        data: { packet: unknown[]; requestId?: string | undefined };
      }
  );

/** An answer to the one server that asked. */
export type ClusterResponse = Envelope &
  (
    | { type: MessageType.FETCH_SOCKETS_RESPONSE; data: { requestId: string; sockets: SocketDetails[] } }
    | { type: MessageType.SERVER_SIDE_EMIT_RESPONSE; data: { requestId: string; packet: unknown } }
    | { type: MessageType.BROADCAST_CLIENT_COUNT; data: { requestId: string; clientCount: number } }
    | { type: MessageType.BROADCAST_ACK; data: { requestId: string; packet: unknown } }
  );

/** A message before the sender has put its name on it. */
export type Unsigned<Message> = Message extends unknown ? Omit<Message, keyof Envelope> : never;

export function encodeOptions({ rooms, except, flags = {} }: BroadcastOptions): WireOptions {
  return { rooms: [...rooms], except: except === undefined ? [] : [...except], flags };
}

/** @param opts of another server, perhaps of another make: what is missing is empty */
export function decodeOptions(opts: Partial<WireOptions> | undefined): BroadcastOptions {
  return { rooms: new Set(opts?.rooms), except: new Set(opts?.except), flags: opts?.flags ?? {} };
}

/** What travels of a socket of this server. */
export function detailsOf({
  id,
  handshake,
  rooms,
  data,
}: Omit<SocketDetails, "rooms"> & { rooms: Iterable<Room> }): SocketDetails {
  const { sessionStore: _, ...rest } = handshake as Record<string, unknown>;
  return { id, handshake: rest, rooms: [...rooms], data };
}

/** Whether a message of a kind that we know has the shape of its kind. Servers of other makes, or worse, may send anything. */
export function isWellFormed(message: ClusterMessage | ClusterResponse): boolean {
  const { type } = message;
  if (type === MessageType.INITIAL_HEARTBEAT || type === MessageType.HEARTBEAT || type === MessageType.ADAPTER_CLOSE) {
    return true;
  }
  const { data } = message as { data?: unknown };
  if (!isRecord(data)) return false;
  switch (type) {
    case MessageType.BROADCAST:
      return isTarget(data["opts"]) && isRecord(data["packet"]) && isEvent(data["packet"]["data"]);
    case MessageType.SOCKETS_JOIN:
    case MessageType.SOCKETS_LEAVE:
      return isTarget(data["opts"]) && Array.isArray(data["rooms"]);
    case MessageType.DISCONNECT_SOCKETS:
      return isTarget(data["opts"]);
    case MessageType.FETCH_SOCKETS:
      return isTarget(data["opts"]) && isId(data["requestId"]);
    case MessageType.SERVER_SIDE_EMIT:
      return isEvent(data["packet"]);
    case MessageType.FETCH_SOCKETS_RESPONSE:
      return isId(data["requestId"]) && Array.isArray(data["sockets"]);
    case MessageType.BROADCAST_CLIENT_COUNT:
      return isId(data["requestId"]) && typeof data["clientCount"] === "number";
    case MessageType.SERVER_SIDE_EMIT_RESPONSE:
    case MessageType.BROADCAST_ACK:
      return isId(data["requestId"]);
    default:
      // Of a later release.
      return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isTarget(opts: unknown): boolean {
  return opts === undefined || (isRecord(opts) && isList(opts["rooms"]) && isList(opts["except"]));
}

function isList(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

/** Name and arguments. */
function isEvent(value: unknown): boolean {
  return Array.isArray(value) && (typeof value[0] === "string" || typeof value[0] === "number");
}

function isId(value: unknown): boolean {
  return typeof value === "string";
}
