import type { RedisClient } from "./link-of.js";
import { isNodeRedis, type NodeRedisClient } from "./node-redis.js";

/** Told when a client loses its connection, and when it has it again. Either may come twice. */
export interface ConnectionWatcher {
  onAway(): void;
  onBack(): void;
}

/**
 * When a client of a Redis Cluster counts as away: with no node left, or with a node fewer. With the libraries that tell of single nodes
 * (`redis` 6) these differ; `ioredis` tells when none is left, `redis` 4 nothing.
 */
export type Extent = "all nodes" | "any node";

/** Of `redis` 3 and newer and of `ioredis`. A client that has yet to connect keeps commands by itself: nothing is told. */
const AWAY_EVENTS = ["reconnecting", "close", "end"];
const BACK_EVENT = "ready";
/** Of a Redis Cluster, each with the node. The last is of one that the client has given up, or that is no part of the cluster any more. */
const NODE_AWAY_EVENT = "node-reconnecting";
const NODE_BACK_EVENTS = ["node-ready", "node-disconnect"];

type Watchers = Readonly<Record<Extent, Set<ConnectionWatcher>>>;

/** By client: there may be very many adapters, and emitters warn of many listeners. */
const watchersOf = new WeakMap<object, Watchers>();

/** @returns ends it */
export function watchConnection(client: RedisClient, watcher: ConnectionWatcher, extent: Extent): () => void {
  const watchers = (watchersOf.get(client as object) ?? listen(client as NodeJS.EventEmitter))[extent];
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function listen(client: NodeJS.EventEmitter): Watchers {
  const watchers: Watchers = { "all nodes": new Set(), "any node": new Set() };
  watchersOf.set(client, watchers);
  for (const event of AWAY_EVENTS) client.on(event, () => Object.values(watchers).forEach(tellAway));
  client.on(BACK_EVENT, () => Object.values(watchers).forEach(tellBack));
  if (isNodeRedis(client) && client.masters !== undefined) listenToNodes(client, watchers);
  return watchers;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function listenToNodes(client: NodeRedisClient & NodeJS.EventEmitter, watchers: Watchers): void {
  /** By the address that the client uses, which may not be the one that Redis tells. */
  const away = new Set<string>();
  const tell = (): void => {
    (away.size > 0 ? tellAway : tellBack)(watchers["any node"]);
    (away.size > 0 && away.size >= client.masters!.length ? tellAway : tellBack)(watchers["all nodes"]);
  };
  client.on(NODE_AWAY_EVENT, ({ host, port }: Address) => {
    away.add(`${host}:${port}`);
    tell();
  });
  for (const event of NODE_BACK_EVENTS) {
    client.on(event, ({ host, port }: Address) => {
      away.delete(`${host}:${port}`);
      tell();
    });
  }
}

function tellAway(watchers: Iterable<ConnectionWatcher>): void {
  for (const watcher of watchers) watcher.onAway();
}

function tellBack(watchers: Iterable<ConnectionWatcher>): void {
  for (const watcher of watchers) watcher.onBack();
}
