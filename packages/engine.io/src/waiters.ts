import type { Packet } from "engine.io-parser";
import type { Transport } from "./transports/transport.js";

/** Called with the transport that took the packet. */
export type SentCallback = (transport: Transport) => void;

/** A batch that is out, which has not been told yet. */
export interface SentBatch {
  /** Whether listeners of the session's `drain` wait for it. */
  readonly isNews: boolean;
  readonly callbacks: readonly SentCallback[];
}

/** Those who wait for what one session sends. Most sessions never have any, so they are made for the first one. */
export class Waiters {
  /** Of packets that have not been handed to a transport. */
  readonly queued = new Map<Packet, SentCallback>();
  /** Of the batch that is on its way. */
  flushed: SentCallback[] = [];
  /** What is told in the next tick, or before that if the session ends. */
  readonly untold: SentBatch[] = [];
  /** Of all that was sent so far. */
  readonly #drains: ((isOver: boolean) => void)[] = [];

  /** @throws (rejects with) an Error if the session ends before */
  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drains.push((isOver) => {
        if (isOver) reject(new Error("the session has ended"));
        else resolve();
      });
    });
  }

  /** A batch is about to be handed over. True: somebody waits for it. */
  onFlush(batch: readonly Packet[]): boolean {
    for (let at = 0; at < batch.length && this.queued.size > 0; at++) {
      const packet = batch[at]!;
      const callback = this.queued.get(packet);
      if (callback !== undefined) this.flushed.push(callback);
      this.queued.delete(packet);
    }
    return this.flushed.length > 0;
  }

  /**
   * The batch is out.
   * @param isAll whether nothing else waits
   * @returns who waited for the batch, to be called
   */
  onSent(isAll: boolean): readonly SentCallback[] {
    if (isAll) this.#settle(false);
    const { flushed } = this;
    this.flushed = [];
    return flushed;
  }

  /** The session has ended: who waited for what was sent so far is told, the others are not. */
  onEnd(): void {
    this.#settle(true);
  }

  #settle(isOver: boolean): void {
    for (const settle of this.#drains.splice(0)) settle(isOver);
  }
}
