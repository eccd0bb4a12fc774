import { recovery } from "./behaviours/recovery.js";
import type { ClientRelease, ServerRelease } from "./implementations.js";

/** Of release 4.6 and newer, on both sides. */
const RECOVERY = Object.keys(recovery).map((name) => `recovery: ${name}`);

/**
 * Behaviours that an older client of upstream's cannot show, by what it lacks. All were seen to fail against upstream's
 * server of today too, so none of them says anything about ours; what 2.x has instead is in behaviours/protocol-4.ts.
 */
const LACKING_2_AND_3: Readonly<Record<string, readonly string[]>> = {
  recovery: RECOVERY,
  "emitWithAck, timeout(), retries": [
    "acks: an answer after the timeout is ignored",
    "acks: emitWithAck of the client is rejected when the connection ends",
    "acks: emitWithAck resolves with the first value on both sides",
    "acks: timeout() gives an error when nobody answers",
    "acks: timeout() gives the answer after null",
    "acks: with retries an unanswered event is sent again",
    "acks: with retries events arrive once each, in order, and callbacks get null first",
    "reconnect: an unanswered emit with retries is sent again after the reconnection",
  ],
  onAnyOutgoing: ["events: outgoing catch-all listeners hear direct emits and broadcasts"],
  tryAllTransports: ["upgrade: with tryAllTransports a client goes on to the transport that works"],
  "maxPayload, by which bodies are cut": ["payloads: many messages that exceed maxHttpBufferSize only together pass"],
  "connect() while the old connection is still closing": [
    "acks: a plain callback of the client is forgotten when the connection ends",
    "connect: an auth function is asked at each connection",
    "disconnect: a disconnected client connects again with a new id",
    "reconnect: a client disconnected by the server comes back only when told",
  ],
  "an error of its own for a connection that takes too long": ["reconnect: a server that does not answer is a timeout"],
  "a backoff that starts from the lowest delay": ["reconnect: the delays between attempts double up to their limit"],
};

const LACKING_3: Readonly<Record<string, readonly string[]>> = {
  ...LACKING_2_AND_3,
  "the Manager's event ping": ["disconnect: heartbeats keep an idle connection"],
  "an order between what waited and what `connect` listeners emit": [
    "events: events emitted before the connection are delivered once, in order",
  ],
  "`active` that turns false when a namespace is refused": [
    "middleware: a refusal arrives as connect_error with message and data",
    "namespaces: an unknown namespace is refused and the connection lives on",
  ],
};

const LACKING_2: Readonly<Record<string, readonly string[]>> = {
  ...LACKING_2_AND_3,
  auth: [
    "connect: an auth function may answer later",
    "connect: an auth object reaches the handshake",
    "connect: each namespace of a connection has its own auth",
    "middleware: a refused client mends its auth and connects",
    "middleware: middlewares run in order before the client is connected",
    "namespaces: a function decides about a namespace by its name and auth",
  ],
  "`EIO=4`": [
    "connect: the handshake tells address, time, headers and url",
    "connect: the query option reaches the handshake",
  ],
  active: [
    "connect: a client with autoConnect off waits for connect()",
    "connect: a handshake refused by allowRequest is a connect_error",
    "connect: both sides know the connection by the same id",
    "disconnect: the client leaves",
    "disconnect: the server disconnects a socket",
    "reconnect: a first connection that fails is tried again",
    "reconnect: after a cut the client comes back and events flow again",
  ],
  "connect_error for a refused namespace": [
    "middleware: a middleware guards its own namespace only",
    "middleware: a refusal arrives as connect_error with message and data",
    "middleware: a refusal without data has none",
    "namespaces: a regular expression makes namespaces as they are asked for",
    "namespaces: an unknown namespace is refused and the connection lives on",
  ],
  "catch-all listeners, volatile events, names refused as in protocol 5": [
    "events: a volatile event arrives when the transport is ready",
    "events: a volatile event emitted while disconnected is dropped, others wait",
    "events: catch-all listeners hear every event before its own listeners",
    "events: reserved event names are refused where they are emitted",
    "events: unusual event names travel both ways",
  ],
  "a choice whether to join the main namespace": [
    "disconnect: a client that disconnects while connecting never appears",
    "disconnect: a client that joins no namespace is closed after connectTimeout",
  ],
  "namespaces in other letters: what is asked for is taken for a URL": [
    "namespaces: names with dots, slashes and non-ASCII letters are told apart",
  ],
  "bodies that hold nothing but the packet: lengths take place too": [
    "payloads: a message of exactly maxHttpBufferSize passes",
  ],
  "the order of events around a failed attempt": ["reconnect: attempts are counted and end with reconnect_failed"],
};

