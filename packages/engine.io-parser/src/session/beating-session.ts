import type { Packet } from "../packet.js";
import { FORCED } from "./close.js";
import { NEVER, Session, type SessionHost } from "./session.js";

/** Delays in ms. Read at every use, so that an owner may change them while sessions live (row E-11). */
export interface HeartbeatTiming {
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** Who sends the pings: the server in protocol 4, the client in protocol 3. */
export type HeartbeatRole = "pinger" | "responder";

export interface BeatingHost extends SessionHost {
  readonly heartbeatRole: HeartbeatRole;
  readonly heartbeatTiming: HeartbeatTiming;

  /** A ping or pong of this side was made. It leaves with the next batch. */
  onBeat(packet: Packet): void;
}

/**
 * A session that knows whether its peer is alive. It holds no timer: the owner compares {@link deadline} with its clock and calls
 * {@link onDeadline} once it has passed, so one sweep can serve many sessions.
 * Source: Engine.IO protocol, "Heartbeat" (protocols.md 1.9).
 */
export abstract class BeatingSession<Host extends BeatingHost> extends Session<Host> {
  /** When the peer has to be asked, or given up, in ms on the owner's clock. */
  #due = NEVER;
  #phase: "resting" | "probing" | "probing, heard" = "resting";

  override get deadline(): number {
    return this.isWatched ? Math.min(super.deadline, this.#due) : super.deadline;
  }

  override onDeadline(now: number): void {
    if (this.expiry !== NEVER && this.expiry <= now) return this.fail(FORCED);
    if (!this.isWatched || this.#due > now) return;
    if (this.host.heartbeatRole === "responder" || this.#phase !== "resting") {
      return this.fail({ reason: "ping timeout" });
    }
    this.#phase = "probing";
    this.#due = now + this.host.heartbeatTiming.pingTimeout;
    this.beat({ type: "ping" });
    this.host.onDeadlineSet();
  }

  /** The peer was heard of, at the opening or by its half of the exchange: it is left in peace for a while. */
  protected rest(): void {
    const { heartbeatRole, heartbeatTiming } = this.host;
    const { pingInterval, pingTimeout } = heartbeatTiming;
    this.#phase = "resting";
    // A responder waits for the other side's interval plus its patience.
    this.#due = this.host.now() + pingInterval + (heartbeatRole === "responder" ? pingTimeout : 0);
    this.host.onDeadlineSet();
  }

  protected onHeartbeat(type: "ping" | "pong"): void {
    const expected = this.host.heartbeatRole === "pinger" ? "pong" : "ping";
    if (type !== expected) {
      return this.fail({ reason: "transport error", description: new Error("invalid heartbeat direction") });
    }
    this.rest();
    // First: what the application sends when it hears of it comes after the answer.
    if (type === "ping") this.beat({ type: "pong" });
    this.host.onHeartbeat();
  }

  /** A peer that this side takes leave of has to live as well. It is not asked any more, nor is what it still says heard. */
  private get isWatched(): boolean {
    return this.#due !== NEVER && this.state !== "closed";
  }

  private beat(packet: Packet): void {
    // A listener may have closed the session.
    if (this.state !== "open") return;
    this.host.onBeat(packet);
    this.send(packet);
  }

  /**
   * Another packet than a pong arrived. It prolongs the wait for a pong, once per ping: a slow upload must not look like a dead peer, and a peer
   * that only ever uploads must not live for ever.
   */
  protected onActivity(): void {
    if (this.#phase !== "probing") return;
    this.#phase = "probing, heard";
    this.#due = this.host.now() + this.host.heartbeatTiming.pingTimeout;
  }
}
