import { EventEmitter } from "node:events";
import type { TestContext } from "node:test";
import {
  ClusterAdapter,
  ClusterAdapterWithHeartbeat,
  type ClusterAdapterOptions,
  type ClusterMessage,
  type ClusterResponse,
} from "socket.io-adapter";
import { PacketType, type Packet } from "socket.io-parser";

/** A socket that writes down what happens to it. */
export interface FakeSocket {
  readonly id: string;
  readonly received: unknown[][];
  readonly acks: Map<number, (...args: unknown[]) => void>;
  readonly log: unknown[][];
}

/** What an adapter asks of a namespace, without a server. */
export class FakeNamespace extends EventEmitter {
  _ids = 0;
  readonly sockets = new Map<string, FakeSocket>();
  readonly server;

  constructor(
    readonly name: string,
    opts: object = {},
  ) {
    super();
    this.server = { opts, encoder: { encode: (packet: Packet): unknown[] => [structuredClone(packet)] } };
  }

  add(adapter: ClusterAdapter, id: string, ...rooms: string[]): FakeSocket {
    const received: unknown[][] = [];
    const log: unknown[][] = [];
    const socket = {
      id,
      received,
      log,
      data: { name: id },
      handshake: { url: `/?${id}`, sessionStore: adapter },
      get rooms() {
        return adapter.sids.get(id) ?? new Set();
      },
      acks: new Map(),
      client: { writeToEngine: ([packet]: [Packet]) => received.push(packet.data as unknown[]) },
      join: (list: string[]) => void adapter.addAll(id, new Set(list)),
      leave: (room: string) => void adapter.del(id, room),
      disconnect: (close: boolean) => log.push(["disconnect", close]),
    };
    this.sockets.set(id, socket);
    void adapter.addAll(id, new Set([id, ...rooms]));
    return socket;
  }

  _onServerSideEmit(packet: [string, ...unknown[]]): void {
    this.emit(...packet);
  }
}

type Sent = ClusterMessage | ClusterResponse;

/** Carries messages between adapters of one process, as copies, like a network would. */
export class Bus {
  readonly sent: Sent[] = [];
  readonly #adapters = new Set<Receiver>();
  /** Servers that nobody can reach, nor they others. */
  readonly cut = new Set<string>();
  fails = false;
  #offset = 0;

  join(adapter: Receiver): void {
    this.#adapters.add(adapter);
  }

  publish(message: ClusterMessage): Promise<string> {
    if (this.fails) return Promise.reject(new Error("no connection"));
    this.sent.push(message);
    const offset = `o${this.#offset++}`;
    if (this.cut.has(message.uid)) return Promise.resolve(offset);
    for (const adapter of this.#adapters) {
      if (!this.cut.has(adapter.id)) adapter.receive(structuredClone(message), offset);
    }
    return Promise.resolve(offset);
  }

  respond(to: string, response: ClusterResponse): Promise<void> {
    this.sent.push(response);
    if (this.cut.has(response.uid)) return Promise.resolve();
    for (const adapter of this.#adapters) {
      if (adapter.id === to && !this.cut.has(to)) adapter.receive(structuredClone(response));
    }
    return Promise.resolve();
  }

  get size(): number {
    return this.#adapters.size;
  }
}

interface Receiver {
  readonly id: string;
  receive(message: Sent, offset?: string): void;
}

/** Knows how many servers there are, since the bus does. */
export class CountingAdapter extends ClusterAdapter implements Receiver {
  constructor(
    nsp: FakeNamespace,
    readonly bus: Bus,
  ) {
    super(nsp);
    bus.join(this);
  }

  get id(): string {
    return this.uid;
  }

  receive(message: Sent, offset?: string): void {
    this.onMessage(message, offset);
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(this.bus.size);
  }

  protected doPublish(message: ClusterMessage): Promise<string> {
    return this.bus.publish(message);
  }

  protected doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    return this.bus.respond(requesterUid, response);
  }
}

export class BeatingAdapter extends ClusterAdapterWithHeartbeat implements Receiver {
  constructor(
    nsp: FakeNamespace,
    readonly bus: Bus,
    opts?: ClusterAdapterOptions,
  ) {
    super(nsp, opts);
    bus.join(this);
  }

  get id(): string {
    return this.uid;
  }

  receive(message: Sent, offset?: string): void {
    this.onMessage(message, offset);
  }

  protected doPublish(message: ClusterMessage): Promise<string> {
    return this.bus.publish(message);
  }

  protected doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    return this.bus.respond(requesterUid, response);
  }
}

/** An event, as adapters are given it. */
export const event = (...data: unknown[]): Packet => ({ type: PacketType.EVENT, nsp: "", data });

/** What a broadcast to these rooms is for. */
export const to = (...rooms: string[]) => ({ rooms: new Set(rooms), except: new Set<string>(), flags: {} });

interface Node {
  readonly nsp: FakeNamespace;
  readonly adapter: CountingAdapter;
}

/** Servers with one socket each, `s0` and so on, all of them in the room `all`. */
export function cluster(count: number, opts?: object, bus = new Bus()) {
  const nodes = Array.from({ length: count }, (_, index): Node => {
    const nsp = new FakeNamespace("/", opts);
    const adapter = new CountingAdapter(nsp, bus);
    nsp.add(adapter, `s${index}`, "all");
    return { nsp, adapter };
  });
  const received = (index: number): unknown[][] => nodes[index]!.nsp.sockets.get(`s${index}`)!.received;
  return { bus, nodes, received, first: nodes[0]!, second: nodes[1]! };
}

/** Time stands still until the test lets it go on. */
export function useTimers(t: TestContext): void {
  t.mock.timers.enable({ apis: ["setTimeout"] });
}

/** Lets what is on its way arrive. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
