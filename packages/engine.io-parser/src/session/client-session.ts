import type { Packet } from "../packet.js";
import { Heartbeat } from "./heartbeat.js";
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
  readonly #host: ClientSessionHost;
  readonly #openDeadline: number;

  /** @param openDeadline until when the handshake may take, in ms on the owner's clock */
  constructor(host: ClientSessionHost, transport: SessionTransport, openDeadline = Infinity) {
    super(host, transport);
    this.#host = host;
    this.#openDeadline = openDeadline;
  }

  override get deadline(): number {
    return this.state === "opening" ? this.#openDeadline : super.deadline;
  }

  /** A network that swallows what is sent tells nobody: without an end the client would wait for ever. */
  override onDeadline(now: number): void {
    if (this.state === "opening") this.#failWith("timeout");
    else super.onDeadline(now);
  }

  /** True if the server should have been heard by `now`, even though no timer has said so yet (a throttled page, a laptop that slept). */
  isOverdue(now: number): boolean {
    return this.heartbeat !== null && this.heartbeat.deadline <= now;
  }

  override onPacket(packet: Packet): void {
    if (this.state === "closed") return;
    this.host.onPacket(packet);
    switch (packet.type) {
      case "message":
        // Before the handshake there is nobody to deliver to; no server does this.
        if (this.state !== "opening") this.host.onMessage(packet.data);
        return;
      case "ping":
        this.heartbeat?.onPeer(this.host.now());
        this.host.onDeadlineSet();
        this.host.onHeartbeat();
        return this.send({ type: "pong" });
      case "open":
        if (this.state === "opening") this.#open(packet.data);
        return;
      case "close":
        return this.fail({ reason: "transport close", description: { description: "transport closed by the server" } });
      case "error":
        return this.#failWith("server error", { code: packet.data });
      default:
    }
  }

  #open(data: unknown): void {
    const handshake = parseHandshake(data);
    if (handshake === null) return this.#failWith("invalid open packet");
    this.opened(new Heartbeat("responder", handshake, this.host.now()));
    this.#host.onOpen(handshake);
    this.flush();
  }

  /** @param details `code` of a server's error (row C-108) */
  #failWith(message: string, details?: object): void {
    this.fail({ reason: "transport error", description: Object.assign(new Error(message), details) });
  }
}

/** Null unless all is there that a client needs; unknown keys are ignored (protocols.md 1.4). */
function parseHandshake(data: unknown): Handshake | null {
  try {
    const value = JSON.parse(data as string) as Partial<Handshake> | null;
    const { sid, upgrades, pingInterval, pingTimeout, maxPayload } = value ?? {};
    const complete =
      typeof sid === "string" && sid !== "" && Array.isArray(upgrades) && isDelay(pingInterval) && isDelay(pingTimeout);
    return complete && (maxPayload === undefined || isDelay(maxPayload)) ? (value as Handshake) : null;
  } catch {
    return null;
  }
}

function isDelay(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value < Infinity;
}
