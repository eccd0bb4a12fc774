import type { Packet } from "socket.io-parser";
import type { Adapter, BroadcastOptions, Session, SessionToPersist } from "../adapter.js";
import { deliver, encode as encodePacket } from "../delivery.js";
import type { AdapterHost } from "../host.js";
import { RecoveryLog, type KeptSession } from "../recovery-log.js";
import { limitsOf, sessionOf } from "../returning-session.js";
import { decode, encode } from "./codec.js";
import type { KeepLimits, Payload } from "./messages.js";

/** How often old packets are looked for, in ms. */
const TRIM_INTERVAL_MS = 60_000;

/** What one worker has heard of a namespace of late. All workers hear the same in the same order, so all their logs are alike. */
export class WorkerLog {
  readonly #adapter: Adapter;
  readonly #log: RecoveryLog;
  readonly #timer: NodeJS.Timeout;
  readonly limits: KeepLimits;

  /** @param next number of the first packet that it hears: it knows nothing of those before */
  constructor(adapter: Adapter, epoch: string, next: number) {
    const limits = limitsOf((adapter.nsp as AdapterHost).server.opts?.connectionStateRecovery);
    this.#adapter = adapter;
    this.#log = new RecoveryLog(limits, epoch, next);
    this.#timer = setInterval(() => this.#log.trim(performance.now()), TRIM_INTERVAL_MS).unref();
    this.limits = limits;
  }

  offsetOf(number: number): string {
    return this.#log.offsetOf(number);
  }

  /** Keeps a packet that carries its offset, and sends it to the sockets of this worker. */
  deliver(packet: Packet, opts: BroadcastOptions): void {
    const log = this.#log;
    const seq = log.next;
    const delivery = encodePacket(this.#adapter, packet, opts.flags);
    log.append(delivery.encoded, opts, performance.now());
    deliver(this.#adapter, delivery, opts, (socket) => {
      socket._lastLogged = seq;
    });
  }

  /** A message has been dealt with: if it was no packet that could be delivered, nobody can come back over it. */
  passed(number: number): void {
    while (this.#log.next <= number) this.#log.skip();
  }

  /** The session of a socket that was cut off, as any worker can resume it. */
  pack(session: SessionToPersist): Payload {
    const socket = (this.#adapter.nsp as AdapterHost).sockets.get(session.sid);
    const kept: Travelling = { session, lastSent: socket?._lastLogged, next: this.#log.next, at: Date.now() };
    return encode(kept);
  }

  /** @returns null if not all is here that came after the offset */
  unpack(packed: Payload, offset: string, putBack: () => void): Session | null {
    const { session, lastSent, next, at } = decode(packed) as Travelling;
    const taken = this.#log.resume({ session, lastSent, next, time: 0 }, offset);
    return taken === undefined ? null : sessionOf(this.#adapter, this.#log, taken, Date.now() - at, putBack);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

interface Travelling extends Omit<KeptSession, "time" | "lastSent"> {
  readonly lastSent?: number | undefined;
  /** When the socket was cut off, in ms since 1970: the workers of one machine have one clock. */
  readonly at: number;
}
