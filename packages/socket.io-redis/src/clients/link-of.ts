import { EventClientLink, type EventClient } from "./event-client.js";
import type { Publisher, Store, Subscriber } from "./links.js";
import { isNodeRedis, NodeRedisLink } from "./node-redis.js";

/**
 * A client that the application has made: of `redis` (3, 4 and newer) or `ioredis` (4 and newer), single or of a Redis Cluster. Typed
 * loosely, so that neither library has to be there.
 */
// eslint-disable-next-line typescript/no-explicit-any -- see above
export type RedisClient = any;

/** One link per client, whatever the number of adapters: it holds the listeners. */
const links = new WeakMap<object, Publisher & Store & Subscriber>();

export function linkOf(client: RedisClient): Publisher & Store & Subscriber {
  if (typeof client !== "object" || client === null) {
    throw new TypeError(
      "socket.io-redis: a client of redis or ioredis is needed, as in createAdapter(pubClient, subClient)",
    );
  }
  const known = links.get(client as object);
  if (known !== undefined) return known;
  const link = isNodeRedis(client as object)
    ? new NodeRedisLink(client as ConstructorParameters<typeof NodeRedisLink>[0])
    : new EventClientLink(client as EventClient);
  links.set(client as object, link);
  warnOfErrors(client as NodeJS.EventEmitter);
  return link;
}

/** An `error` event that nobody listens to ends the process: ours does not, but says what is missing, once: there is one for each attempt to connect. */
function warnOfErrors(client: NodeJS.EventEmitter): void {
  let warned = false;
  client.on("error", () => {
    if (warned || client.listenerCount("error") > 1) return;
    warned = true;
    console.warn("missing 'error' handler on this Redis client");
  });
}
