import type { RedisClient } from "./link-of.js";

/** Told when a client loses its connection, and when it has it again. Either may come twice. */
export interface ConnectionWatcher {
  onAway(): void;
  onBack(): void;
}

/** Of `redis` 3 and newer and of `ioredis`. A client that has yet to connect keeps commands by itself: nothing is told. */
const AWAY_EVENTS = ["reconnecting", "close", "end"];
const BACK_EVENT = "ready";

/** By client: there may be very many adapters, and emitters warn of many listeners. */
const watchersOf = new WeakMap<object, Set<ConnectionWatcher>>();

/** @returns ends it */
export function watchConnection(client: RedisClient, watcher: ConnectionWatcher): () => void {
  const watchers = watchersOf.get(client as object) ?? listen(client as NodeJS.EventEmitter);
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function listen(client: NodeJS.EventEmitter): Set<ConnectionWatcher> {
  const watchers = new Set<ConnectionWatcher>();
  watchersOf.set(client, watchers);
  for (const event of AWAY_EVENTS) {
    client.on(event, () => {
      for (const watcher of watchers) watcher.onAway();
    });
  }
  client.on(BACK_EVENT, () => {
    for (const watcher of watchers) watcher.onBack();
  });
  return watchers;
}
