import type { Packet } from "../packet.js";
import { endOfMessage, sizeOf, type Backlog, type BacklogLimits, type SlowReaderPolicy } from "./backlog.js";
import { BeatingSession, type BeatingHost } from "./beating-session.js";
import type { UpgradeInProgress } from "./session.js";

/** The server's half of an upgrade, seen from its session. */
interface Probation extends UpgradeInProgress {
  /** When to call {@link onDeadline}, in ms. */
  readonly deadline: number;
  onDeadline(now: number): void;

  /** The old transport turned writable and nothing was queued for it. */
  onCurrentIdle(): void;
}

export interface ServerSessionHost extends BeatingHost {
  /** How much may wait for the peer. */
  readonly limits: BacklogLimits;

  /** More waits than the limits allow: call {@link ServerSession.onTurn} once the peer has had the chance to read. */
  onBacklog(): void;

  /**
   * It had the chance, and there is still more to send to it: what now?
   * @param isNews whether it kept up until now
   */
  onSlowReader(backlog: Backlog, isNews: boolean): SlowReaderPolicy;

  /** Nothing more is sent to it. End the session, but not at once: the caller is in the middle of sending. */
  onGivenUp(backlog: Backlog): void;

  /** These packets will not be sent. */
  onDropped(packets: readonly Packet[]): void;
}

/**
 * How the peer reads: `fine`; `suspected`: too much waits for it, but perhaps it had no chance to read; `slow`: it had;
 * `dropping`: messages for it were dropped; `given up`: nothing more is sent to it.
 */
type Reader = "fine" | "suspected" | "slow" | "dropping" | "given up";

/** The server's half of a session. There may be very many: methods with `#` would cost each of them a field. */
export class ServerSession extends BeatingSession<ServerSessionHost> {
  declare upgrade: Probation | null;
  #queuedBytes = 0;
  /** Size of the largest message since nothing waited. */
  #largest = 0;
  #reader: Reader = "fine";
  /** A message has left in part: its rest comes first in the queue. */
  #insideMessage = false;

