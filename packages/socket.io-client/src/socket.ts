import { PacketType, type Packet } from "socket.io-parser";
import {
  type AllButLast,
  type DecorateAcknowledgements,
  type DefaultEventsMap,
  type EventNames,
  type EventParams,
  type EventsMap,
  type FirstNonErrorArg,
  isReservedEvent,
  type Last,
} from "socket.io-parser/events";
import { ListeningBase } from "./listening.js";
import { createLog } from "./log.node.js";
import type { Manager } from "./manager.js";
import { type Flags, weigh, whyFull } from "./outbox.js";
import { announce, callUser } from "./user-code.js";

// `any` all through this file: events carry the users' own values, and listeners declare what they expect (row T-14).
/* oxlint-disable typescript/no-explicit-any */

const debug = /* @__PURE__ */ createLog("socket.io-client:socket");

/** Text that applications look for (row C-117). */
const OLD_SERVER =
  "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";

/** How many events may wait for the answer to CONNECT; a server that sends more of them is cut off. */
const MAX_EARLY_EVENTS = 100_000;

export interface SocketOptions {
  /**
   * What the server's middlewares see as `socket.handshake.auth`: an object, or a function that hands it over at every
   * (re)connection.
   */
  auth?: { [key: string]: any } | ((cb: (data: object) => void) => void);
  /**
   * Events are sent one at a time and again until they are acknowledged, at most `retries + 1` times in all. The server may get
   * one of them twice.
   */
  retries?: number;
  /** How long to wait for an acknowledgement, in ms, where `timeout()` does not say otherwise. Callbacks then take an error first. */
  ackTimeout?: number;
}

/** Why the engine closed: the error, or what the transport tells. */
export type DisconnectDescription =
  | Error
  | {
      description: string;
      context?: unknown;
    };

/** An error that a middleware of the server sent, with what it put into `data`. */
export interface ExtendedError extends Error {
  data?: any;
}

/** Events of the Socket that nobody can emit. */
export interface SocketReservedEvents {
  /** Connected, or connected again. */
  connect: () => void;
  /** The connection failed (`active` is true: it is tried again) or the server refused it (`active` is false). */
  connect_error: (err: ExtendedError) => void;
  /** The connection ended. It is made again unless the reason begins with "io ". */
  disconnect: (reason: Socket.DisconnectReason, description?: DisconnectDescription) => void;
}

/** A packet on its way out. */
export interface OutgoingPacket extends Omit<Packet, "nsp"> {
  options?: { compress: boolean };
}

type AnyListener = (...args: any[]) => void;

/** Settles one awaited acknowledgement: by its arguments, or by an error. */
type Settle = (error: (Error & { code?: string }) | null, answer?: readonly unknown[]) => void;

/** Option `retries`: an event that waits for its acknowledgement, or for those before it. */
interface QueuedEvent {
  readonly data: unknown[];
  readonly manner: Flags;
  readonly ack: AnyListener | undefined;
}

