import { createAdapter, createShardedAdapter, createStreamsAdapter } from "socket.io-redis";

/** A client of Redis, of whichever library: as much of it as the tests that share this use. */
export interface Client {
  on(event: string, listener: (...args: never[]) => unknown): unknown;
  connect(): Promise<unknown>;
  disconnect(): unknown;
  /** `redis` 5 and newer. */
  destroy?(): unknown;
  /** `redis` 3. */
  end?(flush: boolean): unknown;
  publish(channel: string, payload: string | Buffer): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
}

export type Creator = ReturnType<typeof createAdapter | typeof createShardedAdapter | typeof createStreamsAdapter>;
export type Create = (client: Client, other: Client) => Creator;

/** The adapters, by how they are made. */
export const WAYS: Readonly<Record<string, Create>> = {
  createAdapter: (client, other) => createAdapter(client, other),
  createShardedAdapter: (client, other) => createShardedAdapter(client, other),
  createStreamsAdapter: (client) => createStreamsAdapter(client, { blockTimeInMs: 200 }),
};

/** Ends a client, whatever it is about to do. */
export function end(client: Client): unknown {
  if (client.destroy !== undefined) return client.destroy();
  return client.end === undefined ? client.disconnect() : client.end(false);
}
