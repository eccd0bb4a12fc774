import { ClusterAdapter } from "./cluster-adapter.js";
import { KnownServers, type Expectation } from "./expectation.js";
import { Members } from "./members.js";
import {
  MessageType,
  type ClusterMessage,
  type ClusterResponse,
  type Offset,
  type ServerId,
  type Unsigned,
} from "./messages.js";

export interface ClusterAdapterOptions {
  /**
   * After how long without another message this server says that it is there, in ms.
   * @default 5000
   */
  heartbeatInterval?: number;
  /**
   * For how long another server may be silent before it counts as gone, in ms.
   * @default 10000
   */
  heartbeatTimeout?: number;
}

/** How often silent servers are looked for, in ms. */
const SWEEP_MS = 1000;

/** Emitters are processes without sockets: they ask, and never answer. */
const EMITTER_UID = "emitter";

/**
 * A {@link ClusterAdapter} that knows the other servers by their heartbeats: for transports that cannot tell how many
 * listen. Requests wait for the servers by name, and no longer for one that has left.
 */
export abstract class ClusterAdapterWithHeartbeat extends ClusterAdapter {
  readonly #heartbeatInterval: number;
  readonly #heartbeatTimeout: number;
  readonly #members = new Members();
  #heartbeat: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  protected constructor(nsp: any, opts: ClusterAdapterOptions = {}) {
    super(nsp);
    this.#heartbeatInterval = opts.heartbeatInterval ?? 5000;
    this.#heartbeatTimeout = opts.heartbeatTimeout ?? 10_000;
  }

  /** Introduces this server to the others. Called twice (some adapters do, row A-71), it does so once. */
  override init(): Promise<void> | void {
    if (this.#sweep !== undefined) return;
    // None of the timers keeps a process alive: with its last connection there is nobody left to speak for.
    this.#sweep = setInterval(() => this.#removeSilent(), SWEEP_MS).unref();
    this.publish({ type: MessageType.INITIAL_HEARTBEAT });
  }

  override close(): Promise<void> | void {
    this.publish({ type: MessageType.ADAPTER_CLOSE });
    clearTimeout(this.#heartbeat);
    clearInterval(this.#sweep);
    this.#heartbeat = undefined;
    this.#sweep = undefined;
    this.#members.clear();
    return super.close();
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.#members.size);
  }

  /** @internal */
  override _knownServers(): Iterable<ServerId> {
    return this.#members.ids;
  }

  /** Those that are known now: one that comes later has no question to answer. @internal */
  override _expectation(): Promise<Expectation> {
    return Promise.resolve(new KnownServers(this.#members.ids));
  }

  protected override onMessage(message: ClusterMessage | ClusterResponse, offset?: Offset): void {
    const { uid, nsp, type } = message;
    if (uid === this.uid || nsp !== this.nsp.name) return;
    if (type === MessageType.ADAPTER_CLOSE) return this.#onLeave(uid);
    this.#onHeard(uid);
    if (type === MessageType.INITIAL_HEARTBEAT) this.publish({ type: MessageType.HEARTBEAT });
    else if (type !== MessageType.HEARTBEAT) super.onMessage(message, offset);
  }

  protected override onResponse(response: ClusterResponse): void {
    this.#onHeard(response.uid);
    super.onResponse(response);
  }

  /** Any message says that this server is there. */
  protected override publishAndReturnOffset(message: Unsigned<ClusterMessage>): Promise<Offset> {
    if (this.#sweep !== undefined) this.#scheduleHeartbeat();
    return super.publishAndReturnOffset(message);
  }

  #scheduleHeartbeat(): void {
    if (this.#heartbeat !== undefined) {
      this.#heartbeat.refresh();
      return;
    }
    this.#heartbeat = setTimeout(() => this.publish({ type: MessageType.HEARTBEAT }), this.#heartbeatInterval).unref();
  }

  #onHeard(server: ServerId | undefined): void {
    if (server !== undefined && server !== EMITTER_UID) this.#members.heard(server, performance.now());
  }

  #onLeave(server: ServerId): void {
    if (this.#members.leave(server)) this.#onGone(server);
  }

  #onGone(server: ServerId): void {
    this._requests.onServerGone(server);
    this._awaitedAcks.onServerGone(server);
  }

  #removeSilent(): void {
    for (const server of this.#members.expire(performance.now(), this.#heartbeatTimeout)) {
      this.#onGone(server);
    }
  }
}
