import { createRequire } from "node:module";
import type { Namespace, Server } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import { load, OURS, PEERS_FOLDER, UPSTREAM } from "../../cluster/kinds.ts";
import { CELLS } from "../../conformance/server/makers.ts";
import type { Maker } from "../../interop/implementations.ts";
import type { Setting } from "./program.ts";

/** A client of ioredis. */
export interface Redis {
  duplicate(): Redis;
  disconnect(): void;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}

type Create = (nsp: Namespace) => Adapter;

/** What `new Emitter()` gives, of both makes. */
export type Emitter = Server & { of(nsp: string): Emitter };

/** What one maker has for clusters. */
export interface Parts {
  readonly Server: typeof Server;
  readonly Bases: typeof import("socket.io-adapter");
  readonly create: Readonly<
    Record<Exclude<Setting["adapter"], "bases">, (clients: Clients, options: object) => Create>
  >;
  emitter(client: Redis, options: object): Emitter;
}

export interface Clients {
  readonly pub: Redis;
  readonly sub: Redis;
}

const inPeers = createRequire(`${PEERS_FOLDER}/../package.json`);

/* oxlint-disable typescript/no-explicit-any, typescript/no-unsafe-return -- modules of both makers have no type in common */
export function partsOf(maker: Maker): Parts {
  const kind = maker === "ours" ? OURS : UPSTREAM[0]!;
  const { Server: Class, adapter } = load(kind) as { Server: typeof Server; adapter: any };
  const streams =
    maker === "ours" ? adapter.createStreamsAdapter : inPeers("@socket.io/redis-streams-adapter").createAdapter;
  const { Emitter: EmitterClass } = maker === "ours" ? adapter : inPeers("@socket.io/redis-emitter");
  return {
    Server: Class,
    Bases: CELLS.find((cell) => cell.maker === maker)!.adapter,
    create: {
      "pub/sub": ({ pub, sub }, options) => adapter.createAdapter(pub, sub, options),
      sharded: ({ pub, sub }, options) => adapter.createShardedAdapter(pub, sub, options),
      streams: ({ pub }, options) => streams(pub, options),
    },
    emitter: (client, options) => new EmitterClass(client, options),
  };
}

export function connectRedis(port: number): Redis {
  const { Redis: Class } = inPeers("ioredis");
  const client = new Class({ port, host: "127.0.0.1", enableReadyCheck: false, retryStrategy: () => null });
  client.on("error", () => {});
  return client;
}
/* oxlint-enable typescript/no-explicit-any, typescript/no-unsafe-return */
