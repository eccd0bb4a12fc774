/** Delays in ms. Read at every use, so that an owner may change them while sessions live (row E-11). */
export interface HeartbeatTiming {
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** Who sends the pings: the server in protocol 4, the client in protocol 3. */
export type HeartbeatRole = "pinger" | "responder";

/**
 * Liveness of one session. Holds no timer: the owner compares {@link deadline} with its clock and calls
 * {@link onDeadline} once it has passed, so one sweep can serve many sessions.
 * Source: Engine.IO protocol, "Heartbeat" (protocols.md 1.9).
 */
export class Heartbeat {
  /** When to call {@link onDeadline}, in ms on the owner's clock. */
  deadline: number;
  #phase: "resting" | "probing" | "probing, heard" = "resting";

  constructor(
    readonly role: HeartbeatRole,
    readonly timing: HeartbeatTiming,
    now: number,
  ) {
    this.deadline = nextRest(this, now);
  }

  onDeadline(now: number): "send-ping" | "timed-out" {
    if (this.role === "responder" || this.#phase !== "resting") return "timed-out";
    this.#phase = "probing";
    this.deadline = now + this.timing.pingTimeout;
    return "send-ping";
  }

  /** The session opens. */
  begin(now: number): void {
    this.onPeer(now);
  }

  /** The peer's half of the exchange arrived. */
  onPeer(now: number): void {
    this.#phase = "resting";
    this.deadline = nextRest(this, now);
  }

  /**
   * True if any other packet would prolong the wait for a pong. It does so once per ping: a slow upload must not look like a
   * dead peer, and a peer that only ever uploads must not live for ever.
   */
  get wantsActivity(): boolean {
    return this.#phase === "probing";
  }

  /** Another packet than a pong arrived while {@link wantsActivity}. */
  onActivity(now: number): void {
    this.#phase = "probing, heard";
    this.deadline = now + this.timing.pingTimeout;
  }
}

function nextRest({ role, timing }: Heartbeat, now: number): number {
  // A responder waits for the other side's interval plus its patience.
  return now + timing.pingInterval + (role === "responder" ? timing.pingTimeout : 0);
}
