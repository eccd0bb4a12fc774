import type { Packet } from "../packet.js";

/** How much may wait for one peer. */
export interface BacklogLimits {
  /** In bytes (UTF-16 units for text), not counting the largest message. */
  readonly maxBufferedBytes: number;
  readonly maxBufferedPackets: number;
}

/** What waits for one peer. */
export interface Backlog {
  /** Bytes (UTF-16 units for text) that the operating system has not taken. */
  readonly bytes: number;
  /** Packets that have not been handed to the transport. */
  readonly packets: number;
}

/** What to do for a peer that reads too slowly: end its session, or lose messages. */
export type SlowReaderPolicy = "disconnect" | "drop-oldest" | "drop-newest" | "drop-volatile";

/** Bytes of a packet's data; UTF-16 units for text. */
export function sizeOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  return (data as ArrayBuffer | undefined)?.byteLength ?? 0;
}

/** Behind the last packet of the message that begins, or goes on, at `start`. */
export function endOfMessage(queue: readonly Packet[], start: number): number {
  let at = start;
  while (at < queue.length && queue[at]!.more === true) at++;
  return at + 1;
}
