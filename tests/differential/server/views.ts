import type { Server, Socket } from "socket.io";
import { insides } from "../../conformance/server/stage.ts";
import { written } from "./values.ts";

/** All that can be read of a namespace. */
export function viewed(io: Server, name: string): string {
  const nsp = io._nsps.get(name);
  const namespaces = [...io._nsps.keys()];
  if (nsp === undefined) return written({ namespaces });
  const { rooms, sids } = nsp.adapter as unknown as {
    rooms: Map<unknown, Set<string>>;
    sids: Map<string, Set<unknown>>;
  };
  return written({
    namespaces,
    sockets: [...nsp.sockets.keys()],
    rooms: [...rooms].map(([room, ids]) => [room, [...ids]]),
    sids: [...sids].map(([id, list]) => [id, [...list]]),
    events: nsp.eventNames(),
    ids: insides(nsp)._ids,
  });
}

/** All that can be read of a socket. */
export function inspected(socket: Socket): string {
  const { handshake, conn } = socket;
  return written({
    id: socket.id,
    connected: socket.connected,
    disconnected: socket.disconnected,
    recovered: socket.recovered,
    rooms: [...socket.rooms],
    data: socket.data,
    nsp: socket.nsp.name,
    events: socket.eventNames(),
    any: socket.listenersAny().length,
    outgoing: socket.listenersAnyOutgoing().length,
    auth: handshake.auth,
    query: { ...handshake.query, t: undefined },
    handshake: Object.keys(handshake),
    headers: Object.keys(handshake.headers),
    request: socket.request === insides(socket).client.request,
    transport: conn.transport.name,
    // When what was sent before has left is nobody's business.
    state: conn.readyState.replace("closing", "closed"),
    protocol: conn.protocol,
    siblings: [...(insides(socket).client.nsps as Map<string, Socket>).keys()].toSorted(),
  });
}
