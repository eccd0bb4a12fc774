import debugModule from "debug";
import type { Backlog, CloseCause, SlowReaderPolicy } from "engine.io-parser/session";
import type { EventEmitter } from "node:events";
import { SlowReaderError } from "./errors.js";
import type { LimitCounters } from "./limits.js";

const debug = debugModule("engine:slow-reader");

/** A session that more waits for than should. */
interface Suspect {
  /** Its peer has had the chance to read. */
  onTurn(): void;
}

interface Options<Socket> {
  readonly maxBufferedPackets: number;
  readonly slowReader: SlowReaderPolicy | ((socket: Socket, backlog: Backlog) => SlowReaderPolicy);
}

interface Host<Socket> extends EventEmitter {
  readonly opts: Options<Socket>;
  readonly limitsReached: LimitCounters;
}

/** What a server does about peers that read slower than the application sends. */
export class SlowReaders<Socket extends object> {
  readonly #server: Host<Socket>;
  #suspects: Suspect[] = [];
  /** What the application's function threw. */
  readonly #errors = new WeakMap<Socket, unknown>();

  constructor(server: Host<Socket>) {
    this.#server = server;
  }

  /**
   * Gives a peer the chance to read before it is judged: one full turn of the event loop, whatever phase it is in now. One
   * callback serves all sessions that a broadcast has filled.
   */
  suspect(session: Suspect): void {
    // The first callback comes at the end of this turn, perhaps before any connection was looked at; the second after that.
    if (this.#suspects.push(session) === 1) setImmediate(() => setImmediate(this.#judgeAll));
  }

  /** What to do about this one: see the option `slowReader`. */
  judge(socket: Socket, backlog: Backlog, isNews: boolean): SlowReaderPolicy {
    const { opts, limitsReached } = this.#server;
    limitsReached.count(backlog.packets > opts.maxBufferedPackets ? "maxBufferedPackets" : "maxBufferedBytes");
    const policy = this.#ask(socket, backlog);
    if (isNews) {
      // Whoever sends is not interrupted by what listeners do.
      process.nextTick(() => this.#server.emit("slow_reader", socket, { ...backlog, policy }));
    }
    return policy;
  }

  /** How the session of one ends for whom nothing else helps. */
  verdict(socket: Socket, { bytes, packets }: Backlog): CloseCause {
    debug("%d bytes in %d packets wait for a peer that does not read", bytes, packets);
    const description = new SlowReaderError(bytes, packets, { cause: this.#errors.get(socket) });
    return { reason: "transport error", description };
  }

  #ask(socket: Socket, backlog: Backlog): SlowReaderPolicy {
    const { slowReader } = this.#server.opts;
    if (typeof slowReader !== "function") return slowReader;
    try {
      return slowReader(socket, backlog);
    } catch (error) {
      this.#errors.set(socket, error);
      return "disconnect";
    }
  }

  readonly #judgeAll = (): void => {
    const suspects = this.#suspects;
    this.#suspects = [];
    for (const session of suspects) session.onTurn();
  };
}
