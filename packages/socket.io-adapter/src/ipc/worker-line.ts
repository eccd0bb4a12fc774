import type { Worker } from "node:cluster";
import type { WorkerProcess } from "./group.js";
import { SOURCE, type ToWorker } from "./messages.js";

/*
 * A worker that hangs reads nothing any more: the primary would die of what it keeps for it, and all other workers with the primary. One
 * that is only slower than a burst goes on reading.
 */

/** With so much unread, in bytes, a worker that has read nothing for so long, in ms, hangs. */
const MUCH_BYTES = 64 * 1024 * 1024;
const SILENCE_MS = 5_000;

/** No worker may leave more unread, in bytes. */
const MAX_WAITING_BYTES = 512 * 1024 * 1024;

/** Of what is around a message, in bytes. */
const ENVELOPE_BYTES = 200;

/** As much of a worker of node:cluster as is used here. */
export interface Recipient extends Pick<Worker, "id" | "isConnected"> {
  send(message: unknown, handle: undefined, options: undefined, sent: () => void): unknown;
  readonly process: { kill(signal: "SIGKILL"): unknown };
}

/** From the primary to one worker. What cannot be sent is lost: the worker has ended, or is about to. */
export class WorkerLine implements WorkerProcess {
  readonly #worker: Recipient;
  readonly #now: () => number;
  #waitingBytes = 0;
  /** When it has read last, or had nothing to read. */
  #readAt = 0;
  #isEnded = false;

  /** @param now the clock, in ms */
  constructor(worker: Recipient, now: () => number) {
    this.#worker = worker;
    this.#now = now;
  }

  tell(message: ToWorker): void {
    if (this.#isEnded || !this.#worker.isConnected()) return;
    if (this.#waitingBytes === 0) this.#readAt = this.#now();
    const bytes = sizeOf(message);
    this.#waitingBytes += bytes;
    this.#worker.send(message, undefined, undefined, () => {
      this.#waitingBytes -= bytes;
      this.#readAt = this.#now();
    });
    if (this.#waitingBytes > MUCH_BYTES && this.#hangs) this.#end();
  }

  get #hangs(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES || this.#now() - this.#readAt > SILENCE_MS;
  }

  /** Its exit follows, which the others hear of. */
  #end(): void {
    this.#isEnded = true;
    const { id } = this.#worker;
    process.emitWarning(
      `${SOURCE}: worker ${id} hangs, and was killed: it has left ${this.#waitingBytes} bytes unread`,
    );
    this.#worker.process.kill("SIGKILL");
  }
}

function sizeOf(message: ToWorker): number {
  const { payload, session } = message as { payload?: readonly unknown[]; session?: readonly unknown[] };
  let bytes = ENVELOPE_BYTES;
  for (const part of payload ?? session ?? []) {
    bytes += typeof part === "string" ? part.length : ((part as Partial<ArrayBufferView>).byteLength ?? 0);
  }
  return bytes;
}