  /** Bytes (UTF-16 units for text) that wait here or below and that the operating system has not taken. */
  get bufferedBytes(): number {
    return (this.queue.length === 0 ? 0 : this.#queuedBytes) + (this.transport.bufferedBytes ?? 0);
  }

  override get deadline(): number {
    return this.upgrade === null ? super.deadline : Math.min(super.deadline, this.upgrade.deadline);
  }

  /** Opens the session with the packets that leave together: the open packet, and the `initialPacket` if there is one. */
  open(first: readonly Packet[]): void {
    this.state = "open";
    this.rest();
    for (const packet of first) this.enqueue(packet);
    this.flush();
  }

  override send(packet: Packet): void {
    if (this.state !== "open" && this.state !== "opening") return;
    // A hot path: mostly there is nothing to wait for, and no queue is needed.
    if (this.queue.length === 0 && this.state === "open" && this.transport.writable && this.batch !== "announced") {
      this.#largest = sizeOf(packet.data);
      return super.handOver([packet]);
    }
    if (this.#reader !== "fine" && packet.type === "message" && !this.admit([packet])) return;
    this.enqueue(packet);
    this.flush();
  }

  /** As {@link send}, of packets that make one message: all of them, or none. */
  sendMessage(packets: readonly Packet[]): void {
    if (this.state !== "open" && this.state !== "opening") return;
    if (this.#reader !== "fine" && !this.admit(packets)) return;
    if (this.queue.length === 0 && this.state === "open" && this.transport.writable && this.batch !== "announced") {
      this.#largest = 0;
      for (const { data } of packets) this.#largest += sizeOf(data);
      return super.handOver(packets);
    }
    for (const packet of packets) this.enqueue(packet);
    this.flush();
  }

  /** The peer has had the chance to read since {@link ServerSessionHost.onBacklog}. */
  onTurn(): void {
    if (this.#reader === "suspected") this.#reader = this.isTooMuch() ? "slow" : "fine";
  }

  /** True if nothing waits here, nor for the transport to say that it is out. */
  get isDrained(): boolean {
    return this.queue.length === 0 && this.batch === "none";
  }

  override onDeadline(now: number): void {
    if (this.upgrade !== null && this.upgrade.deadline <= now) this.upgrade.onDeadline(now);
    super.onDeadline(now);
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
      if (packet.type === "close") this.fail({ reason: "transport close" });
      return;
    }
    this.host.onPacket(packet);
    switch (packet.type) {
      case "message":
        this.onActivity();
        return this.host.onMessage(packet.data);
      case "pong":
      case "ping":
        return this.onHeartbeat(packet.type);
      case "close":
        // The documents say so for every transport, upstream listens only over polling (protocols.md 9.1, 2).
        return this.fail({ reason: "transport close" });
      case "error":
        return this.fail({ reason: "parse error" });
      default:
        // Legal types without a meaning here (open, upgrade, noop) are ignored (protocols.md 1.3).
        this.onActivity();
    }
  }

  protected override handOver(batch: readonly Packet[]): void {
    for (const packet of batch) this.#queuedBytes -= sizeOf(packet.data);
    this.#insideMessage = batch[batch.length - 1]!.more === true;
    super.handOver(batch);
  }

  private enqueue(packet: Packet): void {
    const size = sizeOf(packet.data);
    if (this.queue.length === 0) {
      // What a session drops at its end was not dequeued.
      this.#queuedBytes = 0;
      if (this.isDrained) this.#largest = 0;
    }
    this.#queuedBytes += size;
    if (size > this.#largest) this.#largest = size;
    this.push(packet);
    if (this.#reader !== "fine" || !this.isTooMuch()) return;
    this.#reader = "suspected";
    this.host.onBacklog();
  }

  /** @param dropped packets that are still in the queue, but not to be counted */
  private isTooMuch(dropped = 0): boolean {
    const { maxBufferedBytes, maxBufferedPackets } = this.host.limits;
    return this.bufferedBytes - this.#largest > maxBufferedBytes || this.queue.length - dropped > maxBufferedPackets;
  }

  /** Whether a message may join those that wait. Others may have to go for it. */
  private admit(message: readonly Packet[]): boolean {
    if (this.#reader === "given up") return false;
    if (this.#reader === "suspected" || message[0]!.options?.keep === true) return true;
    if (!this.isTooMuch()) {
      this.#reader = "fine";
      return true;
    }
    const backlog: Backlog = { bytes: this.bufferedBytes, packets: this.queue.length };
    const policy = this.host.onSlowReader(backlog, this.#reader === "slow");
    this.#reader = "dropping";
    if (policy === "drop-newest") {
      this.host.onDropped(message);
      return false;
    }
    if (policy !== "disconnect" && this.makeRoom(policy === "drop-volatile")) return true;
    this.#reader = "given up";
    this.host.onGivenUp(backlog);
    return false;
  }

  /** False if what is left is still too much: it was handed over already, or has to be kept. */
  private makeRoom(volatileOnly: boolean): boolean {
    const { queue } = this;
    const dropped: Packet[] = [];
    const kept: Packet[] = [];
    let at = this.#insideMessage ? endOfMessage(queue, 0) : 0;
    const from = at;
    while (at < queue.length && this.isTooMuch(dropped.length)) {
      const { type, options } = queue[at]!;
      const goes = type === "message" && options?.keep !== true && (!volatileOnly || options?.volatile === true);
      for (const end = endOfMessage(queue, at); at < end; at++) {
        (goes ? dropped : kept).push(queue[at]!);
        if (goes) this.#queuedBytes -= sizeOf(queue[at]!.data);
      }
    }
    if (at > from) queue.splice(from, at - from, ...kept);
    if (dropped.length > 0) this.host.onDropped(dropped);
    return !this.isTooMuch();
  }
}
