import type { AckFunction } from "socket.io-parser/acks";
import { callUser } from "./user-code.js";

/** What `compress()`, `volatile` and `timeout()` say about the next emit. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  /** In ms. */
  timeout?: number;
}

interface Entry {
  readonly data: unknown[];
  readonly flags: Flags;
  readonly ack: AckFunction | undefined;
  tries: number;
  inFlight: boolean;
}

/** The Socket as the queue sees it. */
export interface RetryQueueHost {
  readonly _opts: { readonly retries?: number };
  /** True if a packet would leave now instead of being buffered. */
  _isReady(): boolean;
  /** Sends an event; `onResult(error, ...answer)` is called exactly once, with null for an error if it was answered. */
  _transmit(data: unknown[], flags: Flags, onResult: AckFunction, errorFirst: true): void;
}

/** Option `retries`: one packet in flight, in order, each tried again until it is acknowledged (rows C-119 to C-123). */
export class RetryQueue {
  private readonly _entries: Entry[] = [];

  declare private readonly _host: RetryQueueHost;

  constructor(host: RetryQueueHost) {
    this._host = host;
  }

  add(data: unknown[], flags: Flags, ack: AckFunction | undefined): void {
    this._entries.push({ data, flags, ack, tries: 0, inFlight: false });
    this.drain();
  }

  /** Sends the head, unless it is under way. To be called when connected, too. */
  drain(): void {
    const entries = this._entries;
    const head = entries[0];
    if (head === undefined || head.inFlight || !this._host._isReady()) return;
    head.inFlight = true;
    head.tries++;
    this._host._transmit(
      head.data,
      head.flags,
      (error, ...answer) => {
        head.inFlight = false;
        if (error === null || head.tries > this._host._opts.retries!) {
          entries.shift();
          if (head.ack) callUser(head.ack, this._host, [error, ...answer]);
        }
        this.drain();
      },
      true,
    );
  }
}
