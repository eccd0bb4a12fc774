import debugModule from "debug";
import type { Adapter, Session, SocketId } from "socket.io-adapter";
import { BroadcastEmitter } from "./broadcast-emitter.js";
import { BroadcastOperator } from "./broadcast-operator.js";
import type { Client } from "./client.js";
import { reservedEventError, type ExtendedError } from "./errors.js";
import { LISTENER_ERROR } from "./listener-errors.js";
import { runMiddlewares, type Next } from "./middleware.js";
import type { AdapterConstructor } from "./options.js";
import { claimIn, SessionHolders } from "./recovery.js";
import type { Server } from "./server.js";
import { Socket, type AnySocket } from "./socket.js";
import type {
  AllButLast,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from "./typed-events.js";

export type { ExtendedError } from "./errors.js";

const debug = debugModule("socket.io:namespace");

export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

export interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /**
   * A listener, a middleware or an acknowledgement callback has thrown, or returned a promise that was rejected. See the
   * option `onListenerError`.
   *
   * @param error what was thrown
   * @param socket the socket that it was called for, if any
   * @param event the event that it was called for; `connection` where a client asked to join
   */
  listener_error: (
    error: unknown,
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined,
    event: string | symbol,
  ) => void;
}

/** A namespace, whatever events it is typed for. */
// eslint-disable-next-line typescript/no-explicit-any -- see above
export type AnyNamespace = Namespace<any, any, any, any>;

/** Names that other servers must not put in our mouth. */
export const RESERVED_EVENTS: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connection",
  "new_namespace",
  LISTENER_ERROR,
]);

/**
 * A group of sockets with its own middlewares, rooms and listeners. A client joins as many as it likes over its one
 * connection.
 *
 * Events: `connect`, then `connection`, with each {@link Socket}; and those that other servers of the cluster send.
 */
export class Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line typescript/no-explicit-any -- free form until the application describes it
  SocketData = any,
> extends BroadcastEmitter<
  ServerSideEvents,
  EmitEvents,
  NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  SocketData
