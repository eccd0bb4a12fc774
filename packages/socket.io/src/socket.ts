import debugModule from "debug";
import type { IncomingMessage } from "node:http";
import type { Socket as RawSocket } from "engine.io";
import type {
  Adapter,
  BroadcastFlags,
  PrivateSessionId,
  Room,
  Session,
  SocketId,
  WriteOptions,
} from "socket.io-adapter";
import { PacketType, type Packet } from "socket.io-parser";
import { AckTable } from "socket.io-parser/acks";
import { isReservedEvent } from "socket.io-parser/events";
import { BroadcastOperator } from "./broadcast-operator.js";
import type { AnyListener } from "./catch-all.js";
import type { Client } from "./client.js";
import { reservedEventError, type ExtendedError } from "./errors.js";
import { buildHandshake, type FirstRequest, type Handshake } from "./handshake.js";
import { generateId } from "./ids.js";
import { runMiddlewares } from "./middleware.js";
import type { Namespace } from "./namespace.js";
import { expectAck, promisedAck, type AckCallback } from "./pending-acks.js";
import { isRecoverable } from "./recovery.js";
import type { Server } from "./server.js";
import type { DisconnectReason, Event } from "./socket-events.js";
import { NO_FLAGS, SocketTargets } from "./socket-targets.js";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "./typed-events.js";

export type { Handshake } from "./handshake.js";
export type { DisconnectReason, Event, SocketReservedEventsMap } from "./socket-events.js";

const debug = debugModule("socket.io:socket");

/** When this module was loaded, in ms since 1970. */
const LOADED = Date.now();

/** A socket, whatever events it is typed for. */
// eslint-disable-next-line typescript/no-explicit-any -- see above
export type AnySocket = Socket<any, any, any, any>;

