import debugModule from "debug";
import type { Packet, RawData } from "engine.io-parser";
import {
  ServerUpgrade,
  type Backlog,
  type BacklogLimits,
  type CloseCause,
  type CloseReason,
  type HeartbeatRole,
  type HeartbeatTiming,
  type ServerSessionHost,
  type ServerUpgradeHost,
  type SessionState,
  type SessionTransport,
  type SlowReaderPolicy,
} from "engine.io-parser/session";
import { AsyncResource } from "node:async_hooks";
import type { EngineRequest } from "./http/request.js";
import { limitBehind, type LimitCounters } from "./limits.js";
import type { EngineOptions } from "./options.js";
import { sharedMessage, type SharedOptions } from "./shared-message.js";
import type { SlowReaders } from "./slow-readers.js";
import { SweptSession, type Sweep } from "./sweep.js";
import type { Transport } from "./transports/transport.js";
import { WebSocketTransport } from "./transports/websocket.js";
import { Waiters, type SentBatch, type SentCallback } from "./waiters.js";
import type { Shortcut } from "./websocket/endpoint.js";
import type { WireVersion } from "./wire-version.js";
import { PacketEvents } from "./packet-events.js";

const debug = debugModule("engine:socket");

const NOBODY: readonly SentCallback[] = [];

export interface SendOptions {
  /**
   * Whether the transport may compress this packet.
   * @default true
   */
  compress?: boolean | undefined;
  /** The same options are given to other sockets with the same data, and what these have in common is made once. @internal */
  preEncoded?: boolean | undefined;
  /** The WebSocket frame of this message as a list of buffers, made beforehand: written as it is where nothing compresses. @internal */
  wsPreEncodedFrame?: unknown;
  /** What the WebSocket frame of this message carries, "4" included. @internal */
  wsPreEncoded?: unknown;
}

/** The layer above an engine socket. Called directly; public events are emitted as well, if somebody listens. @internal */
export interface EngineReceiver {
  /** One message. Without data it is undefined. */
  onData(data: string | Buffer | ArrayBuffer): void;
  /** Exactly once. */
  onClose(reason: CloseReason, description?: unknown): void;
}

/** What a socket asks of its server. */
export interface SocketHost extends PacketEvents {
  readonly opts: EngineOptions;
  readonly sweep: Sweep;
  readonly slowReaders: SlowReaders<Socket>;
  readonly limitsReached: LimitCounters;
  upgrades(transport: string): readonly string[];
  forget(socket: Socket): void;
}

/**
 * One session as users see it: events and methods around the session machine, whatever transports carry it.
 *
 * Events: `open` (before anybody can listen), `data` and then `message` `(data)`, `packet` `(packet)`, `packetCreate` `(packet)`, `flush` `(packets)`, `drain`,
 * `heartbeat`, `upgrading` `(transport)`, `upgrade` `(transport)`, `close` `(reason, description?)`.
 */
export class Socket extends PacketEvents implements ServerSessionHost, ServerUpgradeHost {
  /** Id of the session. Whoever knows it can take part in the session: keep it secret. */
  readonly id: string;
  /**
   * The first request of the session; null for one that began over WebTransport. May be deleted to save memory, which the option
   * `keepRequest: false` does for all.
   */
  request: EngineRequest;
  /** Address of the peer, or of the proxy before it; undefined for a session that began over WebTransport. */
  readonly remoteAddress: string;
  /** @internal */
  receiver: EngineReceiver | null = null;
  private readonly server: SocketHost;
  private readonly version: WireVersion;
  private readonly session: SweptSession;
  /** Who waits for what is sent; made for the first one. */
  private waiters: Waiters | null = null;
  /** Of a message that consists of several, what has been written. */
  private parts: { missing: number; readonly packets: Packet[] } | null = null;
  /** What was entered (AsyncLocalStorage) by the time the session was reported; null before. */
  private context: AsyncResource | null = null;

  /** @internal */
  constructor(id: string, server: SocketHost, transport: Transport, req: EngineRequest | null, version: WireVersion) {
    super();
    this.id = id;
    this.server = server;
    // Typed as upstream does: applications that enable WebTransport have to know.
    this.request = req as EngineRequest;
    this.remoteAddress = (transport.name === "webtransport" ? undefined : (req?.socket.remoteAddress ?? "")) as string;
    this.version = version;
    this.session = new SweptSession(this, transport);
  }