> {
  /** The path, as in `/admin`. */
  readonly name: string;
  /** Connected sockets of this process. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map();
  adapter!: Adapter;
  /** @internal read by adapters */
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Sockets in the middlewares. @internal */
  readonly _preConnectSockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> =
    new Map();
  /** Undefined if recovery is off. @internal */
  readonly _sessions: SessionHolders | undefined;
  /** @internal */
  _fns: ((socket: AnySocket, next: Next) => unknown)[] = [];
  /** Next acknowledgement id: one counter, so that a broadcast can use one id for all its targets. @internal */
  _ids: number = 0;

  constructor(server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, name: string) {
    super(server._listenerErrors.captureRejections);
    this.server = server;
    this.name = name;
    this._sessions = server._recovery === undefined ? undefined : new SessionHolders(this);
    this._initAdapter();
  }

  /** Builds the adapter that the server is set to, in place of the one that there is. @internal */
  _initAdapter(): void {
    const { adapter: replaced } = this as { adapter?: Adapter };
    if (replaced?._closesWhenReplaced === true) closeQuietly(replaced, this.name);
    this.adapter = createAdapter(this.server.adapter() as AdapterConstructor, this);
    const failed = (error: unknown): void => debug("adapter of %s failed to start: %s", this.name, error);
    try {
      const started = this.adapter.init?.();
      if (started instanceof Promise) started.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Adds a middleware, which decides whether a client may join. An error given to `next` refuses it: the client gets
   * `connect_error` with its `message` and `data`. To throw, or to return a promise that rejects, refuses as well.
   */
  use(
    fn: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (err?: ExtendedError) => void,
    ) => void,
  ): this {
    this._fns.push(fn);
    return this;
  }

  /**
   * Emits to the same namespace of the other servers of the cluster. A function as last argument gets their answers.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    if (RESERVED_EVENTS.has(ev)) throw reservedEventError(ev);
    const { _listenerErrors: errors } = this.server;
    const message: unknown[] = [ev, ...args];
    const ack = message.at(-1);
    if (typeof ack === "function") message[message.length - 1] = errors.guard(ack as () => unknown, undefined, ev);
    // Adapters of other makes may give a promise, which nobody waits for.
    errors.watch(this.adapter.serverSideEmit(message), undefined, ev);
    return true;
  }

  /** Emits to the other servers, and resolves with their answers. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    type Answers = FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[];
    const answers = new Promise<Answers>((resolve, reject) => {
      const ack = (error: (Error & { responses?: unknown }) | null, responses: Answers): void => {
        if (!error) return resolve(responses);
        error.responses = responses;
        reject(error);
      };
      type Params = Parameters<typeof this.serverSideEmit<EventNames<ServerSideEvents>>>;
      this.serverSideEmit(...([ev, ...(args as unknown[]), ack] as unknown as Params));
    });
    return this.server._partialAnswers.of(answers);
  }

  /** Another server has emitted: adapters call this. @internal */
  // eslint-disable-next-line typescript/no-explicit-any -- what other servers send is untyped
  _onServerSideEmit(args: [string, ...any[]]): void {
    const [ev] = args;
    if (RESERVED_EVENTS.has(ev)) return debug("another server sent the reserved event %s", ev);
    this.emitUntyped(...args);
  }

  /** @internal */
  override _everybody<Events extends EventsMap>(): BroadcastOperator<Events, SocketData> {
    return new BroadcastOperator(this.adapter);
  }

  /** A client asks to join. @internal */
  _add(client: Client, auth: Record<string, unknown> | undefined, created?: (socket: AnySocket) => void): void {
    const { _sessions: sessions } = this;
    const claim = sessions !== undefined && auth !== undefined && client.dialect.recovers ? claimIn(auth) : undefined;
    if (claim === undefined) this.admit(client, auth, undefined, created);
    else sessions!.claim(claim, client, (session) => this.admit(client, auth, session, created));
  }

  /** A claim has been dealt with. @internal */
  _onClaimed(): void {}

  /** @internal */
  _createSocket(
    client: Client,
    auth: Record<string, unknown> | undefined,
    session?: Session,
  ): Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return new Socket(this, client, auth, session);
  }

  /** The socket joins, and the listeners hear of it. @internal */
  _doConnect(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    debug("socket %s joins %s", socket.id, this.name);
    this._preConnectSockets.delete(socket.id);
    this.sockets.set(socket.id, socket);
    socket._onconnect();
    this.emitReserved("connect", socket);
    this.emitReserved("connection", socket);
  }

  /** A socket has left, or was never let in. @internal */
  _remove(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    // A client that comes back has the same id again.
    if (this.sockets.get(socket.id) === socket) this.sockets.delete(socket.id);
    if (this._preConnectSockets.get(socket.id) === socket) this._preConnectSockets.delete(socket.id);
  }

  private admit(
    client: Client,
    auth: Record<string, unknown> | undefined,
    session: Session | undefined,
    created: ((socket: AnySocket) => void) | undefined,
  ): void {
    const typed = this._createSocket(client, auth, session);
    const socket = typed as unknown as AnySocket;
    this._preConnectSockets.set(socket.id, typed);
    created?.(socket);
    const done = (error: ExtendedError | undefined): void => {
      // The connection may have ended while the middlewares were at work; the client has cleaned up then.
      if (!isEntering(this, socket) || client._startsOver(this.name)) return;
      if (error !== undefined) {
        debug("a middleware of %s refused %s", this.name, socket.id);
        return socket._error(error);
      }
      client._hold(this.name);
      process.nextTick(letIn, this, socket);
    };
    if (session !== undefined && this.server._recovery?.skipMiddlewares === true) done(undefined);
    else this.run(socket, done);
  }

  private run(socket: AnySocket, done: (error: ExtendedError | undefined) => void): void {
    const { _listenerErrors } = this.server;
    const failed = (error: unknown, rejected: boolean): void =>
      _listenerErrors.report(error, socket, "connection", rejected);
    runMiddlewares(this._fns, socket, failed, done);
  }

  /** @internal */
  protected override _listenerFailed(error: unknown, ev: string | symbol, first: unknown, rejected: boolean): void {
    const socket = first instanceof Socket ? (first as unknown as AnySocket) : undefined;
    this.server._listenerErrors.report(error, socket, ev, rejected);
  }
}

function isEntering(nsp: { _preConnectSockets: ReadonlyMap<SocketId, object> }, socket: AnySocket): boolean {
  return nsp._preConnectSockets.get(socket.id) === socket;
}

/** The tick after the middlewares (row S-117). */
function letIn(nsp: AnyNamespace, socket: AnySocket): void {
  const { client } = socket;
  if (!isEntering(nsp, socket)) return;
  if (!client._isOpen) {
    debug("connection of %s ended before it was let in", socket.id);
    client._release(nsp.name);
    socket._cleanup();
    return;
  }
  if (client._startsOver(nsp.name)) return;
  if (!socket._replay()) {
    debug("what %s missed is not there any more", socket.id);
    // It comes again, to a new session.
    return client.close();
  }
  try {
    nsp._doConnect(socket);
  } finally {
    client._deliver(socket, client._release(nsp.name));
  }
}

/** Nobody waits for it. */
export function closeQuietly(adapter: Adapter, namespace: string): void {
  const close = async (): Promise<void> => adapter.close();
  close().catch((error: unknown) => debug("adapter of %s failed to close: %s", namespace, error));
}

/** `new` for classes and functions; arrow functions are factories that cannot be called so. */
function createAdapter(make: AdapterConstructor, nsp: object): Adapter {
  const factory = make as { prototype?: unknown } & ((nsp: object) => Adapter);
  if (factory.prototype === undefined) return factory(nsp);
  return new (make as typeof Adapter)(nsp);
}
