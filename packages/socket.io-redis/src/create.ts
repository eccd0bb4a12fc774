import type { RedisClient } from "./clients/link-of.js";
import { OwnClients, type RedisOptions } from "./clients/own.js";
import { RedisAdapter } from "./pubsub/adapter.js";
import type { RedisAdapterOptions } from "./pubsub/options.js";
import { SessionBus, type RedisSessionBus, type SessionBusOptions } from "./sessions/session-bus.js";
import { ShardedRedisAdapter, type ShardedRedisAdapterOptions } from "./sharded/adapter.js";
import { RedisStreamsAdapter } from "./streams/adapter.js";
import { StreamsContext, type RedisStreamsAdapterOptions } from "./streams/context.js";

/** Options of the adapter, with the clients, or with what is needed to make them. */
export interface SocketIoRedisOptions extends RedisAdapterOptions, RedisOptions {
  pubClient?: RedisClient;
  subClient?: RedisClient;
}

/** What the `adapter` option of a server takes. */
// eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
export type RedisAdapterCreator = (nsp: any) => RedisAdapter;

/**
 * Connects servers by Redis pub/sub.
 *
 * ```js
 * io.adapter(createAdapter(pubClient, subClient));
 * io.adapter(createAdapter({ pubClient, subClient, key: "my-app" }));
 * io.adapter(createAdapter("redis://localhost:6379"));
 * io.adapter(createAdapter({ host: "localhost", port: 6379 }));
 * ```
 *
 * Clients that are given stay the application's: it connects them, listens to their errors and closes them. Two are needed, since
 * one that listens can do nothing else: `const subClient = pubClient.duplicate()`.
 *
 * @throws TypeError if only one client is given
 */
export function createAdapter(
  pubClient: RedisClient,
  subClient: RedisClient,
  opts?: RedisAdapterOptions,
): RedisAdapterCreator;
export function createAdapter(uri: string, opts?: Partial<SocketIoRedisOptions>): RedisAdapterCreator;
export function createAdapter(opts?: Partial<SocketIoRedisOptions>): RedisAdapterCreator;
export function createAdapter(
  first?: RedisClient | string | SocketIoRedisOptions,
  second?: RedisClient | SocketIoRedisOptions,
  third?: RedisAdapterOptions,
): RedisAdapterCreator {
  if (isClient(first)) return overClients(first, second, third);
  if (typeof first === "string") return fromOptions({ url: first, ...(second as SocketIoRedisOptions | undefined) });
  return fromOptions(first ?? {});
}

/**
 * Connects servers by sharded pub/sub, for a Redis Cluster: Redis 7, and clients that know SSUBSCRIBE (`redis` 4.6, `ioredis` 5.9 or newer).
 *
 * ```js
 * io.adapter(createShardedAdapter(pubClient, subClient));
 * ```
 *
 * @throws TypeError if something else than two clients is given
 */
export function createShardedAdapter(
  pubClient: RedisClient,
  subClient: RedisClient,
  opts?: ShardedRedisAdapterOptions,
): // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
(nsp: any) => ShardedRedisAdapter {
  requireClients({ pubClient, subClient });
  return function (nsp: unknown): ShardedRedisAdapter {
    return new ShardedRedisAdapter(nsp, pubClient, subClient, opts);
  };
}

/**
 * Connects servers by a Redis stream, with connection state recovery. One client is needed: the adapter makes the further
 * connections that it needs from it, and ends them.
 *
 * ```js
 * const io = new Server({ adapter: createStreamsAdapter(redisClient), connectionStateRecovery: {} });
 * ```
 *
 * @throws TypeError if something else than a client is given
 */
export function createStreamsAdapter(
  redisClient: RedisClient,
  opts: RedisStreamsAdapterOptions = {},
): // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
(nsp: any) => RedisStreamsAdapter {
  requireClients({ redisClient });
  const context = new StreamsContext(redisClient, opts);
  return function (nsp: unknown): RedisStreamsAdapter {
    return new RedisStreamsAdapter(nsp, context);
  };
}

/**
 * Makes sticky sessions unnecessary: a request that reaches another server than its session is passed on to that, from server to server.
 * Redis tells them of each other. The clients may be those of the adapter.
 *
 * ```js
 * const io = new Server({
 *   adapter: createAdapter(pubClient, subClient),
 *   sessionBus: createSessionBus(pubClient, subClient, { host: "10.0.0.7" }),
 * });
 * ```
 *
 * @throws TypeError if something else than two clients is given, or a key to sign with is too short
 */
export function createSessionBus(
  pubClient: RedisClient,
  subClient: RedisClient,
  opts: SessionBusOptions = {},
): RedisSessionBus {
  requireClients({ pubClient, subClient });
  return new SessionBus(pubClient, subClient, opts);
}

function fromOptions(opts: SocketIoRedisOptions): RedisAdapterCreator {
  const { pubClient, subClient } = opts;
  if (pubClient !== undefined || subClient !== undefined) return overClients(pubClient, subClient, opts);
  const own = new OwnClients(opts);
  // Not an arrow function: servers of all releases call it with `new`.
  return function (nsp: unknown): RedisAdapter {
    return new OwningAdapter(nsp, own, opts);
  };
}

function overClients(pubClient: RedisClient, subClient: RedisClient, opts?: RedisAdapterOptions): RedisAdapterCreator {
  requireClients({ pubClient, subClient });
  return function (nsp: unknown): RedisAdapter {
    return new RedisAdapter(nsp, pubClient, subClient, opts);
  };
}

function requireClients(clients: Readonly<Record<string, RedisClient>>): void {
  for (const [name, client] of Object.entries(clients)) {
    if (!isClient(client)) throw new TypeError(`socket.io-redis: ${name} is not a client of redis or ioredis`);
  }
}

/** An adapter whose clients nobody else knows. */
class OwningAdapter extends RedisAdapter {
  /** Undefined once it was closed: a second time it has nothing to give back. */
  #clients: OwnClients | undefined;

  constructor(nsp: unknown, clients: OwnClients, opts: RedisAdapterOptions) {
    super(nsp, clients.pubClient, clients.subClient, opts);
    this.#clients = clients.use();
  }

  override async close(): Promise<void> {
    const clients = this.#clients;
    this.#clients = undefined;
    await super.close();
    await clients?.release();
  }
}

function isClient(value: unknown): value is RedisClient {
  return typeof value === "object" && value !== null && typeof (value as { publish?: unknown }).publish === "function";
}