/**
 * One namespace as the client sees it.
 *
 * @example
 * const socket = io("https://example.com");
 * socket.on("news", (text) => console.log(text));
 * socket.emit("hello", 1, "2", (answer) => console.log(answer));
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends ListeningBase<ListenEvents, SocketReservedEvents> {
  /** The Manager, which other Sockets may share. */
  declare readonly io: Manager<ListenEvents, EmitEvents>;
  /** Names this connection on the server; undefined while not connected. */
  declare id: string | undefined;
  connected = false;
  /** True if the server restored the previous session: `id` is the same and missed events were sent. */
  recovered = false;
  /** See {@link SocketOptions.auth}. May be changed; counts at the next connection. */
  declare auth: NonNullable<SocketOptions["auth"]>;
  /** Events that came before the answer to CONNECT. */
  receiveBuffer: ReadonlyArray<any>[] = [];
  /** Packets emitted while not connected. */
  sendBuffer: OutgoingPacket[] = [];

  /** @internal */
  declare readonly nsp: string;
  /** @internal Read by downstream packages, as {@link flags} is (row D-30). */
  declare readonly _opts: SocketOptions;
  /** @internal */
  private flags: Flags = {};
  private ids = 0;
  private acks = new Map<number, Settle>();
  private _queue: QueuedEvent[] = [];
  /** How often the head of the queue was sent, and whether its answer is awaited. */
  private _tries = 0;
  private _inFlight = false;
  /** Bytes of what is kept. */
  private _kept = 0;
  /** Names our session to a server that has recovery on. Secret. */
  declare private _pid: string | undefined;
  declare private _lastOffset: string | undefined;
  private _active = false;
  /** Belongs to the CONNECT packet under way: its sender while `auth` makes up its mind, then `true`. */
  declare private _joining: unknown;
  private _any: AnyListener[] = [];
  private _anyOutgoing: AnyListener[] = [];

  /** @internal Sockets come from `io()` and from {@link Manager.socket}. */
  constructor(io: Manager<any, any>, nsp: string, opts?: Partial<SocketOptions>) {
    super();
    this.io = io;
    this.nsp = nsp;
    this._opts = { ...opts };
    // Of the object that was given: a copy lacks what is inherited.
    if (opts?.auth) this.auth = opts.auth;
    if (io._autoConnect) this.connect();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** True if the Socket is connected or will be without further help, after a failure too. */
  get active(): boolean {
    return this._active;
  }

  /** Drops the next event if it can't leave at once, instead of keeping it. */
  get volatile(): this {
    this.flags.volatile = true;
    return this;
  }

  /** Connects, the Manager too where needed. Without effect while connected. */
  connect(): this {
    if (this.connected) return this;
    this._active = true;
    if (!this.io._reconnecting) this.io.open();
    if (this.io._readyState === "open") this._join();
    return this;
  }

  /** The same as {@link connect}. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace; closes the connection if no other Socket uses it. What is buffered stays. */
  disconnect(): this {
    const { connected } = this;
    if (connected) this._packet({ type: PacketType.DISCONNECT });
    this._leave();
    if (connected) this._end("io client disconnect");
    return this;
  }

  /** The same as {@link disconnect}. */
  close(): this {
    return this.disconnect();
  }

  /** Sends a `message` event. */
  send(...args: any[]): this {
    this._emit(["message", ...args]);
    return this;
  }

  /**
   * Sends an event, or keeps it until the Socket is connected. A function as the last argument is called with the answer.
   *
   * @throws if the name is reserved
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    this._emit([ev, ...args]);
    return true;
  }

  /**
   * Sends an event and promises the first argument of the answer; rejects on timeout and when the connection ends.
   *
   * @example
   * const answer = await socket.timeout(1000).emitWithAck("hello", "world");
   */
  emitWithAck<Ev extends EventNames<EmitEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return new Promise((resolve, reject) => {
      this._emit([ev, ...args, (error: Error | null, value: any) => (error ? reject(error) : resolve(value))], true);
    });
  }

  /** Whether the transport may compress the next event. @default true */
  compress(compress: boolean): this {
    this.flags.compress = compress;
    return this;
  }

  /**
   * The callback of the next event takes an error first, and gets one if no answer came within so many ms.
   *
   * @example
   * socket.timeout(5000).emit("hello", (err, answer) => {});
   */
  timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.flags.timeout = timeout;
    return this as unknown as Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
  }

  /** Calls the listener with name and arguments of every incoming event, before the listeners of that event. */
  onAny(listener: AnyListener): this {
    this._any.push(listener);
    return this;
  }

  /** As {@link onAny}, ahead of the others. */
  prependAny(listener: AnyListener): this {
    this._any.unshift(listener);
    return this;
  }

  /** Removes one listener of {@link onAny}, or all. */
  offAny(listener?: AnyListener): this {
    remove(this._any, listener);
    return this;
  }

  /** The listeners of {@link onAny}. Live. */
  listenersAny(): AnyListener[] {
    return this._any;
  }

  /** Calls the listener with name and arguments of every event before it is sent. */
  onAnyOutgoing(listener: AnyListener): this {
    this._anyOutgoing.push(listener);
    return this;
  }

  /** As {@link onAnyOutgoing}, ahead of the others. */
  prependAnyOutgoing(listener: AnyListener): this {
    this._anyOutgoing.unshift(listener);
    return this;
  }

  /** Removes one listener of {@link onAnyOutgoing}, or all. */
  offAnyOutgoing(listener?: AnyListener): this {
    remove(this._anyOutgoing, listener);
    return this;
  }

  /** The listeners of {@link onAnyOutgoing}. Live. */
  listenersAnyOutgoing(): AnyListener[] {
    return this._anyOutgoing;
  }

  /** @internal What happened to the Manager: "open"; "error", an attempt to connect failed or the engine reports one; or "close". */
  _hear(event: "open" | "error" | "close", reason?: unknown, description?: unknown): void {
    if (event === "open") this._join();
    else if (event === "close") this._end(reason as string, description);
    else if (!this.connected) announce(this, ["connect_error", reason]);
  }

  /** @internal A packet for this namespace arrived. */
  _onPacket(packet: Packet): void {
    if (!this._active) return;
    const { type: kind, data } = packet;
    // Decoders of other makes may leave the binary kinds as they are.
    const type: PacketType = kind > PacketType.CONNECT_ERROR ? kind - 3 : kind;
    if (type === PacketType.CONNECT) {
      if (data?.sid) this._onConnect(data);
      else this._hear("error", new Error(OLD_SERVER));
    } else if (type === PacketType.EVENT) this.onevent(packet);
    else if (type === PacketType.ACK) this.acks.get(packet.id!)?.(null, data);
    else {
      this._leave();
      if (type === PacketType.DISCONNECT) this._end("io server disconnect");
      else this._hear("error", Object.assign(new Error(data?.message), { data: data?.data }));
    }
  }

  private _join(): void {
    if (this._joining) return;
    const join = (data?: object) => {
      // Not twice, and not into a connection that was made since.
      if (this._joining !== join) return;
      this._joining = true;
      this._packet({
        type: PacketType.CONNECT,
        data: this._pid ? { pid: this._pid, offset: this._lastOffset, ...data } : data,
      });
    };
    this._joining = join;
    const { auth } = this;
    if (typeof auth === "function") callUser(auth as AnyListener, this, [join]);
    else callUser(join, this, [auth]);
  }

  /** The connection ended. */
  private _end(reason: string, description?: unknown): void {
    if (__DEBUG__) debug("close (%s)", reason);
    this.connected = false;
    this.id = this._joining = undefined;
    // Answers to them could not leave, and a session that is recovered brings them again.
    this.receiveBuffer = [];
    announce(this, ["disconnect", reason, description]);
    const unsent = new Set(this.sendBuffer.map((packet) => packet.id));
    for (const [id, settle] of [...this.acks]) {
      if (!unsent.has(id)) settle(new Error("socket has been disconnected"));
    }
  }

  private _emit(data: unknown[], errorFirst?: boolean): void {
    if (isReservedEvent(data[0])) throw new Error(`"${data[0] as string}" is a reserved event name`);
    const { flags } = this;
    this.flags = {};
    const ack = typeof data.at(-1) === "function" ? (data.pop() as AnyListener) : undefined;
    if (!this._opts.retries || flags.volatile) return this._transmit(data, flags, ack, errorFirst);
    if (this._keep(this._queue, { data, manner: flags, ack }, ack)) this._drain();
  }

  /** Option `retries`: one event in flight, in order, each tried again until it is acknowledged (rows C-119 to C-123). */
  private _drain(): void {
    const [head] = this._queue;
    if (!head || this._inFlight || !this._isReady()) return;
    const { data, manner, ack } = head;
    this._inFlight = true;
    this._tries++;
    const onResult: AnyListener = (error, ...answer) => {
      this._inFlight = false;
      // One that is too large stays so.
      if (!error || error.code || this._tries > this._opts.retries!) {
        this._tries = 0;
        this._forget(this._queue, head);
        if (ack) callUser(ack, this, [error, ...answer]);
        else if (error?.code) announce(this.io, ["error", error]);
      }
      this._drain();
    };
    this._transmit(data, manner, onResult, true);
  }

  /** True if a packet would leave now instead of being kept. */
  private _isReady(): boolean {
    return this.connected && !this.io.engine._hasPingExpired();
  }

  /**
   * Sends an event now, or keeps it.
   * @param errorFirst the callback is called exactly once: with an error, or null and the answer
   */
  private _transmit(data: unknown[], flags: Flags, ack: AnyListener | undefined, errorFirst?: boolean): void {
    const packet: OutgoingPacket = { type: PacketType.EVENT, data, options: { compress: flags.compress !== false } };
    const timeout = flags.timeout ?? this._opts.ackTimeout;
    errorFirst ||= timeout !== undefined;
    const ready = this._isReady();
    const drop = flags.volatile && !(ready && this.io.engine.transport.writable);
    if (ack && (errorFirst || !drop)) {
      const id = (packet.id = this.ids++);
      const settle: Settle = (error, answer = []) => {
        if (!this.acks.delete(id)) return;
        cancel();
        if (!error) callUser(ack, this, errorFirst ? [null, ...answer] : answer);
        else if (errorFirst || error.code) callUser(ack, this, [error]);
      };
      const cancel = this.io._after(timeout, () => {
        this._forget(this.sendBuffer, packet);
        settle(new Error("operation has timed out"));
      });
      this.acks.set(id, settle);
    }
    if (drop) {
      if (__DEBUG__) debug("drop volatile %s", data[0]);
    } else if (ready) this._send(packet);
    else this._keep(this.sendBuffer, packet, this.acks.get(packet.id!));
  }

  /** Puts an event to those that wait. False if there is no room; then `settle` is told. */
  private _keep<T extends { data?: any }>(list: T[], event: T, settle: AnyListener | undefined): boolean {
    const bytes = weigh(event.data);
    // The application may have emptied it.
    if (!list[0]) this._kept = 0;
    const error = whyFull(event.data[0], bytes, list.length, this._kept);
    if (error) this._refuse(error, settle);
    else {
      this._kept += bytes;
      list.push(event);
    }
    return !error;
  }

  private _forget<T extends { data?: any }>(list: T[], event: T): void {
    for (const { data } of remove(list, event)) this._kept -= weigh(data);
  }

  /** An event is not sent: tells who waits for its acknowledgement, or else the Manager. Later, so that `emit` may be called again there. */
  private _refuse(error: Error, settle: AnyListener | undefined): void {
    this.io._after(0, () => {
      if (settle) callUser(settle, this, [error]);
      else announce(this.io, ["error", error]);
    });
  }

  private _send(packet: OutgoingPacket): void {
    callAll(this._anyOutgoing, this, packet.data);
    // A listener may have left the namespace.
    if (this.connected) this._packet(packet, this.acks.get(packet.id!));
  }

  /** If the server would not take it, `settle` is told. */
  private _packet(packet: OutgoingPacket, settle?: Settle): void {
    const error = this.io._packet(Object.assign(packet, { nsp: this.nsp }));
    if (error) this._refuse(error, settle);
  }

  private _onConnect({ sid, pid }: { sid: string; pid?: string }): void {
    if (__DEBUG__) debug("connected as %s", sid);
    const { receiveBuffer, sendBuffer } = this;
    this.id = sid;
    this.recovered = !!pid && this._pid === pid;
    if (!this.recovered) this._lastOffset = undefined;
    this._pid = pid;
    this._joining = undefined;
    this.connected = true;
    this.receiveBuffer = [];
    this.sendBuffer = [];
    for (const event of receiveBuffer) this._deliver(event);
    for (const packet of sendBuffer) callUser(this._send, this, [packet]); // oxlint-disable-line typescript/unbound-method
    this._drain();
    announce(this, ["connect"]);
  }

  /** Applications from before `onAny` put a function of their own in its place, which may call it. */
  private onevent({ data: event = [], id }: Packet): void {
    if (typeof id === "number") event.push(this.ack(id));
    if (this.connected) this._deliver(event);
    else if (this.receiveBuffer.push(Object.freeze(event)) > MAX_EARLY_EVENTS) this.io.engine.close();
  }

  private _deliver(event: readonly unknown[]): void {
    const last = event.at(-1);
    // Whether the server appended it can't be seen (protocols.md 9.2, fault 6), only whether it may have.
    if (this._pid && typeof last === "string") this._lastOffset = last;
    callAll(this._any, this, event);
    announce(this, event);
  }

  /** The function by which a listener answers: once, and only over the connection that brought the question. */
  private ack(id: number): AnyListener {
    let { engine }: { engine: unknown } = this.io;
    return (...data) => {
      if (engine === this.io.engine && this.connected) this._packet({ type: PacketType.ACK, id, data });
      engine = null;
    };
  }

  private _leave(): void {
    this._active = false;
    this._joining = undefined;
    this.io._destroy(this);
  }
}

export declare namespace Socket {
  export type DisconnectReason =
    | "io server disconnect"
    | "io client disconnect"
    | "ping timeout"
    | "transport close"
    | "transport error"
    | "parse error";
}

/** Hot path: mostly there are none. */
function callAll(listeners: readonly AnyListener[], self: unknown, args: readonly unknown[]): void {
  if (listeners.length > 0) for (const listener of [...listeners]) callUser(listener, self, args);
}

/** Removes the first element that is `item`, or all, and returns what it removed. */
function remove<T>(list: T[], item?: T): T[] {
  if (item === undefined) return list.splice(0);
  const at = list.indexOf(item);
  return at < 0 ? [] : list.splice(at, 1);
}
