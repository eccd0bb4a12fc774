import { randomBytes } from "node:crypto";
import { PacketType, type Packet } from "socket.io-parser";
import {
  Adapter,
  type BroadcastOptions,
  type PrivateSessionId,
  type Session,
  type SessionToPersist,
} from "./adapter.js";
import { deliver, encode } from "./delivery.js";
import type { AdapterHost } from "./host.js";
import { RecoveryLog } from "./recovery-log.js";
import { limitsOf, sessionOf } from "./returning-session.js";

/** How often packets and sessions that nobody asks for are looked through for what is too old, in ms. */
const TRIM_INTERVAL_MS = 60_000;

/**
 * The in-memory adapter with connection state recovery: it keeps what the namespace has sent of late, and the sessions of
 * those that were cut off, within the limits of {@link RecoveryOptions}.
 *
 * Each event without acknowledgement that is not volatile gets one more argument, its offset: the client gives back the
 * last one that it has had when it returns.
 */
export class SessionAwareAdapter extends Adapter {
  private readonly _log: RecoveryLog;
  private _timer: NodeJS.Timeout | undefined;

  // eslint-disable-next-line typescript/no-explicit-any -- see Adapter
  constructor(nsp: any) {
    super(nsp);
    this._log = new RecoveryLog(
      limitsOf((nsp as AdapterHost).server.opts?.connectionStateRecovery),
      // 48 bits: no other log has them, nor has a text of the application that comes last in an event.
      `${randomBytes(6).toString("base64url")}.`,
    );
  }

  /** Stops the timer. What is kept stays, for a server that is attached again. */
  override close(): Promise<void> | void {
    clearTimeout(this._timer);
    this._timer = undefined;
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    const isKept = packet.type === PacketType.EVENT && packet.id === undefined && opts.flags?.volatile !== true;
    if (!isKept) return super.broadcast(packet, opts);
    const log = this._log;
    const seq = log.next;
    (packet.data as unknown[]).push(log.offsetOf(seq));
    const delivery = encode(this, packet, opts.flags);
    const time = now();
    if (this.sids.size === 0 && !log.isAwaited(time)) return log.skip();
    log.append(delivery.encoded, opts, time);
    this._trimLater();
    deliver(this, delivery, opts, (socket) => {
      socket._lastLogged = seq;
    });
  }

  /** Keeps the session of a socket that was cut off. */
  override persistSession(session: SessionToPersist): void {
    const socket = (this.nsp as AdapterHost).sockets.get(session.sid);
    this._log.keep(session, socket?._lastLogged, now());
    this._trimLater();
  }

  /**
   * Hands out a session, once.
   *
   * @returns null if there is none (any more), or if not all is kept that came after the offset
   */
  override restoreSession(pid: PrivateSessionId, offset: string): Promise<Session | null> {
    const taken = this._log.take(pid, offset, now());
    if (taken === undefined) return Promise.resolve(null);
    const putBack = (): void => {
      this._log.putBack(taken);
      this._trimLater();
    };
    return Promise.resolve(sessionOf(this, this._log, taken, now() - taken.kept.time, putBack));
  }

  /** @internal */
  override _awaitedFor(): number {
    return this._log.awaitedFor(now());
  }

  /** While nothing is kept, there is no timer. */
  private _trimLater(): void {
    if (this._timer !== undefined || this._log.isEmpty) return;
    this._timer = setTimeout(() => {
      this._timer = undefined;
      this._log.trim(now());
      this._trimLater();
    }, TRIM_INTERVAL_MS).unref();
  }
}

function now(): number {
  return performance.now();
}
