import type { BroadcastFlags, BroadcastOptions, Room, SocketId } from "socket.io-adapter";
import { PacketType, type Packet } from "socket.io-parser";
import { containsBytes } from "../bytes.js";
import { codec, type Codec } from "../codec.js";

/** What servers ask each other (protocols.md 6.1). */
export enum RequestType {
  SOCKETS,
  ALL_ROOMS,
  REMOTE_JOIN,
  REMOTE_LEAVE,
  REMOTE_DISCONNECT,
  REMOTE_FETCH,
  SERVER_SIDE_EMIT,
  BROADCAST,
  BROADCAST_CLIENT_COUNT,
  BROADCAST_ACK,
}

/** A target as it travels. */
export interface WireOptions {
  rooms: Room[];
  except: Room[];
  flags?: BroadcastFlags;
}

/** A request, or an answer that has a type. Which members there are depends on the type. */
export interface Request {
  type: RequestType;
  uid?: string;
  requestId?: string;
  /** Of a server of Socket.IO 2, whose types mean something else. */
  requestid?: string;
  opts?: Partial<WireOptions>;
  rooms?: Room[];
  room?: Room;
  sid?: SocketId;
  close?: boolean;
  packet?: { type: number; data?: unknown; nsp?: string };
  data?: unknown;
}

export interface Response {
  requestId?: string;
  /** Who answers. Servers of other makes do not tell, and do not look. */
  uid?: string;
  /** Of a server of Socket.IO 2. */
  requestid?: string;
  clients?: SocketId[];
  type?: RequestType;
  sockets?: unknown[];
  rooms?: Room[];
  data?: unknown;
  clientCount?: number;
  packet?: unknown;
}

/**
 * The packet as it travels: its id is the sender's.
 *
 * @param socketIo2 whether servers of Socket.IO 2 are to read it. They look for bytes when they emit, not when they encode; later
 * ones take the other type for no event (protocols.md 6.1)
 */
export function wirePacket({ type, data }: Packet, nsp: string, socketIo2: boolean): WirePacket {
  return { type: socketIo2 && containsBytes(data) ? PacketType.BINARY_EVENT : type, data, nsp };
}

/**
 * A question, or an answer, with what users gave. JSON where it can be: servers before @socket.io/redis-adapter 7.2, which know no such
 * questions, end at anything else on these channels; later ones read both.
 *
 * @param socketIo2 whether servers of Socket.IO 2 are to survive it in any case
 * @throws if it has bytes then
 */
export function encodeForAll(message: Request | Response, parser: Codec, socketIo2: boolean): string | Uint8Array {
  if (parser !== codec && !socketIo2) return parser.encode(message);
  if (!containsBytes(message)) return JSON.stringify(message);
  if (socketIo2) throw new Error("bytes would end servers of Socket.IO 2");
  return parser.encode(message);
}

interface WirePacket {
  type: number;
  data: unknown;
  nsp: string;
}

export function targetOf({ rooms, except }: BroadcastOptions): WireOptions {
  return { rooms: [...rooms], except: except === undefined ? [] : [...except] };
}

/**
 * Whether what other servers, or worse, have sent has lists where lists belong. A target that is none is not to mean everybody.
 */
export function isWellFormed({ opts, rooms }: Pick<Request, "opts" | "rooms">): boolean {
  return isList(rooms) && (opts === undefined || (isObject(opts) && isList(opts.rooms) && isList(opts.except)));
}

function isList(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** @param opts of another server: what is missing is empty */
export function optionsOf(opts: Partial<WireOptions> | undefined): BroadcastOptions {
  return { rooms: new Set(opts?.rooms), except: new Set(opts?.except), flags: opts?.flags ?? {} };
}

/** JSON begins with a brace, and MessagePack never does for a map or a list. */
const BRACE = 0x7b;

export function isJson(payload: Uint8Array): boolean {
  return payload[0] === BRACE;
}

/** What is asked of a socket on behalf of another server. */
export interface RemoteSocket {
  readonly rooms: Set<Room>;
  join(room: Room): unknown;
  leave(room: Room): unknown;
  disconnect(close: boolean): unknown;
}

/** Name and arguments. */
export function isEvent(data: unknown): boolean {
  return Array.isArray(data) && (typeof data[0] === "string" || typeof data[0] === "number");
}
