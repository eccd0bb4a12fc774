import type { Packet } from "../packet.js";
import type { ClientSession } from "./client-session.js";
import type { CloseCause } from "./close.js";
import type { UpgradeInProgress } from "./session.js";
import type { PausableTransport, SessionTransport, TransportSink } from "./transport.js";

/** What an upgrade tells the shell; of its success the session's host hears. */
export interface ClientUpgradeHost {
  /** The probe was answered first by this transport: other probes should be given up now. */
  onUpgrading(transport: SessionTransport): void;

  /** The probe or the switch failed; the session goes on where it was. */
  onUpgradeError(transport: SessionTransport, cause?: CloseCause): void;
}

/**
 * The client's half of an upgrade: one candidate transport (protocols.md 1.8). Several may be probed at once; the first that is
 * answered wins the session's place, see {@link onPacket}.
 *
 * `probing` → the candidate was asked; `draining` → it answered, the old transport lets its requests come home, nothing new
 * leaves; then the session switches. Whatever fails before that leaves the session on the old transport, awake.
 */
export class ClientUpgrade implements UpgradeInProgress, TransportSink {
  readonly #session: ClientSession;
  readonly #candidate: SessionTransport;
  readonly #host: ClientUpgradeHost;
  #state: "connecting" | "probing" | "draining" | "ended" = "connecting";

  constructor(session: ClientSession, candidate: SessionTransport, host: ClientUpgradeHost) {
    this.#session = session;
    this.#candidate = candidate;
    this.#host = host;
    candidate.sink = this;
  }

  get drains(): boolean {
    return this.#state === "draining";
  }

  /** The candidate is connected. */
  onWritable(): void {
    if (this.#state !== "connecting") return;
    this.#state = "probing";
    this.#candidate.send([{ type: "ping", data: "probe" }]);
  }

  onSent(): void {}

  onPacket({ type, data }: Packet): void {
    const session = this.#session;
    if (this.drains) return;
    if (type !== "pong" || data !== "probe") return this.onClose();
    // Another candidate was faster, or the session is on its way out: it doesn't need this one.
    if (session.state !== "open" || session.upgrade || session.upgraded) return this.cancel();
    this.#state = "draining";
    session.beginUpgrade(this);
    this.#host.onUpgrading(this.#candidate);
    (session.transport as PausableTransport).pause(() => {
      // The candidate may have died, or the session ended, while polling came home.
      if (!this.drains) return;
      this.#state = "ended";
      this.#candidate.send([{ type: "upgrade" }]);
      session.switchTo(this.#candidate);
    });
  }

  /** The candidate is gone, or of no use. */
  onClose(cause?: CloseCause): void {
    const { drains } = this;
    const session = this.#session;
    this.cancel();
    this.#host.onUpgradeError(this.#candidate, cause);
    if (!drains) return;
    // Upstream leaves polling paused here and the client deaf (hostile.md, "client goes deaf").
    const old = session.transport as PausableTransport;
    if (!old.resume) return session.fail(cause ?? GIVEN_UP);
    old.resume();
    session.endUpgrade(this);
  }

  /** Drops the candidate and tells nobody. */
  cancel(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#candidate.sink = null;
    this.#candidate.discard(GIVEN_UP);
  }
}

const GIVEN_UP: CloseCause = { reason: "transport close" };
