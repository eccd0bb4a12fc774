import {
  ServerSession,
  ServerUpgrade,
  type CloseCause,
  type ServerSessionHost,
  type SessionTransport,
} from "engine.io-parser/session";
import type { Packet } from "engine.io-parser";
import { TestClient } from "./test-client.ts";
import { VirtualClock } from "./virtual-clock.ts";
import {
  MemoryPollingClient,
  type MemoryWebSocket,
  memoryPolling,
  memoryWebSocket,
  VirtualNetwork,
  type NetworkOptions,
} from "./virtual-network.ts";

export interface PairOptions extends NetworkOptions {
  pingIntervalMs?: number;
  pingTimeoutMs?: number;
  upgradeTimeoutMs?: number;
  transport?: "polling" | "websocket";
}

/** One side of a pair: its session, what the layer above it was told, and the messages it got. */
export interface Side<S> {
  readonly session: S;
  /** "open", "heartbeat", "upgrading", "upgrade: websocket", "upgrade error", "close: <reason>", in order. */
  readonly log: string[];
  readonly received: unknown[];
  closeCause: CloseCause | null;
}

/** A client and a server session over a virtual network and a virtual clock: hours of conversation in milliseconds. */
export class Pair {
  readonly clock = new VirtualClock();
  readonly network: VirtualNetwork;
  readonly server: Side<ServerSession>;
  readonly client: Side<TestClient>;
  /** The client's polls, to hold their answers back; null if the pair began with a websocket. */
  readonly polling: MemoryPollingClient | null;
  readonly #options: PairOptions;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.network = new VirtualNetwork(this.clock, options);
    const [clientTransport, serverTransport] =
      options.transport === "websocket" ? memoryWebSocket(this.network) : memoryPolling(this.network);
    this.polling = clientTransport instanceof MemoryPollingClient ? clientTransport : null;
    const timing = { pingInterval: options.pingIntervalMs ?? 25_000, pingTimeout: options.pingTimeoutMs ?? 20_000 };
    this.client = this.#clientSide(clientTransport);
    this.server = this.#serverSide((host) => new ServerSession({ ...host, heartbeatTiming: timing }, serverTransport));
    const handshake = { sid: "sid", upgrades: ["websocket"], ...timing, maxPayload: 1_000_000 };
    this.server.session.open([{ type: "open", data: JSON.stringify(handshake) }]);
  }

  /** The client's probe was answered, and it waits for a poll to come home: nothing new may leave on polling. */
  upgradeUntilDraining(): { readonly client: MemoryWebSocket; readonly server: MemoryWebSocket } {
    this.polling!.held = [];
    const upgrade = this.upgrade();
    this.advance(100);
    return upgrade;
  }

  /** The client probes a websocket; the returned transports allow to break it. */
  upgrade(): { readonly client: MemoryWebSocket; readonly server: MemoryWebSocket } {
    const [client, server] = memoryWebSocket(this.network);
    this.client.session.probe(client);
    this.acceptUpgrade(server);
    return { client, server };
  }

  acceptUpgrade(candidate: SessionTransport): ServerUpgrade {
    const host = {
      now: () => this.clock.now,
      onDeadlineSet: () => this.#watch(this.server.session),
      onUpgrading: () => this.server.log.push("upgrading"),
    };
    return new ServerUpgrade(this.server.session, candidate, host, this.#options.upgradeTimeoutMs ?? 10_000);
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  #clientSide(transport: SessionTransport): Side<TestClient> {
    const session = new TestClient(this.clock, transport);
    const log: string[] = [];
    const received: unknown[] = [];
    const side: { -readonly [K in keyof Side<TestClient>]: Side<TestClient>[K] } = {
      session,
      log,
      received,
      closeCause: null,
    };
    session.on("message", (data) => received.push(data));
    session.on("ping", () => log.push("heartbeat"));
    session.on("open", () => log.push("open"));
    session.on("upgrading", () => log.push("upgrading"));
    session.on("upgradeError", () => log.push("upgrade error"));
    session.on("upgrade", ({ name }) => log.push(`upgrade: ${name}`));
    session.on("close", (reason, description) => {
      side.closeCause = { reason: reason as CloseCause["reason"], description };
      log.push(`close: ${reason}`);
    });
    return side;
  }

  #serverSide(create: (host: ConstructorParameters<typeof ServerSession>[0]) => ServerSession): Side<ServerSession> {
    const log: string[] = [];
    const received: unknown[] = [];
    const side: { -readonly [K in keyof Side<ServerSession>]: Side<ServerSession>[K] } = {
      session: undefined as unknown as ServerSession, // set two lines below; the host's methods run later only
      log,
      received,
      closeCause: null,
    };
    side.session = create({
      ...PATIENT,
      now: () => this.clock.now,
      onPacket: () => {},
      onMessage: (data) => received.push(data),
      onHeartbeat: () => log.push("heartbeat"),
      onFlush: () => {},
      onDrain: () => {},
      onDeadlineSet: () => this.#watch(side.session),
      onUpgrade: (transport) => log.push(`upgrade: ${transport.name}`),
      onClose: (cause) => {
        side.closeCause = cause;
        log.push(`close: ${cause.reason}`);
      },
    });
    return side;
  }

  /** The owner's one timer, of the lazy kind: it looks at the deadline when it fires. */
  #watch(session: ServerSession): void {
    const { deadline } = session;
    if (deadline === Infinity) return;
    this.clock.at(deadline, () => {
      if (session.state === "closed") return;
      if (session.deadline <= this.clock.now) session.onDeadline(this.clock.now);
      else this.#watch(session);
    });
  }
}

/** The part of a session's host that judges slow readers, which this one never does, and that beats. */
export const PATIENT = {
  limits: { maxBufferedBytes: Infinity, maxBufferedPackets: Infinity },
  heartbeatRole: "pinger",
  heartbeatTiming: { pingInterval: 25_000, pingTimeout: 20_000 },
  onBeat() {},
  onBacklog() {},
  onSlowReader: () => "disconnect",
  onGivenUp() {},
  onDropped() {},
} satisfies Partial<ServerSessionHost>;

export function messages(from: number, to: number): Packet[] {
  return Array.from({ length: to - from }, (_, i) => ({ type: "message", data: String(from + i) }));
}