/**
 * One client in one namespace.
 *
 * Events: those that the client emits, `disconnecting` and `disconnect` (with the reason), and `error`.
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line typescript/no-explicit-any -- free form until the application describes it
  SocketData = any,
> extends SocketTargets<ListenEvents, EmitEvents, SocketData> {
  /** The namespace. */
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connection, shared with the sockets of other namespaces. */
  readonly client: Client;
  /** Unique id of this session, known to both sides. */
  readonly id: SocketId;
  /** Whether an earlier session was taken up again. */
  readonly recovered: boolean;
  /** How the socket came to be connected. */
  declare readonly handshake: Handshake;
  /** Whether the socket is connected. */
  connected: boolean = false;
  /** @internal see AdapterSocket */
  _isAside: boolean;
  /** @internal see AdapterSocket */
  _lastLogged: number | undefined;
  // What {@link handshake} is made of when somebody first asks for it.
  private readonly _firstRequest: FirstRequest | null | undefined;
  private readonly _auth: Record<string, unknown> | undefined;
  /** In ms since {@link LOADED}: a small integer, where the date itself would be a number on the heap. */
  private readonly _issued: number;
  private _handshake: Handshake | undefined;
  /** {@link data}, made when first asked for. */
  private _data: SocketData | typeof NO_DATA;
  private readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  private readonly adapter: Adapter;
  private fns: ((event: Event, next: (err?: Error) => void) => unknown)[] | undefined;
  private _acks: AckTable | undefined;
  /** Set for good when the socket has left, or was never let in. Before the middlewares agree, it is neither. */
  private _left: boolean;
  /** Secret name of the session that the client may come back to; undefined if there is none, or no more. */
  private pid: PrivateSessionId | undefined;
  /** The session that is taken up again, until the socket is let in. */
  private _session: Session | undefined;

  /** @internal made by the namespace */
  constructor(
    nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    client: Client,
    auth: Record<string, unknown> | undefined,
    session?: Session,
  ) {
    super(nsp.server._listenerErrors.captureRejections);
    const { dialect } = client;
    this.nsp = nsp;
    this.client = client;
    this._isAside = false;
    this.id = session === undefined ? dialect.newSocketId(nsp.name, client.id) : session.sid;
    this.recovered = session !== undefined;
    Object.defineProperty(this, "handshake", HANDSHAKE);
    this._firstRequest = client.conn.request;
    this._auth = auth;
    // Rounded, though it is whole: what a subtraction of large numbers makes is a number on the heap.
    this._issued = Math.round(Date.now() - LOADED);
    this._handshake = undefined;
    this._data = (session?.data as SocketData | null | undefined) ?? NO_DATA;
    this._lastLogged = undefined;
    this.server = nsp.server;
    this.adapter = nsp.adapter;
    this.fns = undefined;
    this._acks = undefined;
    this._left = false;
    this.pid = undefined;
    this._session = session;
    if (nsp._sessions !== undefined && dialect.recovers) {
      this.pid = session?.pid ?? generateId();
      nsp._sessions.hold(this.pid, this);
    }
    if (session !== undefined)
      this._call(() => this.adapter.addAll(this.id, new Set(session.rooms)), this, [], "connection");
    // An `error` event without a listener would throw.
    super.on("error", ignore);
  }

  /** Free for the application. Other servers see it by `fetchSockets()`. */
  get data(): SocketData {
    if (this._data === NO_DATA) this._data = {} as SocketData;
    return this._data;
  }
  set data(data: SocketData) {
    this._data = data;
  }

  /** @internal */
  _makeHandshake(): Handshake {
    return (this._handshake ??= buildHandshake(
      this._firstRequest,
      this.conn.remoteAddress,
      this._auth ?? {},
      LOADED + this._issued,
    ));
  }

  /** Whether the socket is not connected. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** The first request of the connection; none for WebTransport. */
  get request(): IncomingMessage {
    return this.client.request;
  }

  /** The engine socket: transport, protocol revision, remote address. */
  get conn(): RawSocket {
    return this.client.conn;
  }

  /** The rooms that the socket is in: live, and empty once it has left. */
  get rooms(): Set<Room> {
    return this.adapter.socketRooms(this.id) ?? new Set();
  }

  /**
   * Acknowledgements that are waited for.
   * @internal adapters add to it
   */
  get acks(): AckTable {
    return (this._acks ??= new AckTable(this.server._alarm.deadlines));
  }

  /**
   * Sends an event to the client. A function as last argument is called with the client's answer.
   *
   * @returns true
   * @throws if the event name is reserved, or an argument cannot be encoded
   */
  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    if (isReservedEvent(ev)) throw reservedEventError(ev);
    const data: unknown[] = [ev, ...args];
    const { flags } = this;
    this.flags = NO_FLAGS;
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    if (typeof data[data.length - 1] === "function") {
      packet.id = this.nsp._ids++;
      const pending = this._acks?.size ?? 0;
      if (pending >= this.server._limits.maxPendingAcks) this.client._leavesUnanswered(pending);
      this.expectAck(packet.id, ev, data.pop() as AckCallback, flags.timeout);
    } else if (this.goesThroughRoom(flags)) {
      const kept: unknown = this.adapter.broadcast(packet, { rooms: new Set([this.id]), except: new Set(), flags });
      this.server._listenerErrors.watch(kept, this, ev);
      return true;
    }
    // With recovery, events go through the room of the socket (row S-195): nobody is there any more.
    if (this._left && this.nsp._sessions !== undefined) return true;
    this.notifyOutgoingListeners(packet);
    try {
      this.packet(packet, flags);
    } catch (error) {
      // An argument cannot be encoded: the caller learns it now, and nobody will answer.
      if (packet.id !== undefined) this._acks?.delete(packet.id);
      throw error;
    }
    return true;
  }

  /**
   * Sends an event to the client and resolves with the first argument of its answer. Rejects when the socket disconnects,
   * or the time given by {@link timeout} is up.
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    type Answer = FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>;
    const timed = this.flags.timeout !== undefined;
    return new Promise<Answer>((resolve, reject) => {
      const ack = promisedAck<Answer>(timed, resolve, reject);
      this.emit(ev, ...([...(args as unknown[]), ack] as EventParams<EmitEvents, Ev>));
    });
  }

  /** Emits the event `message`. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.emit("message", ...args);
    return this;
  }

  /** Emits the event `message`. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /**
   * How long to wait for the acknowledgement of the next emit. Its callback then gets an error first.
   *
   * @param timeout in ms
   */
  timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    this.flags = { ...this.flags, timeout };
    return this as unknown as Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData>;
  }

  /**
   * Joins rooms. Done on return with the in-memory adapter; other adapters may give a promise.
   *
   * @returns beyond `maxRoomsPerConnection`, a promise that rejects: none of the rooms is joined then, and an `error` event says so too,
   *     for those who do not wait for it
   */
  join(rooms: Room | Room[]): Promise<void> | void {
    if (this._left) return;
    const wanted = new Set(Array.isArray(rooms) ? rooms : [rooms]);
    const current = this.rooms;
    let added = 0;
    for (const room of wanted) if (!current.has(room)) added++;
    const refusal = added > 0 ? this.client._refuseRooms(added) : undefined;
    if (refusal === undefined) return this.lend(this.adapter.addAll(this.id, wanted), "join");
    // Whoever joins is not interrupted.
    process.nextTick(() => this._onerror(refusal));
    const refused = Promise.reject<void>(refusal);
    // Most do not look at it: that must end no process.
    refused.catch(ignore);
    return refused;
  }

  /** Leaves a room. Done on return with the in-memory adapter; other adapters may give a promise. */
  leave(room: Room): Promise<void> | void {
    return this.lend(this.adapter.del(this.id, room), "leave");
  }

  /**
   * Disconnects this socket.
   *
   * @param close whether to close the connection, with all other namespaces
   */
  disconnect(close: boolean = false): this {
    if (!this.connected) return this;
    if (close) {
      this.client._disconnect();
    } else {
      this.packet({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
      this._onclose("server namespace disconnect");
    }
    return this;
  }

  /**
   * Bytes (UTF-16 units for text) that were sent to this client, in all namespaces, and that the operating system has not taken.
   * How much it may be is said by the option `maxBufferedBytes`.
   */
  get bufferedBytes(): number {
    return this.conn.bufferedBytes ?? 0;
  }

  /**
   * Resolves once what was sent to this client so far has been taken by its transport: who sends a lot awaits it now and then.
   *
   * @throws (rejects with) an Error if the connection ends before
   */
  drained(): Promise<void> {
    return this.conn.drained();
  }

  /** Adds a middleware for incoming events. An error given to `next` drops the event and is emitted as `error`. */
  use(fn: (event: Event, next: (err?: Error) => void) => void): this {
    (this.fns ??= []).push(fn);
    return this;
  }

  /**
   * Sends a packet, or messages that are encoded already.
   * @internal adapters of older makes call it with `preEncoded`
   */
  packet(packet: Packet | unknown[], options: WriteOptions = {}): void {
    if (this._left) return;
    if (options.preEncoded === true) return this.client._encoded(packet as unknown[], options);
    (packet as Packet).nsp = this.nsp.name;
    this.client._packet(packet as Packet, options);
  }

  /**
   * Sends what the session that is taken up again has missed, before CONNECT's answer (row S-197).
   *
   * @returns false if it is not there any more: the session is lost
   * @internal
   */
  _replay(): boolean {
    const session = this._session;
    if (session === undefined) return true;
    this._session = undefined;
    const { _handover: handover } = session;
    if (handover !== undefined) return handover.replay(this);
    for (const data of session.missedPackets ?? []) {
      this.packet({ type: PacketType.EVENT, nsp: this.nsp.name, data });
    }
    return true;
  }

  /** The middlewares have agreed: the socket joins its namespace. @internal */
  _onconnect(): void {
    this.connected = true;
    // Listeners of the adapter's `join-room` may throw, adapters of clusters may reject.
    this._call(() => this.adapter.addAll(this.id, new Set([this.id])), this, [], "connection");
    const data = this.client.dialect.acceptance(this.id, this.pid);
    this.packet({ type: PacketType.CONNECT, nsp: this.nsp.name, data });
    this.client._joined(this);
  }

  /** Also of a socket that was disconnected since the packet was read: its catch-all listeners and middlewares hear events all the same. @internal */
  _onpacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.EVENT:
        return this.onevent(packet);
      case PacketType.ACK:
        this._acks?.answer(packet.id, packet.data as unknown[]);
        return;
      case PacketType.DISCONNECT:
        // Events that came before are still one tick away, if they went through middlewares.
        if (this.fns !== undefined) process.nextTick(close, this, "client namespace disconnect");
        else this._onclose("client namespace disconnect");
    }
  }

  /** @internal */
  _onerror(error: Error): void {
    this.emitUntyped("error", error);
  }

  /** A middleware refuses the socket: the client is told why. @internal */
  _error(error: ExtendedError): void {
    // Its session goes with it.
    this._session = undefined;
    this.client._refuse(this.nsp.name, error);
  }

  /** Ends the connected socket. @internal */
  _onclose(reason: DisconnectReason, description?: unknown): this {
    if (!this.connected) return this;
    debug("socket %s closed: %s", this.id, reason);
    this.emitReserved("disconnecting", reason, description);
    this.keepSession(reason);
    this._cleanup();
    this.client._remove(this);
    this.connected = false;
    this.emitReserved("disconnect", reason, description);
    return this;
  }

  /** Forgets a socket that was let in or not: its rooms and its place in the namespace. @internal */
  _cleanup(): void {
    this._left = true;
    const { _sessions: sessions } = this.nsp;
    if (this._session !== undefined) sessions?.putBack(this.adapter, this._session);
    this._session = undefined;
    if (this.pid !== undefined) sessions?.release(this.pid, this);
    // Who was never let in has no session to come back to, but that which was put back.
    if (!this.connected) this.pid = undefined;
    this.leaveAll();
    this._acks?.disconnect();
    this.nsp._remove(this);
  }

  /** Time is up for a broadcast. @internal */
  _forgetAck(id: number): void {
    this._acks?.delete(id);
  }

  /**
   * Whether an event to this socket goes through its room (row S-195), where the adapter can keep it, and where its client is again once it
   * has come back. Before the socket is let in nobody reaches it there.
   */
  private goesThroughRoom(flags: BroadcastFlags): boolean {
    if (this.nsp._sessions === undefined) return false;
    return this._left ? this.pid !== undefined : this.connected && flags.volatile !== true;
  }

  /** Gives the session to the adapter to keep if the client may come back, or ends it. */
  private keepSession(reason: DisconnectReason): void {
    const { pid } = this;
    const { _sessions: sessions } = this.nsp;
    if (pid === undefined || sessions === undefined) return;
    if (isRecoverable(reason)) {
      sessions.save(this.adapter, { sid: this.id, pid, rooms: [...this.rooms], data: this.data });
      return;
    }
    sessions.release(pid, this);
    this.pid = undefined;
  }

  private leaveAll(): void {
    this._call(() => this.adapter.delAll(this.id), this, [], "disconnect");
  }

  /** @internal */
  protected override newBroadcastOperator(): BroadcastOperator<
    DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
    SocketData
  > {
    const { flags } = this;
    this.flags = NO_FLAGS;
    return new BroadcastOperator(this.adapter, new Set<Room>(), new Set<Room>([this.id]), { ...flags });
  }

  private expectAck(id: number, ev: string | symbol, ack: AckCallback, timeout: number | undefined): void {
    const { _alarm, _listenerErrors } = this.server;
    const call = _listenerErrors.guard(ack, this, ev);
    expectAck(this._left ? undefined : this.acks, id, ack, call, timeout, _alarm);
  }

  private onevent(packet: Packet): void {
    const event = packet.data as Event;
    // The default decoder has checked this; those of users need not.
    if (!Array.isArray(event) || !isEventName(event[0])) return this.client.close();
    if (packet.id !== undefined) event.push(this.ack(packet.id));
    this.notifyListeners(event);
    this.dispatch(event);
  }

  /** The function that answers an event: once, and not after the socket has left. */
  private ack(id: number): AnyListener {
    let sent = false;
    return (...args) => {
      if (sent) return;
      this.packet({ type: PacketType.ACK, nsp: this.nsp.name, id, data: args });
      // An answer that cannot be encoded was none: the caller knows, and may give another.
      sent = true;
    };
  }

  private dispatch(event: Event): void {
    if (this.fns === undefined) {
      // A catch-all listener may have disconnected the socket.
      if (this.connected) this.emitUntyped(...event);
      return;
    }
    const failed = (error: unknown, rejected: boolean): void =>
      this._listenerFailed(error, event[0], undefined, rejected);
    runMiddlewares(this.fns, event, failed, (error) => process.nextTick(deliver, this, event, error));
  }

  /** @internal the tick after the middlewares */
  _deliver(event: Event, error: Error | undefined): void {
    if (error !== undefined) this._onerror(error);
    else if (this.connected) this.emitUntyped(...event);
  }

  /** @internal */
  protected override _callListener(listener: AnyListener, event: unknown[]): void {
    this._call(listener, this, event, event[0] as string);
  }

  /** Calls what may fail by the application's fault. */
  private _call(fn: (...args: never[]) => unknown, self: unknown, args: readonly unknown[], event: string): void {
    this.server._listenerErrors.call(fn, self, args, this, event);
  }

  /** What an adapter has given the application. */
  private lend(done: Promise<void> | void, method: string): Promise<void> | void {
    // Hot path: the one in memory gives nothing.
    if (done !== undefined) this.server._listenerErrors.lend(done, this, method);
    return done;
  }

  /** @internal */
  protected override _listenerFailed(error: unknown, ev: string | symbol, _first: unknown, rejected: boolean): void {
    this.server._listenerErrors.report(error, this, ev, rejected);
  }
}

/**
 * {@link Socket.handshake}, a property of each socket that takes no place in it. Typed as read-only; programs in JavaScript may replace it all the
 * same, as they can with upstream.
 */
const HANDSHAKE: PropertyDescriptor & ThisType<AnySocket> = {
  configurable: true,
  enumerable: true,
  get() {
    return this._makeHandshake();
  },
  set(value: Handshake) {
    Object.defineProperty(this, "handshake", { value, configurable: true, enumerable: true, writable: true });
  },
};

function deliver(socket: AnySocket, event: Event, error: Error | undefined): void {
  socket._deliver(event, error);
}

function close(socket: AnySocket, reason: DisconnectReason): void {
  socket._onclose(reason);
}

function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !isReservedEvent(name) : typeof name === "number";
}

/** Before somebody asks: most sockets of some applications have none, and an empty object is 56 bytes of each. */
const NO_DATA = Symbol("no data");

function ignore(): void {}