  /** Revision of the Engine.IO protocol: 3 or 4. */
  get protocol(): number {
    return this.version.revision;
  }

  get readyState(): SessionState {
    return this.session.state;
  }

  /** What carries the session now. */
  get transport(): Transport {
    return this.session.transport as Transport;
  }

  /** True while another transport is on probation. */
  get upgrading(): boolean {
    return this.session.upgrade !== null;
  }

  /** True once the session has moved to another transport; it does so at most once. */
  get upgraded(): boolean {
    return this.session.upgraded;
  }

  /** Bytes (UTF-16 units for text) that were sent and that the operating system has not taken. */
  get bufferedBytes(): number {
    return this.session.bufferedBytes;
  }

  /** Packets that wait for the transport. */
  get bufferedPackets(): number {
    return this.session.queue.length;
  }

  /** @internal */
  get limits(): BacklogLimits {
    return this.server.opts;
  }

  /** @internal */
  get heartbeatRole(): HeartbeatRole {
    return this.version.heartbeatRole;
  }

  /** @internal */
  get heartbeatTiming(): HeartbeatTiming {
    return this.server.opts;
  }

  /** Packets that wait for the transport. */
  private get writeBuffer(): readonly Packet[] {
    return this.session.queue;
  }

  /** Callbacks of packets that wait for the transport (row E-42). */
  private get packetsFn(): readonly SentCallback[] {
    return [...(this.waiters?.queued.values() ?? [])];
  }

  /** What a session has to undo at its end, and its timers: none, since one sweep serves all sessions (row E-42). */
  private get cleanupFn(): readonly (() => void)[] {
    return [];
  }

  private get pingTimeoutTimer(): null {
    return null;
  }

  private get pingIntervalTimer(): null {
    return null;
  }

  /** Callbacks of packets that are on their way (row E-42). */
  private get sentCallbackFn(): readonly SentCallback[] {
    return this.waiters?.flushed ?? [];
  }

  /**
   * The short way for messages to many receivers; null: there is none. To be asked for right after {@link write}, with which all leaves
   * that waited, and again when it has refused a message, which then has to be written.
   *
   * @internal
   */
  get shortcut(): Shortcut | null {
    const { transport, state } = this.session;
    if (!(transport instanceof WebSocketTransport) || state !== "open") return null;
    if (this._observesWrites || this.server._observesWrites) return null;
    // Who has replaced a method wants it to be called.
    if (this.write !== Socket.prototype.write || transport.send !== WebSocketTransport.prototype.send) return null;
    return transport.shortcut;
  }

  /** @internal */
  override _onObserved(): void {
    super._onObserved();
    if (this.transport instanceof WebSocketTransport) this.transport.closeShortcut();
  }

  /**
   * Sends a message: text, or bytes. Without effect once the session is closing.
   * @param callback called once the message and those before it are out: in the hands of the operating system, or, by polling, in an
   *     answer. Not called if the session ends before.
   */
  send(data: RawData, options?: SendOptions | SentCallback, callback?: SentCallback): this {
    return this.write(data, options, callback);
  }

  /** The same as {@link send}. */
  write(data: RawData, options?: SendOptions | SentCallback, callback?: SentCallback): this {
    const { state } = this.session;
    if (state === "closing" || state === "closed") return this;
    if (typeof options === "function") return this.write(data, undefined, options);
    const isObserved = this._observesWrites && this.listenerCount("packetCreate") > 0;
    if (options?.preEncoded === true && callback === undefined && !isObserved) {
      this.pass(sharedMessage(data, options));
      return this;
    }
    const packet = { type: "message", data, options } as Packet;
    if (isObserved) {
      // Listeners may change the options, which other receivers of the same message share.
      packet.options = { ...packet.options, compress: options?.compress !== false };
      delete (packet.options as SharedOptions)._shared;
      this.emit("packetCreate", packet);
    }
    if (callback !== undefined) (this.waiters ??= new Waiters()).queued.set(packet, callback);
    this.pass(packet);
    return this;
  }

