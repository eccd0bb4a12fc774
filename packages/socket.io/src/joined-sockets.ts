import type { AnySocket } from "./socket.js";

/**
 * The sockets of one connection by their namespaces, in the order of joining: none, the only one, or a Map of them. Mostly there is one: an
 * object for it would take 40 bytes of each connection, a Map 180.
 */
export type JoinedSockets = undefined | AnySocket | Map<string, AnySocket>;

export function countOf(joined: JoinedSockets): number {
  return joined instanceof Map ? joined.size : joined === undefined ? 0 : 1;
}

/** Hot path: asked for every packet. */
export function find(joined: JoinedSockets, namespace: string): AnySocket | undefined {
  if (joined instanceof Map) return joined.get(namespace);
  return joined?.nsp.name === namespace ? joined : undefined;
}

/** With one more, of whose namespace there is none. */
export function withSocket(joined: JoinedSockets, socket: AnySocket): JoinedSockets {
  if (joined === undefined) return socket;
  const all = joined instanceof Map ? joined : new Map([[joined.nsp.name, joined]]);
  return all.set(socket.nsp.name, socket);
}

/** Without one that is among them. */
export function withoutSocket(joined: JoinedSockets, socket: AnySocket): JoinedSockets {
  if (!(joined instanceof Map)) return undefined;
  joined.delete(socket.nsp.name);
  return joined;
}

/** Those of now, whoever joins or leaves meanwhile. */
export function allOf(joined: JoinedSockets): readonly AnySocket[] {
  if (joined instanceof Map) return [...joined.values()];
  return joined === undefined ? [] : [joined];
}
