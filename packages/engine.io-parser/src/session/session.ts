import type { Packet } from "../packet.js";
import { FORCED, type CloseCause } from "./close.js";
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

/** An upgrade under way, seen from the session. */
export interface UpgradeInProgress {
  /** True while the old transport is paused, so that it must not be closed under the last requests. */
  readonly drains: boolean;

  /** The session is over: drop the other transport, tell nobody. */
  cancel(cause: CloseCause): void;
}

/**
 * How long a closing session waits for its last bytes to leave, in ms. Over polling the close packet needs a request of the
 * peer to travel on (protocols.md 1.6, "Server-initiated close").
 */
export const CLOSE_TIMEOUT_MS = 30_000;

/** The queue of all sessions in which nothing waits. */
const EMPTY = /* @__PURE__ */ Object.freeze<Packet[]>([]) as Packet[];

/** No moment: a small integer, as moments are that count whole milliseconds, so that no field needs a number on the heap. */
export const NEVER = -1;

/**
 * One Engine.IO lifetime, whatever transports it travels over: state, write queue, upgrade, end. Knows no socket and no
 * clock. What it does with a packet and its heartbeat is in server-session.ts. The client's half is in engine.io-client (decision 0008).
 *
 * The fields are for others to read, not to set.
 */
export abstract class Session<Host extends SessionHost = SessionHost> implements TransportSink {
  state: SessionState = "opening";
  /** The transport that carries the session. */
  declare transport: SessionTransport;
  /** Packets that wait for the transport. */
  queue: Packet[] = EMPTY;
  /** The upgrade under way, if any. */
  upgrade: UpgradeInProgress | null = null;
  /** True once the session has moved to another transport; it does so at most once. */
  upgraded = false;
  declare protected readonly host: Host;
  /** When the present state ends by itself, in ms on the owner's clock: what is awaited did not come. {@link NEVER}: it does not. */
  protected expiry = NEVER;
  /**
   * "announced": a batch is about to be handed over, and the application is told; what it sends now comes after it. "sent": it was handed
   * over and `onSent` has not come.
   */
  protected batch: "none" | "announced" | "sent" = "none";
  /** Nothing more leaves: the transport says goodbye. */
  #transportClosing = false;

  constructor(host: Host, transport: SessionTransport) {
    this.host = host;
    this.transport = transport;
    transport.sink = this;
  }

  /** When to call {@link onDeadline}, in ms on the owner's clock; Infinity for never. */
  get deadline(): number {
    return this.expiry === NEVER ? Infinity : this.expiry;
  }

  /** Queues a packet and sends it if the transport can take it. Without effect once closing. */
  send(packet: Packet): void {
    if (this.state !== "open" && this.state !== "opening") return;
    this.push(packet);
    this.flush();
  }

  /** Hands to the transport what it can take. */
  flush(): void {
    const { queue, transport } = this;
    if (queue.length === 0 || this.state === "opening" || !transport.writable || this.batch === "announced") return;
    // What does not fit into one batch stays.
    const size = transport.batchSize?.(queue) ?? Infinity;
    this.queue = size < queue.length ? queue.splice(size) : EMPTY;
    this.handOver(queue);
  }

  /**
   * Ends the session with "forced close": what is queued leaves first, and an upgrade under way comes to its end.
   * With `discard`, at once.
   */
  close(discard = false): void {
    if (discard) return this.fail(FORCED);
    if (this.state === "opening") this.queue = EMPTY;
    else if (this.state !== "open") return;
    this.state = "closing";
    this.expireAt(this.host.now() + CLOSE_TIMEOUT_MS);
    this.closeTransportOnceEmpty();
  }

  /** Call once {@link deadline} has passed. */
  abstract onDeadline(now: number): void;

  abstract onPacket(packet: Packet): void;

  onWritable(): void {
    this.flush();
  }

  onSent(): void {
    if (this.batch !== "sent") return;
    this.batch = "none";
    this.host.onDrain();
    this.goOn();
  }

  onClose(cause: CloseCause): void {
    // The transport ends because it was told to; what goes wrong before has its own name.
    this.end(this.#transportClosing && cause.reason === "transport close" ? FORCED : cause);
  }

  /** The end at once, for a reason that this side has found: the transport is dropped. */
  fail(cause: CloseCause): void {
    if (this.state === "closed") return;
    this.drop(cause);
    this.end(cause);
  }

  /** An upgrade begins. The session goes on over its transport until {@link switchTo}. */
  beginUpgrade(upgrade: UpgradeInProgress): void {
    this.upgrade = upgrade;
  }

  /** The upgrade failed or was given up: the session stays where it is. */
  endUpgrade(upgrade: UpgradeInProgress): void {
    if (this.upgrade !== upgrade) return;
    this.upgrade = null;
    this.goOn();
  }

  /**
   * The upgrade succeeded: from here everything travels on `transport`. The heartbeat goes on as it was: a pong that is
   * awaited is awaited still (protocols.md 9.2, 1 and 2).
   */
  switchTo(transport: SessionTransport): void {
    this.drop({ reason: "transport close" });
    this.transport = transport;
    this.upgrade = null;
    this.upgraded = true;
    this.#transportClosing = false;
    transport.sink = this;
    this.onSent();
    this.host.onUpgrade(transport);
    this.goOn();
  }

  /** Packets that wait make a list; who has none has none in memory. */
  protected push(packet: Packet): void {
    if (this.queue.length === 0) this.queue = [packet];
    else this.queue.push(packet);
  }

  protected expireAt(deadline: number): void {
    this.expiry = deadline;
    this.host.onDeadlineSet();
  }

  protected handOver(batch: readonly Packet[]): void {
    const before = this.batch;
    let awaited: boolean;
    this.batch = "announced";
    try {
      awaited = this.host.onFlush(batch) === true;
    } finally {
      this.batch = before;
    }
    if (this.state === "closed") return;
    this.batch = "sent";
    if (this.transport.send(batch, awaited) === true) this.onSent();
    else if (this.queue.length > 0) this.flush();
  }

  private goOn(): void {
    this.flush();
    if (this.state === "closing") this.closeTransportOnceEmpty();
  }

  private closeTransportOnceEmpty(): void {
    if (this.queue.length > 0 || this.batch !== "none" || this.#transportClosing || this.upgrade?.drains) return;
    this.#transportClosing = true;
    this.transport.close();
  }

  private end(cause: CloseCause): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.expiry = NEVER;
    this.queue = EMPTY;
    const { upgrade } = this;
    this.upgrade = null;
    upgrade?.cancel(cause);
    this.host.onClose(cause);
  }

  private drop(cause: CloseCause): void {
    const { transport } = this;
    transport.sink = null;
    transport.discard(cause);
  }
}
