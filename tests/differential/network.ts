import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { stopTime } from "../conformance/client/time.ts";
import type { StepLog } from "./log.ts";
import { isZlibWorking } from "./zlib-work.ts";

/** After so many turns of the event loop in which nothing moves, nothing is under way: all ends are in this process. */
const QUIET_TURNS = 12;

/** More turns than anything takes. */
const MAX_TURNS = 5000;

const CHANNELS = ["net.client.socket", "net.server.socket"];

/** All connections of this process, and its clock, which stands still. */
export class Network {
  readonly #log: StepLog;
  readonly #goOn: () => boolean;
  readonly #sockets = new Set<Socket>();
  readonly #clock = stopTime();
  readonly #add = (message: unknown): void => void this.#sockets.add((message as { socket: Socket }).socket);

  /** @param goOn called when nothing moves any more; true: it has begun something that waited for that */
  constructor(log: StepLog, goOn = (): boolean => false) {
    this.#log = log;
    this.#goOn = goOn;
    this.#clock.reset();
    for (const channel of CHANNELS) subscribe(channel, this.#add);
  }

  /** Everything that is under way arrives, and what that causes. */
  async settle(): Promise<void> {
    let moved = this.#moved();
    let turns = 0;
    for (let still = 0; still < QUIET_TURNS; still++) {
      if (isZlibWorking()) still = -1;
      else if (turns++ > MAX_TURNS) throw new Error("what was begun comes to no end");
      await new Promise(setImmediate);
      const now = this.#moved();
      if (now !== moved) still = -1;
      moved = now;
      if (still === QUIET_TURNS - 1 && this.#goOn()) still = -1;
    }
  }

  /** Time goes on; whatever happens comes to its end before the next ms. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    for (let left = ms; left > 0;) {
      // To the next ms in which something happens.
      const stepMs = Math.min(left, Math.max(1, Math.floor(this.#clock.idleMs)));
      left -= stepMs;
      this.#clock.advance(stepMs);
      await this.settle();
    }
  }

  /** Ends all connections, and forgets them and all timers. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.settle();
    for (const channel of CHANNELS) unsubscribe(channel, this.#add);
    this.#clock.reset();
  }

  /** Another number whenever something has happened: with each entry, each byte, and each connection that begins or ends. */
  #moved(): number {
    let moved = this.#log.length;
    for (const { bytesRead, bytesWritten, connecting, destroyed } of this.#sockets) {
      moved += bytesRead + bytesWritten + (destroyed ? 3 : connecting ? 1 : 2);
    }
    return moved;
  }
}
