import { EventEmitter } from "node:events";
import type { Packet } from "socket.io-parser";
import type { Expectation } from "./cluster/expectation.js";
import type { ServerId } from "./cluster/messages.js";
import { deliver, encode } from "./delivery.js";
import type { AdapterHost, AdapterSocket } from "./host.js";
import { RoomIndex, type Room, type SocketId } from "./room-index.js";

export type { Room, SocketId } from "./room-index.js";

/** Secret id of a session, known to its owner alone. */
export type PrivateSessionId = string;

export interface BroadcastFlags {
  volatile?: boolean;
  compress?: boolean;
  /** Only the sockets of this process. */
  local?: boolean;
  broadcast?: boolean;
  binary?: boolean;
  /** Time for the clients to answer, in ms. */
  timeout?: number;
  /** The answer of the one receiver is wanted, not a list of answers. */
  expectSingleResponse?: boolean;
}

export interface BroadcastOptions {
  /** Union of rooms; empty means everybody in the namespace. */
  rooms: Set<Room>;
  /** Whoever is in one of these is left out. */
  except?: Set<Room>;
  flags?: BroadcastFlags;
}

/** What is kept of a socket that was cut off. */
export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  /** What the application has put into `socket.data`. */
  data: unknown;
}

/** What a client gets back, with the events (name and arguments) that it has missed. */
export type Session = SessionToPersist & {
  missedPackets: unknown[][];
  /** @internal */
  readonly _handover?: Handover;
};

/** What an adapter may add to a session that has the packets at hand. The namespace calls one of the two, once. @internal */
export interface Handover {
  /**
   * Sends what was missed up to now. From now on the socket must be a target of broadcasts.
   *
   * @returns false if not all of it is there: nothing has been sent then
   */
  replay(socket: AdapterSocket): boolean;
  /** The client is gone again: the session is kept for its next attempt. */
  putBack(): void;
}

/**
 * Rooms and broadcasts of one namespace, in the memory of one process. Adapters that connect several processes extend
 * it and call these methods for the sockets of their own process.
 *
 * Events: `create-room(room)`, `join-room(room, id)`, `leave-room(room, id)`, `delete-room(room)`, in that order.
 */
export class Adapter extends EventEmitter {
  /** Live: room → ids. */
  readonly rooms: Map<Room, Set<SocketId>>;
  /** Live: id → rooms. */
  readonly sids: Map<SocketId, Set<Room>>;
  /** @internal read by older subclasses */
  readonly encoder: AdapterHost["server"]["encoder"];
  /** @internal */
  readonly _index = new RoomIndex();

  /** @param nsp the namespace; {@link AdapterHost} lists what is asked of it */
  // eslint-disable-next-line typescript/no-explicit-any -- adapters of users read members of Namespace, a type this package cannot name
  constructor(readonly nsp: any) {
    super();
    this.rooms = this._index.rooms;
    this.sids = this._index.sids;
    this.encoder = (nsp as AdapterHost).server.encoder;
  }

  /** Called by the namespace once the adapter exists. */
  init(): Promise<void> | void {}

  /** Called when the server or the namespace closes. */
  close(): Promise<void> | void {}

  /** Number of Socket.IO servers in the cluster. */
  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  /** The other servers, where they are known by name. @internal */
  _knownServers?(): Iterable<ServerId>;

  /** Whose answers a question that is sent now will wait for, where there are other servers. @internal */
  _expectation?(): Promise<Expectation>;

  /** How long somebody may still come back to a session that this object alone keeps, in ms. @internal */
  _awaitedFor?(): number;

  /** Whether to close it when another takes its place. Those of other makes may share with that one what they close. @internal */
  readonly _closesWhenReplaced?: boolean;

  /** Adds a socket to rooms. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    if (rooms.size === 0) this._index.register(id);
    this.#setAside(id, false);
    for (const room of rooms) {
      const added = this._index.add(id, room);
      if (added === "unchanged") continue;
      if (added === "created") this.emit("create-room", room);
      this.emit("join-room", room, id);
    }
  }

  /** Removes a socket from a room. */
  del(id: SocketId, room: Room): Promise<void> | void {
    this._del(room, id);
  }

