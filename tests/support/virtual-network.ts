import type { Packet } from "engine.io-parser";
import type { CloseCause, SessionTransport, TransportSink } from "engine.io-parser/session";
import type { VirtualClock } from "./virtual-clock.ts";

export interface NetworkOptions {
  /** One way, in ms. */
  latencyMs?: number;
  /** Up to this much more, differently for each transmission, from {@link seed}; order is kept within a connection only. */
  jitterMs?: number;
  seed?: number;
}

/** Everything that crosses between the two sides of a pair, and what can go wrong with it. */
export class VirtualNetwork {
  /** Silence: nothing arrives any more, and nobody is told. */
  drop = false;
  /** Half-open links: one direction is silent. */
  dropToServer = false;
  dropToClient = false;
  readonly #clock: VirtualClock;
  readonly #options: NetworkOptions;
  #random: number;

  constructor(clock: VirtualClock, options: NetworkOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#random = (options.seed ?? 1) >>> 0;
  }

  /** One direction of one connection: ordered, each transmission with a delay of its own. */
  link(to: "server" | "client"): (deliver: () => void) => void {
    let last = 0;
    return (deliver) => {
      if (this.drop || (to === "server" ? this.dropToServer : this.dropToClient)) return;
      const { latencyMs = 1, jitterMs = 0 } = this.#options;
      last = Math.max(last, this.#clock.now + latencyMs + this.#next() * jitterMs);
      this.#clock.at(last, () => {
        if (!this.drop) deliver();
      });
    };
  }

  /** A small linear congruential generator: the same seed, the same faults. */
  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

export function memoryWebSocket(network: VirtualNetwork): [client: MemoryWebSocket, server: MemoryWebSocket] {
  const client = new MemoryWebSocket(network.link("server"));
  const server = new MemoryWebSocket(network.link("client"));
  client.peer = server;
  server.peer = client;
  return [client, server];
}

export class MemoryWebSocket implements SessionTransport {
  readonly name = "websocket";
  sink: TransportSink | null = null;
  peer!: MemoryWebSocket;
  /** Set to make the transport refuse batches, as one whose operating system buffer is full. */
  full = false;
  /** What the operating system has not taken. */
  bufferedBytes = 0;
  #closed = false;
  readonly #transmit: (deliver: () => void) => void;

  constructor(transmit: (deliver: () => void) => void) {
    this.#transmit = transmit;
  }

  get writable(): boolean {
    return !this.#closed && !this.full;
  }

  connect(): void {
    this.#transmit(() => this.peer.#transmit(() => this.sink?.onWritable()));
  }

  send(batch: readonly Packet[]): boolean {
    for (const packet of batch) this.#transmit(() => this.peer.sink?.onPacket(packet));
    return true;
  }

  close(): void {
    this.break({ reason: "transport close" });
  }

  discard(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transmit(() => this.peer.break({ reason: "transport close" }));
  }

  /** The connection is lost: this side hears `cause`, the other one that it was closed. */
  break(cause: CloseCause): void {
    const { sink } = this;
    this.discard();
    this.sink = null;
    sink?.onClose(cause);
  }
}

export function memoryPolling(network: VirtualNetwork): [client: MemoryPollingClient, server: MemoryPollingServer] {
  const server = new MemoryPollingServer();
  return [new MemoryPollingClient(network, server), server];
}

type Answer = (batch: readonly Packet[]) => void;

/** Holds one GET at a time; answers it with a batch. */
export class MemoryPollingServer implements SessionTransport {
  readonly name = "polling";
  sink: TransportSink | null = null;
  #held: Answer | null = null;
  #closing = false;

  get writable(): boolean {
    return this.#held !== null;
  }

  onGet(answer: Answer): void {
    this.#held = answer;
    if (this.#closing) return this.#end();
    if (this.sink === null) return this.#answer([{ type: "noop" }]);
    this.sink.onWritable();
  }

  onPost(batch: readonly Packet[]): void {
    for (const packet of batch) this.sink?.onPacket(packet);
  }

  send(batch: readonly Packet[]): boolean {
    this.#answer(batch);
    return true;
  }

  close(): void {
    this.#closing = true;
    if (this.#held !== null) this.#end();
  }

  discard(): void {
    this.sink = null;
    if (this.#held !== null) this.#answer([{ type: "noop" }]);
  }

  #end(): void {
    this.#answer([{ type: "close" }]);
    const { sink } = this;
    this.sink = null;
    sink?.onClose({ reason: "transport close" });
  }

  #answer(batch: readonly Packet[]): void {
    const answer = this.#held!;
    this.#held = null;
    answer(batch);
  }
}

/** One GET and one POST at a time, each on a connection of its own, as a browser does it. */
export class MemoryPollingClient implements SessionTransport {
  readonly name = "polling";
  sink: TransportSink | null = null;
  /** While set, answers to polls are on their way; {@link release} lets them arrive. */
  held: (() => void)[] | null = null;
  readonly #network: VirtualNetwork;
  readonly #server: MemoryPollingServer;
  #polling = false;
  #posting = false;
  #onPaused: (() => void) | null = null;
  #paused = false;
  #closed = false;

  constructor(network: VirtualNetwork, server: MemoryPollingServer) {
    this.#network = network;
    this.#server = server;
    this.#poll();
  }

  get writable(): boolean {
    return !this.#posting && !this.#paused && !this.#closed;
  }

  send(batch: readonly Packet[]): boolean {
    this.#posting = true;
    const request = this.#network.link("server");
    const response = this.#network.link("client");
    request(() => {
      this.#server.onPost(batch);
      response(() => this.#onPosted());
    });
    return false;
  }

  pause(onPaused: () => void): void {
    this.#paused = true;
    this.#onPaused = onPaused;
    this.#maybePaused();
  }

  resume(): void {
    this.#paused = false;
    this.#onPaused = null;
    if (!this.#polling) this.#poll();
    if (this.writable) this.sink?.onWritable();
  }

  close(): void {
    const { sink } = this;
    this.send([{ type: "close" }]);
    this.discard();
    sink?.onClose({ reason: "transport close" });
  }

  discard(): void {
    this.#closed = true;
    this.sink = null;
  }

  #poll(): void {
    this.#polling = true;
    const request = this.#network.link("server");
    const response = this.#network.link("client");
    request(() => this.#server.onGet((batch) => response(() => this.#arrive(() => this.#onAnswer(batch)))));
  }

  release(): void {
    const answers = this.held ?? [];
    this.held = null;
    for (const arrive of answers) arrive();
  }

  #arrive(answer: () => void): void {
    if (this.held === null) answer();
    else this.held.push(answer);
  }

  #onAnswer(batch: readonly Packet[]): void {
    this.#polling = false;
    for (const packet of batch) this.sink?.onPacket(packet);
    if (this.#closed) return;
    if (this.#paused) this.#maybePaused();
    else this.#poll();
  }

  #onPosted(): void {
    this.#posting = false;
    this.sink?.onSent();
    if (this.#paused) this.#maybePaused();
    else if (this.writable) this.sink?.onWritable();
  }

  #maybePaused(): void {
    if (this.#polling || this.#posting) return;
    const onPaused = this.#onPaused;
    this.#onPaused = null;
    onPaused?.();
  }
}
