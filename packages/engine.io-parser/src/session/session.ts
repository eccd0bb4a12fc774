import type { Packet } from "../packet.js";
import type { CloseCause } from "./close.js";
import type { Heartbeat } from "./heartbeat.js";
import type { SessionState } from "./state.js";
import type { SessionTransport, TransportSink } from "./transport.js";

/** What a session tells the shell around it. Every method is called directly, on one object. */
export interface SessionHost {
  /** The owner's clock, in ms. Asked only where a deadline is set, never per message. */
  now(): number;

  /** Every packet that arrives on the session's transport, before it takes effect. */
  onPacket(packet: Packet): void;

  /** The data of a message. */
  onMessage(data: unknown): void;

  /** A ping or pong of the peer arrived. */
  onHeartbeat(): void;

  /** A batch is about to be handed to the transport. True: somebody waits for it to be out. */
  onFlush(batch: readonly Packet[]): unknown;

  /** The last batch is out. */
  onDrain(): void;

  /** A deadline was set that may be earlier than all others: look at {@link Session.deadline}. */
  onDeadlineSet(): void;

  /** The transport that carries the session from now on. */
  onUpgrade(transport: SessionTransport): void;

  /** The end. Exactly once, and nothing after it. */
  onClose(cause: CloseCause): void;
}

/** An upgrade under way, seen from the session: `ServerUpgrade` or `ClientUpgrade`. */
export interface UpgradeInProgress {
  /** When to call {@link onDeadline}, in ms; Infinity for never. */
  readonly deadline: number;

  /** True while the old transport is paused, so that it must not be closed under the last requests. */
  readonly drains: boolean;
  onDeadline(now: number): void;

  /** The old transport turned writable and nothing was queued for it. */
  onCurrentIdle(): void;

  /** The session is over: drop the other transport, tell nobody. */
  cancel(cause: CloseCause): void;
}

const FORCED: CloseCause = { reason: "forced close" };

/**
 * How long a closing session waits for its last bytes to leave, in ms. Over polling the close packet needs a request of the
 * peer to travel on (protocols.md 1.6, "Server-initiated close").
 */
export const CLOSE_TIMEOUT_MS = 30_000;

/**
 * One Engine.IO lifetime, whatever transports it travels over: state, write queue, heartbeat, upgrade, end. Knows no socket
 * and no clock. What the two roles do with a packet is in server-session.ts and client-session.ts.
 */
export abstract class Session implements TransportSink {
  protected readonly host: SessionHost;
  protected heartbeat: Heartbeat | null = null;
  #state: SessionState = "opening";
  #transport: SessionTransport;
  #queue: Packet[] = [];
  #upgrade: UpgradeInProgress | null = null;
  #upgraded = false;
  /** Set once a local close was asked for. */
  #closeDeadline = Infinity;
  #transportClosing = false;
  /** A batch was handed over and `onSent` has not come. */
  #sending = false;