  /**
   * The next so many calls of {@link write} make one message: all of it is sent, or nothing if the peer reads too slowly.
   * @internal
   */
  beginMessage(parts: number): void {
    this.parts = { missing: parts, packets: [] };
  }

  /**
   * Resolves once what was sent so far has been taken by the transport, at most 16 KiB of it still on this side: who sends a lot
   * awaits it now and then.
   * @throws (rejects with) an Error if the session ends before
   */
  drained(): Promise<void> {
    const { session } = this;
    if (session.state !== "closed" && session.isDrained) return Promise.resolve();
    if (session.state === "closed") return Promise.reject(new Error("the session has ended"));
    return (this.waiters ??= new Waiters()).drained();
  }

  /**
   * Ends the session with "forced close", after what was sent has left.
   * @param discard whether to end it at once
   */
  close(discard?: boolean): void {
    this.session.close(discard);
  }

  /** The server closes: what waits in the session for a WebSocket goes on its way, before the close frame. @internal */
  writeOut(): void {
    if (!(this.transport instanceof WebSocketTransport)) return;
    this.transport.lift();
    this.session.flush();
  }

  /** Begins the session: the handshake leaves. @internal */
  open(): void {
    const { opts } = this.server;
    const handshake = {
      sid: this.id,
      upgrades: this.server.upgrades(this.transport.name),
      pingInterval: opts.pingInterval,
      pingTimeout: opts.pingTimeout,
      maxPayload: opts.maxHttpBufferSize,
    };
    const first: Packet[] = [{ type: "open", data: JSON.stringify(handshake) }];
    // An empty text is none.
    if (opts.initialPacket) first.push({ type: "message", data: opts.initialPacket });
    this.server.sweep.add(this.session);
    this.session.open(first);
    this.emit("open");
  }

  /** The application knows of the session: listeners keep the context that it has entered by now. @internal */
  reported(): void {
    if (this.session.state === "closed") return;
    // The session says when it is over, not the garbage collector.
    this.context = new AsyncResource("EngineIoSession", { requireManualDestroy: true });
    // Typed as always there: who takes the request away has to know.
    if (!this.server.opts.keepRequest) this.request = null as unknown as EngineRequest;
  }

  /** False if the session has no use for another transport. @internal */
  tryUpgrade(transport: Transport): boolean {
    const { session } = this;
    if (session.state === "closed" || session.upgraded || session.upgrade !== null) return false;
    if (session.transport.name === transport.name) return false;
    debug("may move from %s to %s", session.transport.name, transport.name);
    transport.sid = this.id;
    // The session and its new transport know it from now on.
    void new ServerUpgrade(session, transport, this, this.server.opts.upgradeTimeout);
    return true;
  }

  /** @internal */
  now(): number {
    return this.server.sweep.now();
  }

  /** @internal */
  onPacket(packet: Packet): void {
    if (this._observesReads && this.listenerCount("packet") > 0) this.inContext(tell, "packet", packet);
  }

  /** @internal */
  onMessage(data: unknown): void {
    this.inContext(deliver, data);
  }

  /** @internal */
  onHeartbeat(): void {
    if (this._observesReads && this.listenerCount("heartbeat") > 0) this.inContext(tell, "heartbeat");
  }

  /** @internal */
  onBeat(packet: Packet): void {
    if (this._observesWrites && this.listenerCount("packetCreate") > 0) this.emit("packetCreate", packet);
  }

  /** @internal */
  onFlush(batch: readonly Packet[]): boolean {
    const isAwaited = this.waiters !== null && this.waiters.onFlush(batch);
    if (!this._observesWrites && !this.server._observesWrites) return isAwaited;
    if (this.listenerCount("flush") > 0) this.emit("flush", batch);
    if (this.server.listenerCount("flush") > 0) this.server.emit("flush", this, batch);
    // Nobody but the server's listeners can wait for the open packet: they are told at once.
    return isAwaited || (this.context !== null && this.isDrainAwaited());
  }

