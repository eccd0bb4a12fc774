import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { Server } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import { listen, portOf } from "../support/listening.ts";
import { Member } from "../support/member.ts";
import { load, loadRedis, OURS, type Kind, type Modules } from "./kinds.ts";

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
    await listen(http);
    const node = new ClusterNode(kind, io, modules, http, [pubClient, subClient]);
    await node.#subscribed(pubClient);
    return node;
  }

  get port(): number {
    return portOf(this.#http);
  }

  /** A client of this server, connected, and the server's half of it. */
  async connect(namespace = "/", rooms: readonly (string | number)[] = []): Promise<Member> {
    const member = await Member.join(this.io.of(namespace), () => {
      const client = this.modules.connect(`http://127.0.0.1:${this.port}${namespace}`, {
        transports: ["websocket"],
        forceNew: true,
      });
      this.#clients.push(client);
      return client;
    });
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

/** A server of ours with this adapter, which is ready, and a client of it. Whoever asks closes both. */
export async function serveMember(
  adapter: unknown,
  clientOptions: object = {},
): Promise<{ readonly io: Server; readonly adapter: Adapter; readonly member: Member }> {
  const { Server: Ours, connect } = load(OURS);
  const http = createServer();
  const io: Server = new Ours(http, { transports: ["websocket"], adapter });
  const url = `http://127.0.0.1:${await listen(http)}`;
  await io.of("/").adapter.init();
  const member = await Member.join(io, () => connect(url, { transports: ["websocket"], ...clientOptions }));
  return { io, adapter: io.of("/").adapter, member };
}

/** How many nodes listen, by the port of Redis. */
const subscribers = new Map<number, number>();

/** In Socket.IO 2, to join is asynchronous. */
export function joinRoom(kind: Kind, socket: any, room: string | number): Promise<void> | void {
  if (kind.generation === 2) return new Promise<void>((resolve) => socket.join(room, () => resolve()));
  socket.join(room);
}