  constructor(host: SessionHost, transport: SessionTransport) {
    this.host = host;
    this.#transport = transport;
    transport.sink = this;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The transport that carries the session. */
  get transport(): SessionTransport {
    return this.#transport;
  }

  /** The upgrade under way, if any. */
  get upgrade(): UpgradeInProgress | null {
    return this.#upgrade;
  }

  /** True once the session has moved to another transport; it does so at most once. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** Packets that wait for the transport. Live: read it, don't change it. */
  get queue(): readonly Packet[] {
    return this.#queue;
  }

  /** When to call {@link onDeadline}, in ms on the owner's clock; Infinity for never. */
  get deadline(): number {
    return Math.min(this.#closeDeadline, this.heartbeat?.deadline ?? Infinity, this.#upgrade?.deadline ?? Infinity);
  }

  /** Queues a packet and sends it if the transport can take it. Without effect once closing. */
  send(packet: Packet): void {
    if (this.#state !== "open" && this.#state !== "opening") return;
    // A hot path: mostly there is nothing to wait for, and no queue is needed.
    if (this.#queue.length === 0 && this.#state === "open" && this.#transport.writable) return this.#handOver([packet]);
    this.enqueue(packet);
    this.flush();
  }

  /** Hands to the transport what it can take. */
  flush(): void {
    const transport = this.#transport;
    if (this.#queue.length === 0 || !transport.writable || this.#transportClosing) return;
    if (this.#state === "opening" || this.#state === "closed") return;
    const size = transport.batchSize?.(this.#queue) ?? this.#queue.length;
    const batch = size >= this.#queue.length ? this.#queue : this.#queue.slice(0, size);
    this.#queue = batch === this.#queue ? [] : this.#queue.slice(size);
    this.dequeued(batch);
    this.#handOver(batch);
  }

  /**
   * Ends the session with "forced close": what is queued leaves first, and an upgrade under way comes to its end.
   * With `discard`, at once.
   */
  close(discard = false): void {
    if (this.#state === "closed") return;
    if (discard) return this.fail(FORCED);
    if (this.#state === "closing") return;
    const wasOpening = this.#state === "opening";
    this.#state = "closing";
    this.heartbeat = null;
    this.#closeDeadline = this.host.now() + CLOSE_TIMEOUT_MS;
    this.host.onDeadlineSet();
    if (wasOpening) this.#queue = [];
    this.#closeTransportOnceEmpty();
  }

  /** Call once {@link deadline} has passed. */
  onDeadline(now: number): void {
    if (this.#upgrade !== null && this.#upgrade.deadline <= now) this.#upgrade.onDeadline(now);
    if (this.#closeDeadline <= now) return this.fail(FORCED);
    const heartbeat = this.heartbeat;
    if (heartbeat === null || heartbeat.deadline > now) return;
    if (heartbeat.onDeadline(now) === "timed-out") return this.fail({ reason: "ping timeout" });
    this.send({ type: "ping" });
    this.host.onDeadlineSet();
  }

  abstract onPacket(packet: Packet): void;

  onWritable(): void {
    this.flush();
    if (this.#transport.writable && this.#queue.length === 0) this.#upgrade?.onCurrentIdle();
  }

  onSent(): void {
    if (!this.#sending) return;
    this.#sending = false;
    this.host.onDrain();
    this.flush();
    if (this.#state === "closing") this.#closeTransportOnceEmpty();
  }

  onClose(cause: CloseCause): void {
    this.#finish(this.#transportClosing ? FORCED : cause);
  }

  /** The end at once, for a reason of this side's: the transport is dropped. */
  fail(cause: CloseCause): void {
    if (this.#state === "closed") return;
    this.#transport.sink = null;
    this.#transport.discard(cause);
    this.#finish(cause);
  }

  /** An upgrade begins. The session goes on over its transport until {@link switchTo}. */
  beginUpgrade(upgrade: UpgradeInProgress): void {
    this.#upgrade = upgrade;
    this.host.onDeadlineSet();
  }

  /** The upgrade failed or was given up: the session stays where it is. */
  endUpgrade(upgrade: UpgradeInProgress): void {
    if (this.#upgrade !== upgrade) return;
    this.#upgrade = null;
    if (this.#state === "closing") this.#closeTransportOnceEmpty();
    else this.flush();
  }

  /**
   * The upgrade succeeded: from here everything travels on `transport`. The heartbeat goes on as it was: a pong that is
   * awaited is awaited still (protocols.md 9.2, 1 and 2).
   */
  switchTo(transport: SessionTransport): void {
    const old = this.#transport;
    old.sink = null;
    old.discard({ reason: "transport close" });
    this.#transport = transport;
    this.#upgrade = null;
    this.#upgraded = true;
    this.#transportClosing = false;
    transport.sink = this;
    if (this.#sending) this.onSent();
    this.host.onUpgrade(transport);
    this.flush();
    if (this.#state === "closing") this.#closeTransportOnceEmpty();
  }

  /** For the roles: the handshake is done. */
  protected opened(heartbeat: Heartbeat): void {
    this.#state = "open";
    this.heartbeat = heartbeat;
    this.host.onDeadlineSet();
  }

  /** For the roles: queues without sending. */
  protected enqueue(packet: Packet): void {
    this.#queue.push(packet);
  }

  /** For the roles: these left the queue. */
  protected dequeued(_batch: readonly Packet[]): void {}

  #handOver(batch: readonly Packet[]): void {
    const awaited = this.host.onFlush(batch) === true;
    this.#sending = true;
    if (this.#transport.send(batch, awaited) === true) this.onSent();
  }

  #closeTransportOnceEmpty(): void {
    if (this.#queue.length > 0 || this.#sending || this.#transportClosing) return;
    if (this.#upgrade?.drains) return;
    this.#transportClosing = true;
    this.#transport.close();
  }

  #finish(cause: CloseCause): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.heartbeat = null;
    this.#closeDeadline = Infinity;
    this.#queue = [];
    const upgrade = this.#upgrade;
    this.#upgrade = null;
    upgrade?.cancel(cause);
    this.host.onClose(cause);
  }
}
