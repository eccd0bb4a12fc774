import type { Packet } from "../packet.js";
import { FORCED } from "./close.js";
import { Heartbeat, type HeartbeatRole, type HeartbeatTiming } from "./heartbeat.js";
import { Session, type SessionHost, type UpgradeInProgress } from "./session.js";
import type { SessionTransport } from "./transport.js";

/** The server's half of an upgrade, seen from its session. */
interface Probation extends UpgradeInProgress {
  /** When to call {@link onDeadline}, in ms. */
  readonly deadline: number;
  onDeadline(now: number): void;

  /** The old transport turned writable and nothing was queued for it. */
  onCurrentIdle(): void;
}

/** The server's half of a session. */
export class ServerSession extends Session {
  declare upgrade: Probation | null;
  readonly #role: HeartbeatRole;
  readonly #timing: HeartbeatTiming;
  #heartbeat: Heartbeat | null = null;
  #queuedBytes = 0;

  /** @param role "pinger" in protocol 4, "responder" in protocol 3 */
  constructor(host: SessionHost, transport: SessionTransport, role: HeartbeatRole, timing: HeartbeatTiming) {
    super(host, transport);
    this.#role = role;
    this.#timing = timing;
  }

  /** Bytes (UTF-16 units for text) that wait here or below and that the operating system has not taken. */
  get bufferedBytes(): number {
    return (this.queue.length === 0 ? 0 : this.#queuedBytes) + (this.transport.bufferedBytes ?? 0);
  }

  override get deadline(): number {
    const heartbeat = this.state === "open" ? this.#heartbeat!.deadline : Infinity;
    return Math.min(this.expiry, heartbeat, this.upgrade?.deadline ?? Infinity);
  }

  /** Opens the session with the packets that leave together: the open packet, and the `initialPacket` if there is one. */
  open(first: readonly Packet[]): void {
    this.#heartbeat = new Heartbeat(this.#role, this.#timing, this.host.now());
    this.state = "open";
    this.host.onDeadlineSet();
    for (const packet of first) this.#enqueue(packet);
    this.flush();
  }

  override send(packet: Packet): void {
    if (this.state !== "open" && this.state !== "opening") return;
    // A hot path: mostly there is nothing to wait for, and no queue is needed.
    if (this.queue.length === 0 && this.state === "open" && this.transport.writable) return super.handOver([packet]);
    this.#enqueue(packet);
    this.flush();
  }

  override onDeadline(now: number): void {
    if (this.upgrade !== null && this.upgrade.deadline <= now) this.upgrade.onDeadline(now);
    if (this.expiry <= now) return this.fail(FORCED);
    const heartbeat = this.#heartbeat;
    if (this.state !== "open" || heartbeat === null || heartbeat.deadline > now) return;
    if (heartbeat.onDeadline(now) === "timed-out") return this.fail({ reason: "ping timeout" });
    this.send({ type: "ping" });
    this.host.onDeadlineSet();
  }

  override onWritable(): void {
    super.onWritable();
    if (this.transport.writable && this.queue.length === 0) this.upgrade?.onCurrentIdle();
  }

  override beginUpgrade(upgrade: Probation): void {
    super.beginUpgrade(upgrade);
    this.host.onDeadlineSet();
  }

  override onPacket(packet: Packet): void {
    if (this.state !== "open") {
      // This side is closing already; the peer's own close spares the wait for its next request.
      if (packet.type === "close") this.fail(FORCED);
      return;
    }
    this.host.onPacket(packet);
    switch (packet.type) {
      case "message":
        this.#onActivity();
        return this.host.onMessage(packet.data);
      case "pong":
      case "ping":
        return this.#onHeartbeat(packet.type);
      case "close":
        // The documents say so for every transport, upstream listens only over polling (protocols.md 9.1, 2).
        return this.fail({ reason: "transport close" });
      case "error":
        return this.fail({ reason: "parse error" });
      default:
        // Legal types without a meaning here (open, upgrade, noop) are ignored (protocols.md 1.3).
        this.#onActivity();
    }
  }

  protected override handOver(batch: readonly Packet[]): void {
    for (const packet of batch) this.#queuedBytes -= sizeOf(packet.data);
    super.handOver(batch);
  }

  #enqueue(packet: Packet): void {
    // What a session drops at its end was not dequeued.
    if (this.queue.length === 0) this.#queuedBytes = 0;
    this.#queuedBytes += sizeOf(packet.data);
    this.queue.push(packet);
  }

  #onActivity(): void {
    const heartbeat = this.#heartbeat;
    if (heartbeat !== null && heartbeat.wantsActivity) heartbeat.onActivity(this.host.now());
  }

  #onHeartbeat(type: "ping" | "pong"): void {
    const expected = this.#role === "pinger" ? "pong" : "ping";
    if (type !== expected) {
      return this.fail({ reason: "transport error", description: new Error("invalid heartbeat direction") });
    }
    this.#heartbeat?.onPeer(this.host.now());
    this.host.onDeadlineSet();
    this.host.onHeartbeat();
    if (type === "ping") this.send({ type: "pong" });
  }
}

function sizeOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  return (data as ArrayBuffer | undefined)?.byteLength ?? 0;
}
