import { PacketType, type Packet } from "socket.io-parser";
import { generateId } from "./ids.js";

/**
 * How a revision of the Socket.IO protocol connects a client to a namespace. All that differs between revisions lives
 * in an object of this kind, chosen once per connection; no other file asks which revision is spoken.
 */
export interface Dialect {
  /** The namespace that a client joins by connecting, without asking for it. */
  readonly implicitNamespace: string | undefined;
  /** How many characters the name of a namespace may have as it comes. */
  readonly maxNamespaceLength: number;
  /**
   * Rewrites a packet that came in, so that `nsp` is the plain name of a namespace and the `data` of CONNECT the
   * credentials.
   *
   * @throws if the name of the namespace cannot be understood
   */
  normalize(packet: Packet): void;
  /**
   * Public id of a new socket.
   *
   * @param sessionId id of the engine session
   */
  newSocketId(namespace: string, sessionId: string): string;
  /** Whether a client can be told of a session, and come back to it. */
  readonly recovers: boolean;
  /**
   * Payload of the CONNECT packet that accepts a socket.
   *
   * @param sessionId secret name of the session that the client may come back to; undefined if there is none
   */
  acceptance(socketId: string, sessionId: string | undefined): unknown;
  /** Payload of the CONNECT_ERROR packet that refuses one. */
  refusal(error: { message?: string; data?: unknown }): unknown;
}

/** Protocol 5: Socket.IO 3 and 4. Nothing is implicit, each namespace is asked for by a CONNECT packet. */
const protocol5: Dialect = {
  implicitNamespace: undefined,
  maxNamespaceLength: Infinity,
  normalize: () => {},
  // Never the id of the engine session: that one is a secret between the two ends.
  newSocketId: generateId,
  recovers: true,
  acceptance: (sid, pid) => (pid === undefined ? { sid } : { sid, pid }),
  refusal: ({ message, data }) => ({ message, data }),
};

/**
 * Protocol 4: Socket.IO 1 and 2, over revision 3 of the engine (protocols.md 4). Events, acknowledgements and
 * attachments travel as in protocol 5.
 */
const protocol4: Dialect = {
  implicitNamespace: "/",
  // With a query of up to 8 KiB.
  maxNamespaceLength: 9 * 1024,

  normalize(packet) {
    const { type, nsp } = packet;
    if (nsp === "/" && type !== PacketType.CONNECT) return;
    // Servers of Socket.IO 4 take the namespace of any packet for a URL path (protocols.md 4.2).
    const { pathname, searchParams } = new URL(nsp, "http://localhost");
    packet.nsp = pathname;
    if (type === PacketType.CONNECT) packet.data = credentials(searchParams);
  },

  // The client builds its ids in the same way, CONNECT tells it none (protocols.md 4.1).
  newSocketId: (namespace, sessionId) => (namespace === "/" ? sessionId : `${namespace}#${sessionId}`),
  // CONNECT has no payload, so a client never learns the name of its session (protocols.md 4.2).
  recovers: false,
  acceptance: () => undefined,
  // A text wherever a server of Socket.IO 2 sends one, for unknown namespaces too (protocols.md 9.2, 17).
  refusal: ({ message, data }) => data || message,
};

/** There is no payload, the query takes its place. Of a name that is given twice the last counts. */
function credentials(query: URLSearchParams): Record<string, string> {
  // No prototype, as upstream: whatever the names are, they are no more than names.
  const auth = Object.create(null) as Record<string, string>;
  for (const [name, value] of query) auth[name] = value;
  return auth;
}

/** @param engineRevision what the client's `EIO` parameter says */
export function dialectOf(engineRevision: number): Dialect {
  return engineRevision === 3 ? protocol4 : protocol5;
}
