import type { Packet } from "../packet.js";
import type { CloseCause } from "./close.js";
import type { ServerSession } from "./server-session.js";
import type { UpgradeInProgress } from "./session.js";
import type { SessionTransport, TransportSink } from "./transport.js";

/** How many hanging polls are released at once while the client drains polling; the ones after that wait a little. */
const PROMPT_RELEASES = 3;
/** A client that goes on polling without upgrading is answered at this pace, in ms, not in a busy loop. */
const RELEASE_PAUSE_MS = 100;

/** What an upgrade asks of the shell; of its success the session's host hears. */
export interface ServerUpgradeHost {
  now(): number;

  /** See `SessionHost`. */
  onDeadlineSet(): void;

  /** The probe arrived and was answered. */
  onUpgrading(transport: SessionTransport): void;
}

/**
 * The server's half of an upgrade: a second transport on probation beside the one that carries the session
 * (protocols.md 1.8). The session goes on meanwhile; nothing is held back. The hanging poll is released as soon as the
 * probe arrives, since the client waits for it.
 */
export class ServerUpgrade implements UpgradeInProgress, TransportSink {
  readonly drains = false;
  readonly #session: ServerSession;
  readonly #candidate: SessionTransport;
  readonly #host: ServerUpgradeHost;
  readonly #expiry: number;
  #probed = false;
  #releases = 0;
  #releaseAt = Infinity;

  /** Puts `candidate` on probation for `timeoutMs`. */
  constructor(session: ServerSession, candidate: SessionTransport, host: ServerUpgradeHost, timeoutMs: number) {
    this.#session = session;
    this.#candidate = candidate;
    this.#host = host;
    this.#expiry = host.now() + timeoutMs;
    candidate.sink = this;
    session.beginUpgrade(this);
  }

  get deadline(): number {
    return Math.min(this.#expiry, this.#releaseAt);
  }

  onDeadline(now: number): void {
    if (this.#expiry <= now) return this.#giveUp();
    this.#releaseAt = Infinity;
    this.#release();
  }

  onPacket(packet: Packet): void {
    if (packet.type === "ping" && packet.data === "probe") {
      // Probes without end from a peer that reads no answer would pile up answers.
      if (!this.#candidate.writable) return this.#giveUp();
      this.#probed = true;
      this.#candidate.send([{ type: "pong", data: "probe" }]);
      this.#host.onUpgrading(this.#candidate);
      this.onCurrentIdle();
    } else if (packet.type === "upgrade") {
      this.#session.switchTo(this.#candidate);
    } else {
      this.#giveUp();
    }
  }

  onCurrentIdle(): void {
    if (!this.#probed || !this.#session.transport.writable || this.#session.state === "closed") return;
    if (this.#releases < PROMPT_RELEASES) return this.#release();
    this.#releaseAt = this.#host.now() + RELEASE_PAUSE_MS;
    this.#host.onDeadlineSet();
  }

  onWritable(): void {}

  onSent(): void {}

  /** The candidate is gone; the session stays on its transport, and another attempt is allowed. */
  onClose(): void {
    this.#session.endUpgrade(this);
  }

  cancel(cause: CloseCause): void {
    this.#candidate.sink = null;
    this.#candidate.discard(cause);
  }

  #release(): void {
    const transport = this.#session.transport;
    if (!transport.writable) return;
    this.#releases++;
    transport.send([{ type: "noop" }]);
  }

  #giveUp(): void {
    this.cancel({ reason: "transport close" });
    this.#session.endUpgrade(this);
  }
}
