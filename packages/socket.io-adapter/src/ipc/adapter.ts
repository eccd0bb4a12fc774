import type { Packet } from "socket.io-parser";
import type { BroadcastOptions, PrivateSessionId, Session, SessionToPersist } from "../adapter.js";
import { ClusterAdapterWithHeartbeat, type ClusterAdapterOptions } from "../cluster/heartbeat-adapter.js";
import { MessageType, type ClusterMessage, type ClusterResponse, type Offset } from "../cluster/messages.js";
import type { AdapterHost } from "../host.js";
import { decode, encode } from "./codec.js";
import type { Payload, ToWorker } from "./messages.js";
import { Seat } from "./seat.js";
import { WorkerLog } from "./worker-log.js";

/** How long a client that comes back waits for the workers that may have its session, in ms: one of them may be busy. */
const CLAIM_TIMEOUT_MS = 2_000;

/**
 * Connects the workers of node:cluster through their primary, which has to have called `setupPrimary()`.
 *
 * ```js
 * const io = new Server(httpServer, { adapter: createAdapter() });
 * ```
 *
 * @throws Error outside of a worker
 */
export function createAdapter(
  opts: ClusterAdapterOptions = {},
): // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
(nsp: any) => NodeClusterAdapter {
  return function (nsp: unknown): NodeClusterAdapter {
    return new NodeClusterAdapter(nsp, opts);
  };
}

/** With recovery, the primary numbers what clients can miss, and keeps the sessions of those that were cut off. */
export class NodeClusterAdapter extends ClusterAdapterWithHeartbeat {
  /** @internal */
  override readonly _closesWhenReplaced = true;
  readonly #seat: Seat;
  readonly #recovers: boolean;
  readonly #opened: Promise<void>;
  #onOpened: () => void = () => {};
  #log: WorkerLog | undefined;
  /** Messages of this worker that the primary has yet to number. */
  readonly #unnumbered: ((offset: Offset) => void)[] = [];
  /** The offset of a message of this worker that is about to be delivered; what came after it waits in {@link #waiting}. */
  #delivering: Offset | undefined;
  readonly #waiting: ToWorker[] = [];
  readonly #claims = new Map<number, (session: Payload | undefined) => void>();
  #lastClaim = 0;

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  constructor(nsp: any, opts: ClusterAdapterOptions) {
    super(nsp, opts);
    const { name, server } = this.nsp as AdapterHost;
    this.#recovers = server.opts?.connectionStateRecovery !== undefined;
    this.#opened = new Promise((resolve) => (this.#onOpened = resolve));
    this.#seat = new Seat(`adapter ${name}`, this.uid, (message) => this.#receive(message));
    this.#tell({ kind: "open" });
    const goodbye: ClusterMessage = { type: MessageType.ADAPTER_CLOSE, uid: this.uid, nsp: name };
    this.#tell({ kind: "will", payload: encode(goodbye) });
  }

  /** Settles when this worker hears the others. */
  override async init(): Promise<void> {
    await this.#opened;
    await super.init();
  }

  override close(): Promise<void> | void {
    const closed = super.close();
    this.#seat.close();
    this.#log?.close();
    for (const settle of this.#claims.values()) settle(undefined);
    return closed;
  }

  override persistSession(session: SessionToPersist): void {
    const log = this.#log;
    if (log === undefined) return;
    this.#tell({ kind: "keep", pid: session.pid, session: log.pack(session), limits: log.limits });
  }

  /** Hands out a session, once, whichever worker its client was connected to. One that still has the connection ends it before. */
  override async restoreSession(pid: PrivateSessionId, offset: Offset): Promise<Session | null> {
    const log = this.#log;
    if (log === undefined) return null;
    const packed = await this.#claim(pid);
    if (packed === undefined) return null;
    const putBack = (): void => this.#tell({ kind: "keep", pid, session: packed, limits: log.limits });
    return log.unpack(packed, offset, putBack);
  }

  /** @internal */
  override _deliver(packet: Packet, opts: BroadcastOptions, offset?: Offset): void {
    if (offset === undefined || this.#log === undefined) return super._deliver(packet, opts);
    try {
      this.#log.deliver(packet, opts);
    } finally {
      if (offset === this.#delivering) this.#onDelivered();
    }
  }

  protected async doPublish(message: ClusterMessage): Promise<Offset> {
    const payload = encode(message);
    if (!this.#recovers || !canBeMissed(message)) {
      await this.#seat.tell({ kind: "publish", payload });
      return "";
    }
    return new Promise((resolve, reject) => {
      this.#unnumbered.push(resolve);
      this.#seat.tell({ kind: "publish", payload, numbered: true }).catch((error: unknown) => {
        this.#unnumbered.splice(this.#unnumbered.indexOf(resolve), 1);
        reject(error);
      });
    });
  }

  protected async doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    await this.#seat.tell({ kind: "send", to: requesterUid, payload: encode(response) });
  }

  /** Without the primary this process is about to end. */
  #tell(message: Parameters<Seat["tell"]>[0]): void {
    this.#seat.tell(message).catch(() => {});
  }

  #receive(message: ToWorker): void {
    if (this.#delivering === undefined) this.#handle(message);
    else this.#waiting.push(message);
  }

  #handle(message: ToWorker): void {
    switch (message.kind) {
      case "opened":
        if (this.#recovers) this.#log = new WorkerLog(this, message.epoch, message.number);
        return this.#onOpened();
      case "message":
        return this.#onPublished(message.payload, message.number);
      case "numbered":
        // What this worker's own sockets hear has to go by the same order as what the others' do.
        this.#delivering = this.#log!.offsetOf(message.number);
        return this.#unnumbered.shift()?.(this.#delivering);
      case "fence":
        (this.nsp as AdapterHost)._sessions?.fence(message.pid);
        return this.#tell({ kind: "fenced", ask: message.ask });
      case "taken":
        return this.#claims.get(message.ask)?.(message.session);
    }
  }

  #onPublished(payload: Payload, number: number | undefined): void {
    const message = decode(payload) as ClusterMessage | ClusterResponse | undefined;
    const log = number === undefined ? undefined : this.#log;
    if (message !== undefined) this.onMessage(message, log?.offsetOf(number!));
    log?.passed(number!);
  }

  #onDelivered(): void {
    this.#delivering = undefined;
    while (this.#delivering === undefined && this.#waiting.length > 0) this.#handle(this.#waiting.shift()!);
  }

  #claim(pid: PrivateSessionId): Promise<Payload | undefined> {
    const ask = ++this.#lastClaim;
    return new Promise((resolve) => {
      const settle = (session: Payload | undefined): void => {
        clearTimeout(timer);
        this.#claims.delete(ask);
        resolve(session);
      };
      const timer = setTimeout(settle, CLAIM_TIMEOUT_MS, undefined);
      this.#claims.set(ask, settle);
      this.#tell({ kind: "take", pid, ask });
    });
  }
}

/** Whether clients are told its offset. */
function canBeMissed(message: ClusterMessage): boolean {
  if (message.type !== MessageType.BROADCAST) return false;
  const { opts, requestId } = message.data;
  return requestId === undefined && opts.flags.volatile === undefined;
}
