import { linkOf, type RedisClient } from "./clients/link-of.js";
import { OwnClients, type RedisOptions } from "./clients/own.js";
import { RedisAdapter, type RedisAdapterOptions } from "./pubsub/adapter.js";

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
  return fromOptions((first as SocketIoRedisOptions | undefined) ?? {});
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
  for (const [name, client] of Object.entries({ pubClient, subClient })) {
    if (!isClient(client)) throw new TypeError(`socket.io-redis: ${name} is not a client of redis or ioredis`);
    linkOf(client);
  }
  return function (nsp: unknown): RedisAdapter {
    return new RedisAdapter(nsp, pubClient, subClient, opts);
  };
}

/** An adapter whose clients nobody else knows. */
class OwningAdapter extends RedisAdapter {
  readonly #clients: OwnClients;

  constructor(nsp: unknown, clients: OwnClients, opts: RedisAdapterOptions) {
    super(nsp, clients.pubClient, clients.subClient, opts);
    this.#clients = clients.use();
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#clients.release();
  }
}

function isClient(value: unknown): value is RedisClient {
  return typeof value === "object" && value !== null && typeof (value as { publish?: unknown }).publish === "function";
}