/** Faults of upstream's server towards clients of 2.x: its heartbeat ends with the upgrade (protocols.md 9.2, 1). */
const FAULTS_OF_UPSTREAM = ["disconnect: a link that falls silent is given up by both sides with a ping timeout"];

/** The same for the server of 3.1.2, seen with upstream's client of today. */
const LACKING_IN_SERVER_3: Readonly<Record<string, readonly string[]>> = {
  recovery: RECOVERY,
  "timeout(), emitWithAck, acknowledgements of broadcasts": [
    "acks: a broadcast gathers the answers of all",
    "acks: a broadcast that times out tells the answers it has",
    "acks: a broadcast to a room gathers the answers of its members",
    "acks: a broadcast to nobody is answered by an empty list",
    "acks: an answer after the timeout is ignored",
    "acks: emitWithAck resolves with the first value on both sides",
    "acks: timeout() gives an error when nobody answers",
    "acks: timeout() gives the answer after null",
  ],
  "except(), lists of rooms": [
    "rooms: a broadcast operator can be kept and used again",
    "rooms: a socket's broadcast leaves out the socket itself",
    "rooms: a socket's id is a room of its own",
    "rooms: except() leaves out the members of a room",
    "rooms: flags of a broadcast combine in any order",
    "rooms: several rooms are a union that reaches each member once",
  ],
  "fetchSockets, socketsJoin, disconnectSockets": [
    "rooms: disconnectSockets disconnects the members of a room",
    "rooms: fetchSockets tells ids, rooms, data and handshake",
    "rooms: socketsJoin and socketsLeave move many at once",
  ],
  "onAnyOutgoing, new_namespace": [
    "events: outgoing catch-all listeners hear direct emits and broadcasts",
    "namespaces: a regular expression makes namespaces as they are asked for",
  ],
  "a listener of its own for events named error": ["events: unusual event names travel both ways"],
  "a heartbeat that outlives every upgrade": [
    "disconnect: a link that falls silent is given up by both sides with a ping timeout",
  ],
  "a limit of attachments": ["binary: eleven attachments end the connection"],
  "maxPayload, by which bodies are cut": ["payloads: many messages that exceed maxHttpBufferSize only together pass"],
  "one way for all clients to hear of a body that is too large": [
    "payloads: a message above maxHttpBufferSize ends the connection",
  ],
  "`server shutting down` for other namespaces": [
    "disconnect: a closing server tells its sockets and the clients see the transport close",
  ],
  "`connected` that is false in middlewares": ["middleware: middlewares run in order before the client is connected"],
};

/** Behaviours that a pairing is not asked for, as "subject: name". */
export function exempt(server: ServerRelease, client: ClientRelease): ReadonlySet<string> {
  if (server === "upstream 3.1.2") return new Set(Object.values(LACKING_IN_SERVER_3).flat());
  if (client === "upstream 3.1.3") return new Set(Object.values(LACKING_3).flat());
  if (client !== "upstream 2.5.0") return new Set();
  const lacking = Object.values(LACKING_2).flat();
  return new Set(server === "upstream" ? [...lacking, ...FAULTS_OF_UPSTREAM] : lacking);
}
