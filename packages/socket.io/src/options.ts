import type { AttachOptions, ServerOptions as EngineOptions } from "engine.io";
import type { Adapter } from "socket.io-adapter";
import type { ListenerErrorMode } from "./listener-errors.js";
import type { Namespace } from "./namespace.js";
import type { RateLimitName, RateLimitOptions } from "./rates.js";
import type { ConnectionStateRecoveryOptions } from "./recovery.js";

/** A class, or a function that makes adapters. */
export type AdapterConstructor = typeof Adapter | ((nsp: Namespace) => Adapter);

/** All members are optional where options are given: `Partial<ServerOptions>`. */
export interface ServerOptions extends EngineOptions, AttachOptions {
  /**
   * Path of the requests that are ours.
   * @default "/socket.io"
   */
  path: string;
  /**
   * Whether to serve the client bundles below {@link path}.
   * @default true
   */
  serveClient: boolean;
  /**
   * What keeps the rooms and carries broadcasts.
   * @default the in-memory adapter
   */
  adapter: AdapterConstructor;
  /**
   * `Encoder` and `Decoder` of packets; the clients must use the same.
   * @default socket.io-parser
   */
  // eslint-disable-next-line typescript/no-explicit-any -- the modules of parsers have no common type
  parser: any;
  /**
   * How long a connection may be without a namespace before it is closed, in ms.
   * @default 45000
   */
  connectTimeout: number;
  /**
   * Whether clients that lose their connection may come back to their session: id, rooms, data and the events that they
   * have missed. Each event then carries one more argument; see docs/recovery.md.
   * @default off
   */
  connectionStateRecovery: ConnectionStateRecoveryOptions;
  /**
   * Whether to remove child namespaces (of dynamic namespaces) when their last client leaves; with connection state recovery in memory,
   * when none can come back any more.
   * @default false
   */
  cleanupEmptyChildNamespaces: boolean;
  /**
   * What becomes of an error in a listener, a middleware or an acknowledgement callback, thrown or the reason of a
   * rejected promise; and of the reason where an adapter rejects and nobody else has its promise.
   *
   * - `"report"`: it is given to the listeners of `listener_error` of the server: `(error, socket, event)`. If there are
   *   none, it is printed to stderr, at most ten a second. The process goes on.
   * - `"throw"`: it becomes an `uncaughtException` or an `unhandledRejection` of the process, as in releases of Socket.IO
   *   up to 4.8, once our own work is done.
   *
   * Either way a middleware that fails before it has called `next` refuses, as if it had called `next(error)`.
   * @default "report"
   */
  onListenerError: ListenerErrorMode;
  /**
   * What `fetchSockets()`, `allSockets()`, `emitWithAck()` and `serverSideEmitWithAck()` come to when not all servers of the cluster, or
   * not all clients, have answered in time. `false`: they reject, with an error whose `responses` are the answers that came and whose
   * `missing` are the ids of the servers that did not answer, where they are known. `true`: they resolve with the answers that came, and
   * `io.missingServers(answers)` gives those ids.
   * @default false
   */
  partialAnswers: boolean;
  /**
   * How many namespaces one connection may have joined, or be joining, at a time. Further ones are refused.
   * @default 100
   */
  maxNamespacesPerConnection: number;
  /**
   * How many namespaces may exist because one connection asked for them (dynamic namespaces). Those that were cleaned
   * up do not count. Further ones are refused.
   * @default 1024
   */
  maxCreatedNamespacesPerConnection: number;
  /**
   * How much a packet with attachments may have in all, in bytes: what has come of it is kept until the rest is there. A connection
   * that exceeds it is closed.
   * @default maxHttpBufferSize
   */
  maxIncompletePacketSize: number;
  /**
   * How long no byte may come from a peer that owes us the rest of a packet with attachments, in ms. Then its connection is closed.
   * @default 10000
   */
  incompletePacketTimeout: number;
  /**
   * How many characters the name of an event, or of a namespace, may have that a client sends. A connection that exceeds it is closed.
   * @default 1024
   */
  maxNameLength: number;
  /**
   * How many acknowledgements of one socket may be awaited at a time. A client that leaves so many without an answer is disconnected.
   * @default 10000
   */
  maxPendingAcks: number;
  /**
   * How many rooms the sockets of one connection may be in, all namespaces together and the room of each socket's own id included. A
   * `join` beyond has no effect: its promise rejects, and the socket gets an `error`, both with the code `ERR_TOO_MANY_ROOMS`.
   * @default 10000
   */
  maxRoomsPerConnection: number;
  /**
   * How fast clients may come, and how much each may send. Fixed when the server is made.
   * @default no limit
   */
  rateLimit: RateLimitOptions;
}

/** What one connection may use up at most; fixed when the server is made. */
export interface ConnectionLimits {
  readonly maxNamespacesPerConnection: number;
  readonly maxCreatedNamespacesPerConnection: number;
  readonly maxIncompletePacketSize: number;
  readonly incompletePacketTimeout: number;
  readonly maxNameLength: number;
  readonly maxPendingAcks: number;
  readonly maxRoomsPerConnection: number;
}

/** By which `engine.limitsReached` counts: options, and what is fixed, the attachments of a packet (10) and its nesting (1,000). */
export type ConnectionLimitName =
  | keyof ConnectionLimits
  | RateLimitName
  | "connectTimeout"
  | "maxAttachments"
  | "maxDepth";

export function connectionLimits(options: Partial<ServerOptions>): ConnectionLimits {
  return {
    maxNamespacesPerConnection: options.maxNamespacesPerConnection ?? 100,
    maxCreatedNamespacesPerConnection: options.maxCreatedNamespacesPerConnection ?? 1024,
    maxIncompletePacketSize: options.maxIncompletePacketSize ?? options.maxHttpBufferSize ?? 1e6,
    incompletePacketTimeout: options.incompletePacketTimeout ?? 10_000,
    maxNameLength: options.maxNameLength ?? 1024,
    maxPendingAcks: options.maxPendingAcks ?? 10_000,
    maxRoomsPerConnection: options.maxRoomsPerConnection ?? 10_000,
  };
}
