import type { Packet } from "../packet.js";
import type { CloseCause } from "./close.js";

/** What a session of the server asks of the transport under it. */
export interface SessionTransport {
  /** "polling", "websocket", "webtransport", or what a custom transport calls itself. */
  readonly name: string;

  /** False while the transport can't take a batch (polling: no GET held, or a POST under way); the session queues meanwhile. */
  readonly writable: boolean;

  /** Bytes handed over with `send` that the operating system has not taken yet. Absent where nobody can know. */
  readonly bufferedBytes?: number;

  /** Who hears of packets and of the end. Set by the session, or by an upgrade while the transport is on probation. */
  sink: TransportSink | null;

  /** How many packets from the head of the queue fit into one batch, at least 1. Absent: all of them. */
  batchSize?(queue: readonly Packet[]): number;

  /**
   * Called only while {@link writable}. True: the batch is out already; else `sink.onSent` follows exactly once, later.
   * @param awaited somebody waits for the batch: it is not out before the operating system has it, where that can be known
   */
  send(batch: readonly Packet[], awaited?: boolean): boolean | void;

  /** Orderly end: what was sent still leaves. Safe to call twice. `sink.onClose` follows exactly once. */
  close(): void;

  /** The end at once, `cause` saying why. The sink hears nothing any more. Safe to call twice. */
  discard(cause: CloseCause): void;
}

/** Who listens to a transport. Called directly, one object per session: no emitter between layers. */
export interface TransportSink {
  onPacket(packet: Packet): void;

  /** The transport turned writable. */
  onWritable(): void;

  /** The last batch is out. */
  onSent(): void;

  /** The transport is gone, by the peer's doing or by an error. Exactly once, and nothing after it. */
  onClose(cause: CloseCause): void;
}
