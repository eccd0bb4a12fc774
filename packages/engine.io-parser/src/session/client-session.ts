import type { Packet } from "../packet.js";
import { FORCED } from "./close.js";
import { Session, type SessionHost } from "./session.js";
import type { SessionTransport } from "./transport.js";

/** What the server says in its open packet (protocols.md 1.4). Delays in ms, `maxPayload` in bytes. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** Absent from servers before engine.io 6.2: no limit known. */
  readonly maxPayload?: number;
}

export interface ClientSessionHost extends SessionHost {
  /** The open packet arrived; the session is open. */
  onOpen(handshake: Handshake): void;
}

/** The client's half of a session. */
export class ClientSession extends Session {
  declare protected readonly host: ClientSessionHost;
  /** How long the server may be silent, in ms: the time until its next ping and its patience. */
  #silenceMs = 0;

  /** @param openDeadline until when the handshake may take, in ms on the owner's clock */
  constructor(host: ClientSessionHost, transport: SessionTransport, openDeadline = Infinity) {
    super(host, transport);
    this.expiry = openDeadline;
  }

  /** A network that swallows what is sent tells nobody: without an end the client would wait for ever. */
  onDeadline(): void {
    if (this.state === "opening") this.#failWith("timeout");
    else this.fail(this.state === "open" ? { reason: "ping timeout" } : FORCED);
  }

  /** True if the server should have been heard by `now`, even though no timer has said so yet (a throttled page, a laptop that slept). */
  isOverdue(now: number): boolean {
    return this.state === "open" && this.expiry <= now;
  }

  onPacket(packet: Packet): void {
    const { state, host } = this;
    const { type, data } = packet;
    if (state === "closed") return;
    host.onPacket(packet);
    if (type === "message") {
      // Before the handshake there is nobody to deliver to; no server does this.
      if (state !== "opening") host.onMessage(data);
    } else if (type === "ping") {
      if (state === "open") this.#expectPing();
      host.onHeartbeat();
      this.send({ type: "pong" });
    } else if (type === "open") {
      if (state === "opening") this.#open(data);
    } else if (type === "close") {
      this.fail({ reason: "transport close", description: { description: "transport closed by the server" } });
    } else if (type === "error") this.#failWith("server error", data);
  }

  #open(data: unknown): void {
    const handshake = parseHandshake(data);
    if (!handshake) return this.#failWith("invalid open packet");
    this.state = "open";
    this.#silenceMs = handshake.pingInterval + handshake.pingTimeout;
    this.#expectPing();
    this.host.onOpen(handshake);
    this.flush();
  }

  #expectPing(): void {
    this.expireAt(this.host.now() + this.#silenceMs);
  }

  /** @param code of a server's error (row C-108) */
  #failWith(message: string, code?: unknown): void {
    this.fail({ reason: "transport error", description: Object.assign(new Error(message), code && { code }) });
  }
}

/** Undefined unless all is there that a client needs; unknown keys are ignored (protocols.md 1.4). */
function parseHandshake(data: unknown): Handshake | undefined {
  try {
    const handshake = JSON.parse(data as string) as Handshake;
    const { sid, upgrades, pingInterval, pingTimeout, maxPayload = 1 } = handshake;
    const isComplete = sid && typeof sid === "string" && Array.isArray(upgrades);
    // JSON has neither NaN nor infinities, but 1e999 is one.
    if (isComplete && [pingInterval, pingTimeout, maxPayload].every((n) => Number.isFinite(n) && n > 0))
      return handshake;
  } catch {
    // No JSON, or null: not complete either.
  }
}
