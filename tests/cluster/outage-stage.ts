import type { TestContext } from "node:test";
import type { Server } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import { createAdapter } from "socket.io-redis";
import type { FaultyProxy } from "../support/faulty-proxy.ts";
import type { Member } from "../support/member.ts";
import { loadRedis } from "./kinds.ts";
import { serveMember } from "./node.ts";

/* oxlint-disable typescript/no-explicit-any -- clients of several libraries have no type in common */

export const LIBRARIES = ["redis", "redis-4", "redis-3", "ioredis", "ioredis-5"] as const;
export type Library = (typeof LIBRARIES)[number];

/** A server with a client, and with its own connections to Redis. */
export interface Node {
  readonly io: Server;
  readonly adapter: Adapter;
  readonly member: Member;
  close(): Promise<void>;
}

async function clientOf(
  t: TestContext,
  library: Library,
  port: number,
  retryMs: number,
  ioredisOptions: object,
): Promise<any> {
  const module = loadRedis(library);
  if (library.startsWith("ioredis")) {
    const client = new module.Redis(port, "127.0.0.1", { retryStrategy: () => retryMs, ...ioredisOptions });
    client.on("error", () => {});
    t.after(() => client.disconnect());
    return client;
  }
  const client =
    library === "redis-3"
      ? module.createClient(port, "127.0.0.1", { retry_strategy: () => retryMs })
      : module.createClient({
          socket: { host: "127.0.0.1", port, reconnectStrategy: () => retryMs },
          // redis 6 gives up what it could not write for 5 s; a busy machine is no outage.
          commandOptions: { timeout: 60_000 },
        });
  client.on("error", () => {});
  if (library === "redis-3") t.after(() => client.end(false));
  else {
    await client.connect();
    t.after(() => (client.destroy === undefined ? client.disconnect() : client.destroy()));
  }
  return client;
}

export interface StartOptions {
  /** Makes the adapter; by default over pub/sub. */
  readonly create?: (pubClient: any, subClient: any, options: object) => unknown;
  /** How often clients of Redis try again, in ms. */
  readonly retryMs?: number;
  /** Of the clients, where they are of ioredis. */
  readonly ioredisOptions?: object;
  /** The others are the adapter's. */
  readonly [adapterOption: string]: unknown;
}

export async function start(
  t: TestContext,
  library: Library,
  redisPort: number,
  { create = createAdapter, retryMs = 20, ioredisOptions = {}, ...options }: StartOptions = {},
): Promise<Node> {
  const [pubClient, subClient] = [
    await clientOf(t, library, redisPort, retryMs, ioredisOptions),
    await clientOf(t, library, redisPort, retryMs, ioredisOptions),
  ];
  const adapter = create(pubClient, subClient, { requestsTimeout: 300, ...options });
  const served = await serveMember(adapter, { reconnection: false });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= served.io.close());
  t.after(close);
  return { ...served, close };
}

/** Resolves once the server knows that none of its clients has a connection. */
export async function cutOff(node: Node, proxy: FaultyProxy, expected?: readonly string[]): Promise<void> {
  const noticed = noticesCut(node, expected);
  proxy.refuse();
  await noticed;
}

/** The same, whatever ends them. */
export function noticesCut({ adapter }: Node, expected: readonly string[] = REASONS): Promise<void> {
  const left = new Set(expected);
  return new Promise((resolve) => {
    adapter.on("degraded", (reason: string) => {
      if (left.delete(reason) && left.size === 0) resolve();
    });
  });
}

const REASONS = ["publisher disconnected", "subscriber disconnected"];

/** What servers over streams tell when they are cut off. */
export const REASONS_OF_STREAMS = [...REASONS, "reader disconnected"];

/** The first argument of each event of this name, in order. */
export const heardOf = ({ heard }: Member, name: string): unknown[] =>
  heard.filter(([event]) => event === name).map(([, value]) => value);
