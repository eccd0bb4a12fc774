import type { Packet } from "engine.io-parser";
import { LimitError } from "../errors.js";
import type { LimitCounters } from "../limits.js";
import { closeQuietly, WebTransportEndpoint, type EndpointListener } from "./endpoint.js";
import type { WebTransportSession } from "./session.js";

/** What an arriving session asks of the server. */
export interface ArrivalHost {
  readonly opts: { readonly upgradeTimeout: number; readonly maxHttpBufferSize: number };
  readonly limitsReached: LimitCounters;

  /** Whether it may be served: calls back at most once, without an error if so. */
  admit(done: (error?: unknown) => void): void;

  /**
   * The client opens: a new session, or with `sid` the upgrade of that one. The endpoint is to get its listener, or to be closed.
   */
  onArrived(endpoint: WebTransportEndpoint, sid: string | undefined): void;

  /** It has arrived, or it was turned away. Exactly once. */
  onSettled(arrival: Arrival): void;
}

/**
 * A WebTransport session until its first packet. Stream and packet have to come within `upgradeTimeout`, and the packet has to
 * be an open packet (protocols.md 1.12); else the session is closed.
 */
export class Arrival implements EndpointListener {
  readonly #session: WebTransportSession;
  readonly #host: ArrivalHost;
  readonly #timer: NodeJS.Timeout;
  #endpoint: WebTransportEndpoint | null = null;
  #state: "waiting" | "settled" = "waiting";

  constructor(session: WebTransportSession, host: ArrivalHost) {
    this.#session = session;
    this.#host = host;
    this.#timer = setTimeout(() => this.refuse(), host.opts.upgradeTimeout);
  }

  start(): void {
    const refuse = (): void => this.refuse();
    const settle = (): void => void this.#settle();
    this.#session.closed.then(settle, settle);
    Promise.resolve(this.#session.ready)
      .then(() => this.#host.admit((error) => (error === undefined ? this.#awaitStream() : refuse())))
      .catch(refuse);
  }

  /** Turns it away, unless it has arrived. */
  refuse(): void {
    if (!this.#settle()) return;
    if (this.#endpoint === null) closeQuietly(this.#session);
    else this.#endpoint.terminate();
  }

  onPacket(packet: Packet): void {
    const sid = packet.type === "open" ? sidOf(packet.data) : null;
    if (sid === null) return this.refuse();
    if (this.#settle()) this.#host.onArrived(this.#endpoint!, sid);
  }

  onWritten(): void {}

  onClose(error?: unknown): void {
    if (error instanceof LimitError) this.#host.limitsReached.count(error.limit);
    this.refuse();
  }

  #awaitStream(): void {
    if (this.#state === "settled") return;
    const streams = this.#session.incomingBidirectionalStreams.getReader();
    streams.read().then(
      ({ value }) => {
        if (this.#state === "settled") return;
        if (value === undefined) return this.refuse();
        this.#endpoint = new WebTransportEndpoint(this.#session, value, this.#host.opts.maxHttpBufferSize, this);
      },
      () => this.refuse(),
    );
  }

  /** True for the first who asks. */
  #settle(): boolean {
    if (this.#state === "settled") return false;
    this.#state = "settled";
    clearTimeout(this.#timer);
    this.#host.onSettled(this);
    return true;
  }
}

/** Of an open packet: undefined for a new session, null if it makes no sense. */
function sidOf(data: unknown): string | undefined | null {
  if (data === undefined || data === "") return undefined;
  try {
    const { sid } = JSON.parse(data as string) as { sid?: unknown };
    return typeof sid === "string" && sid !== "" ? sid : null;
  } catch {
    return null;
  }
}