  /** Removes a socket from all its rooms and forgets it. */
  delAll(id: SocketId): void {
    const rooms = this.sids.get(id);
    if (rooms === undefined) return;
    for (const room of rooms) this._del(room, id);
    this._index.unregister(id);
    this.#setAside(id, true);
  }

  /** Sends a packet to the targets. It is encoded once, whatever their number. */
  broadcast(packet: Packet, opts: BroadcastOptions): void {
    deliver(this, encode(this, packet, opts.flags), opts);
  }

  /**
   * Sends a packet and collects answers. The caller counts them and minds the time.
   *
   * @param clientCountCallback told how many clients of this process the packet went to
   * @param ack called with each answer
   */
  broadcastWithAck(
    packet: Packet,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    // eslint-disable-next-line typescript/no-explicit-any -- answers carry whatever the peers sent
    ack: (...args: any[]) => void,
  ): void {
    const id = (this.nsp as AdapterHost)._ids++;
    packet.id = id;
    const delivery = encode(this, packet, opts.flags);
    clientCountCallback(deliver(this, delivery, opts, (socket) => socket.acks.set(id, ack)));
  }

  /** The ids of the connected sockets in one of the rooms (no room: of all). */
  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    this.apply({ rooms }, (socket) => ids.add(socket.id));
    return Promise.resolve(ids);
  }

  /** The rooms of a socket: the live Set. */
  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.sids.get(id);
  }

  /** The sockets that match. */
  // eslint-disable-next-line typescript/no-explicit-any -- sockets, or details of sockets in subclasses
  fetchSockets(opts: BroadcastOptions): Promise<any[]> {
    const sockets: AdapterSocket[] = [];
    this.apply(opts, (socket) => sockets.push(socket));
    return Promise.resolve(sockets);
  }

  /** Makes the sockets that match join rooms. */
  addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    this.apply(opts, (socket) => void socket.join(rooms));
  }

  /** Makes the sockets that match leave rooms. */
  delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    this.apply(opts, (socket) => {
      for (const room of rooms) void socket.leave(room);
    });
  }

  /** Disconnects the sockets that match; with `close`, their connections too. */
  disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    this.apply(opts, (socket) => socket.disconnect(close));
  }

  /** Sends an event to the other servers of the cluster. A single process has none. */
  // eslint-disable-next-line typescript/no-explicit-any -- event name and arguments of the user
  serverSideEmit(_packet: any[]): void {
    console.warn("this adapter does not support the serverSideEmit() functionality");
  }

  /** Keeps the session of a socket that was cut off. This adapter keeps none; those with a store may give a promise. */
  persistSession(_session: SessionToPersist): Promise<void> | void {}

  /** Finds a kept session again and the packets it missed. This adapter keeps none. */
  restoreSession(_pid: PrivateSessionId, _offset: string): Promise<Session | null> {
    return Promise.resolve(null);
  }

  /** Calls back with each connected socket that matches. @internal used by older subclasses */
  apply(opts: BroadcastOptions, callback: (socket: AdapterSocket) => void): void {
    const { sockets, adapter = this } = this.nsp as AdapterHost;
    // One whose place another has taken reaches those alone who joined it.
    if (adapter === this && opts.rooms.size === 0 && (opts.except === undefined || opts.except.size === 0)) {
      // Hot path: to look up each id would read three places in memory more for each receiver, which no cache holds any longer.
      for (const socket of sockets.values()) if (socket._isAside !== true) callback(socket);
      return;
    }
    this._index.forEachTarget(opts, (id) => {
      // An id that is known but not connected is still in its middlewares.
      const socket = sockets.get(id);
      if (socket !== undefined) callback(socket);
    });
  }

  /** Broadcasts to everybody go through the connected sockets, and not through the ids that are known. */
  #setAside(id: SocketId, isAside: boolean): void {
    const socket = (this.nsp as AdapterHost).sockets.get(id);
    if (socket !== undefined && socket._isAside !== isAside) socket._isAside = isAside;
  }

  /** @internal used by older subclasses */
  _del(room: Room, id: SocketId): void {
    const removed = this._index.remove(id, room);
    if (removed === "unchanged") return;
    this.emit("leave-room", room, id);
    if (removed === "deleted") this.emit("delete-room", room);
  }
}
