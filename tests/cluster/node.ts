import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { load, loadRedis, type Kind, type Modules } from "./kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- servers and clients of four generations have no type in common */

/** One server of a cluster, of some kind, with its own connections to Redis. */
export class ClusterNode {
  readonly #http: HttpServer;
  readonly #redis: { quit(): Promise<unknown> }[];
  readonly #clients: any[] = [];

  private constructor(
    readonly kind: Kind,
    readonly io: any,
    readonly modules: Modules,
    http: HttpServer,
    redis: { quit(): Promise<unknown> }[],
  ) {
    this.#http = http;
    this.#redis = redis;
  }

  /**
   * @param redisPort where Redis listens
   * @param adapterOptions given to the adapter
   */
  static async start(kind: Kind, redisPort: number, adapterOptions: object = {}): Promise<ClusterNode> {
    const modules = load(kind);
    // Releases before 7 know no newer library than redis 3; ioredis all of them know.
    const { Redis } = loadRedis("ioredis-5");
    const pubClient = new Redis(redisPort, "127.0.0.1");
    const subClient = new Redis(redisPort, "127.0.0.1");
    for (const client of [pubClient, subClient]) client.on("error", () => {});
    const http = createServer();
    const io = new modules.Server(http, { transports: ["websocket"] });
    const before7 = kind.adapter.startsWith("sio-redis");
    io.adapter(
      before7
        ? modules.adapter({ pubClient, subClient, ...adapterOptions })
        : modules.adapter.createAdapter(pubClient, subClient, adapterOptions),
    );
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    const node = new ClusterNode(kind, io, modules, http, [pubClient, subClient]);
    await node.#subscribed(pubClient);
    return node;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** A client of this server, connected, and the server's half of it. */
  async connect(namespace = "/", rooms: readonly (string | number)[] = []): Promise<Member> {
    const nsp = this.io.of(namespace);
    const joined = new Promise<any>((resolve) => nsp.once("connection", resolve));
    const client = this.modules.connect(`http://127.0.0.1:${this.port}${namespace}`, {
      transports: ["websocket"],
      forceNew: true,
    });
    this.#clients.push(client);
    const member = new Member(client, await joined);
    if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
    for (const room of rooms) await joinRoom(this.kind, member.socket, room);
    return member;
  }

  /** Resolves once so many servers listen in a namespace. */
  async listening(namespace: string, count: number): Promise<void> {
    const channel = `socket.io-request#${namespace}#`;
    for (;;) {
      const [, found] = (await (this.#redis[0] as any).pubsub("NUMSUB", channel)) as [string, number];
      if (found >= count) return;
    }
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    const closed = once(this.#http, "close");
    this.io.close();
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
    const { port } = (this.#redis[0] as any).options as { port: number };
    // It waits for answers: adapters of other makes publish and unsubscribe, and look after no failure.
    await Promise.all(this.#redis.map((client) => client.quit()));
    subscribers.set(port, (subscribers.get(port) ?? 1) - 1);
  }

  /** Adapters of most releases do not tell when they listen; Redis does. */
  async #subscribed(pubClient: any): Promise<void> {
    const channel = "socket.io-request#/#";
    const before = subscribers.get(pubClient.options.port) ?? 0;
    for (;;) {
      const [, count] = (await pubClient.pubsub("NUMSUB", channel)) as [string, number];
      if (count > before) break;
    }
    subscribers.set(pubClient.options.port, before + 1);
  }
}

/** How many nodes listen, by the port of Redis. */
const subscribers = new Map<number, number>();

/** A client, and what it has heard. */
export class Member {
  readonly heard: unknown[][] = [];
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly client: any,
    readonly socket: any,
  ) {
    const hear = (name: string, args: unknown[]): void => {
      this.heard.push([name, ...args]);
      for (const check of this.#waiting) check();
    };
    if (typeof client.onAny === "function") client.onAny((name: string, ...args: unknown[]) => hear(name, args));
    else {
      // Clients of 2.x have no such thing.
      const onevent = client.onevent as (packet: { data: [string, ...unknown[]] }) => void;
      client.onevent = function (packet: { data: [string, ...unknown[]] }) {
        hear(packet.data[0], packet.data.slice(1));
        onevent.call(this, packet);
      };
    }
  }

  get id(): string {
    return this.socket.id as string;
  }

  /** Resolves once an event of this name has arrived. */
  async hears(name: string): Promise<unknown[]> {
    const found = (): unknown[] | undefined => this.heard.find((event) => event[0] === name);
    if (found() === undefined) {
      await new Promise<void>((resolve) => {
        const check = (): void => {
          if (found() === undefined) return;
          this.#waiting.delete(check);
          resolve();
        };
        this.#waiting.add(check);
      });
    }
    return found()!.slice(1);
  }

  /** The names of what has arrived so far. */
  get names(): unknown[] {
    return this.heard.map(([name]) => name);
  }
}

/** In Socket.IO 2, to join is asynchronous. */
export function joinRoom(kind: Kind, socket: any, room: string | number): Promise<void> | void {
  if (kind.generation === 2) return new Promise<void>((resolve) => socket.join(room, () => resolve()));
  socket.join(room);
}