  /** @internal */
  onDrain(): void {
    const callbacks = this.waiters === null ? NOBODY : this.waiters.onSent(this.session.queue.length === 0);
    if (callbacks.length === 0 && !this.isDrainAwaited()) return;
    // Listeners of `connection` wait for what they send: that the open packet is out is no news to them.
    const isNews = this.context !== null;
    // Not now: the transport may be done before send() returns, and who sends in the callback must not nest without end.
    (this.waiters ??= new Waiters()).untold.push({ isNews, callbacks });
    process.nextTick(tellNextSent, this);
  }

  /** @internal */
  tellNextSent(): void {
    const batch = this.waiters?.untold.shift();
    if (batch !== undefined) this.tellSent(batch);
  }

  /** @internal */
  onDeadlineSet(): void {
    this.server.sweep.note(this.session);
  }

  /** @internal */
  onBacklog(): void {
    this.server.slowReaders.suspect(this.session);
  }

  /** @internal */
  onSlowReader(backlog: Backlog, isNews: boolean): SlowReaderPolicy {
    return this.server.slowReaders.judge(this, backlog, isNews);
  }

  /** @internal */
  onGivenUp(backlog: Backlog): void {
    // Whoever sends is not told in the middle of it.
    process.nextTick(() => this.session.fail(this.server.slowReaders.verdict(this, backlog)));
  }

  /** @internal */
  onDropped(packets: readonly Packet[]): void {
    for (const packet of packets) this.waiters?.queued.delete(packet);
  }

  /** @internal */
  onUpgrading(transport: SessionTransport): void {
    this.inContext(tell, "upgrading", transport);
  }

  /** @internal */
  onUpgrade(transport: SessionTransport): void {
    debug("moved to %s", transport.name);
    this.inContext(tell, "upgrade", transport);
  }

  /** @internal */
  onClose({ reason, description }: CloseCause): void {
    debug("closed: %s", reason);
    const limit = limitBehind(description);
    if (limit !== undefined) this.server.limitsReached.count(limit);
    const { waiters } = this;
    this.waiters = null;
    waiters?.onEnd();
    this.server.sweep.delete(this.session);
    this.server.forget(this);
    try {
      // Before the end: nothing is told after it.
      for (const batch of waiters?.untold ?? []) this.tellSent(batch);
    } finally {
      this.inContext(end, reason, description);
      this.context?.emitDestroy();
    }
  }

  /**
   * Calls so that the application finds the context in which the session began: what comes by a WebSocket, or of a timer, would have that
   * of the connection's first byte, or of another session.
   */
  private inContext<First, Second>(
    call: (socket: Socket, first?: First, second?: Second) => void,
    first?: First,
    second?: Second,
  ): void {
    if (this.context === null) call(this, first, second);
    else this.context.runInAsyncScope(call, undefined, this, first, second);
  }

  private tellSent({ isNews, callbacks }: SentBatch): void {
    if (isNews) this.emit("drain");
    this.server.emit("drain", this);
    for (const callback of callbacks) callback(this.transport);
  }

  private isDrainAwaited(): boolean {
    if (this._observesWrites && this.listenerCount("drain") > 0) return true;
    return this.server._observesWrites && this.server.listenerCount("drain") > 0;
  }

  private pass(packet: Packet): void {
    const { parts } = this;
    if (parts === null) return this.session.send(packet);
    parts.packets.push(packet);
    if (--parts.missing > 0) {
      packet.more = true;
      return;
    }
    this.parts = null;
    this.session.sendMessage(parts.packets);
  }
}

function tellNextSent(socket: Socket): void {
  socket.tellNextSent();
}

function tell(socket: Socket, event?: string, value?: unknown): void {
  if (value === undefined) socket.emit(event!);
  else socket.emit(event!, value);
}

function deliver(socket: Socket, data?: unknown): void {
  socket.receiver?.onData(data as string | Buffer);
  if (!socket._observesReads) return;
  if (socket.listenerCount("data") > 0) socket.emit("data", data);
  if (socket.listenerCount("message") > 0) socket.emit("message", data);
}

function end(socket: Socket, reason?: CloseReason, description?: unknown): void {
  socket.receiver?.onClose(reason!, description);
  socket.emit("close", reason, description);
}
