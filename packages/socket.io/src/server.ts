import debugModule from "debug";
import {
  attach as attachEngine,
  uServer,
  type BaseServer as Engine,
  type Socket as RawSocket,
  type UwsApp,
  type UwsOptions,
} from "engine.io";
import { createServer, type Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import { Adapter, type Room, type SocketId, type WriteOptions } from "socket.io-adapter";
import * as defaultParser from "socket.io-parser";
import type { Encoder } from "socket.io-parser";
import { Alarm } from "./alarm.js";
import type { BroadcastOperator, RemoteSocket } from "./broadcast-operator.js";
import { Client } from "./client.js";
import { dialectOf } from "./dialect.js";
import type { ExtendedError } from "./errors.js";
import { settleOnce } from "./middleware.js";
import { Namespace, type ServerReservedEventsMap } from "./namespace.js";
import { connectionLimits, type AdapterConstructor, type ConnectionLimits, type ServerOptions } from "./options.js";
import { ParentNamespace } from "./parent-namespace.js";
import type { Socket } from "./socket.js";
import { serveBundles } from "./static-client.js";
import { serveBundlesOn } from "./static-client-uws.js";
import {
  StrictEventEmitter,
  type AllButLast,
  type DecorateAcknowledgementsWithMultipleResponses,
  type DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  type DefaultEventsMap,
  type EventNames,
  type EventNamesWithAck,
  type EventParams,
  type EventsMap,
  type FirstNonErrorArg,
  type Last,
  type WithoutAcks,
} from "./typed-events.js";

export type { ServerOptions } from "./options.js";

const debug = debugModule("socket.io:server");

const DEFAULT_PATH = "/socket.io";
const DEFAULT_CONNECT_TIMEOUT_MS = 45_000;

type TServerInstance = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** Decides whether clients may connect to a namespace of this name, with these credentials. */
export type NamespaceMatcher = (
  name: string,
  // eslint-disable-next-line typescript/no-explicit-any -- free form, chosen by the client
  auth: { [key: string]: any },
  next: (err: Error | null, allow: boolean) => void,
) => void;

/** A server, whatever events it is typed for. */
// eslint-disable-next-line typescript/no-explicit-any -- see above
export type AnyServer = Server<any, any, any, any>;

// eslint-disable-next-line typescript/no-explicit-any -- as above
type AnyParent = ParentNamespace<any, any, any, any>;

/**
 * A Socket.IO server. Its listeners and emits are those of the main namespace, `/`.
 *
 * ```js
 * const io = new Server(3000);
 * io.on("connection", (socket) => socket.emit("hello", "world"));
 * ```
 */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // eslint-disable-next-line typescript/no-explicit-any -- free form until the application describes it
  SocketData = any,
> extends StrictEventEmitter<
  ServerSideEvents,
  WithoutAcks<EmitEvents>,
  ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
> {
  /** The main namespace, `/`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The engine: the last one attached or bound. */
  engine!: Engine;
  /** The HTTP server: the last one attached, or made for a port. */
  httpServer!: TServerInstance;
  /** @internal */
  _parser: typeof defaultParser;
  /** @internal read by adapters */
  encoder: Encoder;
  /** Namespaces by name, without parents. @internal read by admin-ui */
  _nsps: Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map();
  /** @internal */
  readonly _alarm: Alarm = new Alarm();
  /** @internal */
  readonly _limits: ConnectionLimits;
  /** @internal */
  _connectTimeout: number = DEFAULT_CONNECT_TIMEOUT_MS;
  private parentNsps: Map<NamespaceMatcher, AnyParent> = new Map();
  private parentNamespacesFromRegExp: Map<RegExp, AnyParent> = new Map();
  private readonly opts: Partial<ServerOptions>;
  private _adapter: AdapterConstructor | undefined;
  private _serveClient: boolean = true;
  private _path: string = DEFAULT_PATH;
  private eio!: Engine;

  constructor(opts?: Partial<ServerOptions>);
  constructor(srv?: TServerInstance | number, opts?: Partial<ServerOptions>);
  constructor(srv: undefined | Partial<ServerOptions> | TServerInstance | number, opts?: Partial<ServerOptions>);
  constructor(srv?: Partial<ServerOptions> | TServerInstance | number, opts: Partial<ServerOptions> = {}) {
    super();
    if (typeof srv === "object" && srv !== null && !(srv as TServerInstance).listen) {
      opts = srv as Partial<ServerOptions>;
      srv = undefined;
    }
    // null is not in the types, but it is what some callers have.
    opts ??= {};
    this.path(opts.path || DEFAULT_PATH);
    this.connectTimeout(opts.connectTimeout || DEFAULT_CONNECT_TIMEOUT_MS);
    this.serveClient(opts.serveClient !== false);
    this._parser = (opts.parser as typeof defaultParser | undefined) ?? defaultParser;
    this.encoder = new this._parser.Encoder();
    this.opts = opts;
    this._limits = connectionLimits(opts);
    this.adapter(opts.adapter ?? Adapter);
    this.sockets = this.of("/");
    if (srv || typeof srv === "number") this.attach(srv as TServerInstance | number);
  }

  /** @internal read by adapters */
  get _opts(): Partial<ServerOptions> {
    return this.opts;
  }

  /** Whether the client bundles are served. Setting it has no effect once attached. */
  serveClient(): boolean;
  serveClient(v: boolean): this;
  serveClient(v?: boolean): this | boolean {
    if (arguments.length === 0) return this._serveClient;
    this._serveClient = v as boolean;
    return this;
  }

  /** The path of our requests. */
  path(): string;
  path(v: string): this;
  path(v?: string): this | string {
    if (arguments.length === 0) return this._path;
    this._path = (v as string).replace(/\/$/, "");
    return this;
  }

  /** How long a connection may be without a namespace, in ms. */
  connectTimeout(): number;
  connectTimeout(v: number): this;
  connectTimeout(v?: number): this | number {
    if (v === undefined) return this._connectTimeout;
    this._connectTimeout = v;
    return this;
  }

  /** What makes adapters. Setting it makes new ones for all namespaces: rooms are lost. */
  adapter(): AdapterConstructor | undefined;
  adapter(v: AdapterConstructor): this;
  adapter(v?: AdapterConstructor): this | AdapterConstructor | undefined {
    if (arguments.length === 0) return this._adapter;
    this._adapter = v;
    for (const nsp of this._nsps.values()) nsp._initAdapter();
    return this;
  }

  /** The same as {@link attach}. */
  listen(srv: TServerInstance | number, opts: Partial<ServerOptions> = {}): this {
    return this.attach(srv, opts);
  }

  /** Serves clients over an HTTP server, or over a new one that listens on a port. Options given to the constructor win. */
  attach(srv: TServerInstance | number, opts: Partial<ServerOptions> = {}): this {
    if (typeof srv === "function") {
      throw new Error(
        "You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.",
      );
    }
    const merged = { ...opts, ...this.opts, path: this.opts.path || opts.path || this._path };
    this.initEngine(isPort(srv) ? listenOn(Number(srv)) : (srv as TServerInstance), merged);
    return this;
  }

  /**
   * Serves clients over an app of uWebSockets.js. Options given to the constructor win.
   *
   * ```js
   * const app = uWS.App();
   * io.attachApp(app);
   * app.listen(3000, () => {});
   * ```
   */
  attachApp(app: UwsApp, opts: Partial<ServerOptions> & UwsOptions = {}): void {
    const merged = { ...opts, ...this.opts, path: this.opts.path || opts.path || this._path };
    debug("attaching to path %s of an app", merged.path);
    const engine = new uServer(merged);
    engine.attach(app, merged);
    if (this._serveClient) serveBundlesOn(app, this._path);
    this.bind(engine);
  }

  /** Before a broadcast: an engine of our make puts into the options what its receivers will share. @internal */
  _preEncode(encoded: unknown[], options: WriteOptions): void {
    (this.engine as Partial<Engine> | undefined)?.preEncode?.(encoded, options);
  }

  /** Serves the clients of an engine. */
  bind(engine: Engine): this {
    this.engine = engine;
    engine.on("connection", (conn: RawSocket) => this.onconnection(conn));
    return this;
  }

  /** Takes over one connection of an engine. */
  private onconnection(conn: RawSocket): this {
    debug("connection %s", (conn as unknown as { id: string }).id);
    // The events' types matter to users alone: below, all servers are alike. The compiler wants to be told, the linter's doesn't.
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
    new Client(this as unknown as AnyServer, conn, dialectOf(conn.protocol)).start();
    return this;
  }

  /**
   * The namespace of a name. Given a regular expression or a function, the parent of all the namespaces that clients
   * ask for and that it accepts.
   *
   * @param fn listener for `connect`
   */
  of(
    name: string | RegExp | NamespaceMatcher,
    fn?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const nsp = typeof name === "function" || name instanceof RegExp ? this.parentOf(name) : this.namespaceOf(name);
    if (fn !== undefined) nsp.on("connect", fn);
    return nsp;
  }

  /**
   * Closes all connections, the engine and the HTTP server. Clients will try to reconnect.
   *
   * @param fn called when done, with the error of a server that was not running
   */
  async close(fn?: (err?: Error) => void): Promise<void> {
    await Promise.allSettled(
      [...this._nsps.values()].map(async (nsp) => {
        for (const socket of nsp.sockets.values()) socket._onclose("server shutting down");
        await nsp.adapter.close();
      }),
    );
    // Nothing to close if this server was never attached.
    this.engine?.close();
    const { httpServer } = this;
    if (httpServer === undefined) return fn?.();
    await new Promise<void>((resolve) => {
      httpServer.close((error?: Error) => {
        fn?.(error);
        resolve();
      });
    });
  }

  /** Adds a middleware to the main namespace; see {@link Namespace.use}. */
  use(
    fn: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (err?: ExtendedError) => void,
    ) => void,
  ): this {
    this.sockets.use(fn);
    return this;
  }

  /** Targets a room. */
  to(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.to(room);
  }

  /** Targets a room. */
  in(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.in(room);
  }

  /** Targets everybody who is not in the room. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.except(room);
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(
    compress: boolean,
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.compress(compress);
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.volatile;
  }

  /** Targets the sockets of this process. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.local;
  }

  /** How long to wait for the clients' acknowledgements, in ms. */
  timeout(
    timeout: number,
  ): BroadcastOperator<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.timeout(timeout);
  }

  /** Emits to all clients of the main namespace. */
  override emit<Ev extends EventNames<WithoutAcks<EmitEvents>>>(
    ev: Ev,
    ...args: EventParams<WithoutAcks<EmitEvents>, Ev>
  ): boolean {
    return this.sockets.emit(ev, ...args);
  }

  /** Emits the event `message`. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.sockets.send(...args);
    return this;
  }

  /** Emits the event `message`. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** Emits to the other servers of the cluster; see {@link Namespace.serverSideEmit}. */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    ev: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    return this.sockets.serverSideEmit(ev, ...args);
  }

  /** Emits to the other servers, and resolves with their answers. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    ev: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return this.sockets.serverSideEmitWithAck(ev, ...args);
  }

  /**
   * The ids of the sockets of the main namespace.
   *
   * @deprecated use {@link fetchSockets}
   */
  allSockets(): Promise<Set<SocketId>> {
    return this.sockets.allSockets();
  }

  /** The sockets of the main namespace, those of other servers included. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.sockets.fetchSockets();
  }

  /** Makes all the sockets of the main namespace join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.sockets.socketsJoin(room);
  }

  /** Makes all the sockets of the main namespace leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.sockets.socketsLeave(room);
  }

  /** Disconnects all the sockets of the main namespace; see {@link Namespace.disconnectSockets}. */
  disconnectSockets(close: boolean = false): void {
    this.sockets.disconnectSockets(close);
  }

  /**
   * Asks the parents, in the order in which they were made, for a namespace that a client named.
   * @internal
   */
  _checkNamespace(
    name: string,
    auth: Record<string, unknown>,
    fn: (nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined) => void,
  ): void {
    const parents = [...this.parentNsps.entries()];
    const ask = (index: number): void => {
      const entry = parents[index];
      if (entry === undefined) return fn(undefined);
      const [matcher, parent] = entry;
      settleOnce<[boolean]>(
        (next) => matcher(name, auth, next),
        (error, allow) => {
          if (error || !allow) return ask(index + 1);
          // Somebody else may have asked for it while the matcher was at work.
          fn(this._nsps.get(name) ?? parent.createChild(name));
        },
      );
    };
    ask(0);
  }

  /** Tells the listeners of `/` of a new namespace. @internal */
  _announce(nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    if (nsp.name === "/") return;
    (this.sockets as unknown as { emitReserved(ev: string, nsp: unknown): void }).emitReserved("new_namespace", nsp);
  }

  private namespaceOf(name: unknown): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    // Numbers come along, whatever the types say.
    const given = String(name);
    const path = given.startsWith("/") ? given : `/${given}`;
    const existing = this._nsps.get(path);
    if (existing !== undefined) return existing;
    for (const [regex, parent] of this.parentNamespacesFromRegExp) {
      if (regex.test(path)) return parent.createChild(path);
    }
    const nsp = new Namespace(this, path);
    this._nsps.set(path, nsp);
    this._announce(nsp);
    return nsp;
  }

  private parentOf(
    name: RegExp | NamespaceMatcher,
  ): ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    if (name instanceof RegExp && (name.global || name.sticky)) {
      // Their lastIndex would make the answer depend on who asked before.
      throw new Error("stateful regular expressions are not supported");
    }
    const parent = new ParentNamespace(this);
    const untyped = parent as unknown as AnyParent;
    if (name instanceof RegExp) {
      this.parentNsps.set((path, _auth, next) => next(null, name.test(path)), untyped);
      this.parentNamespacesFromRegExp.set(name, untyped);
    } else {
      this.parentNsps.set(name, untyped);
    }
    return parent;
  }

  private initEngine(srv: TServerInstance, opts: Partial<ServerOptions> & { path: string }): void {
    debug("attaching to path %s", opts.path);
    this.eio = attachEngine(srv, opts);
    if (this._serveClient) serveBundles(srv, this._path, this.opts.cors);
    this.httpServer = srv;
    this.bind(this.eio);
  }
}

/** `io.on(…)` and the like are those of the main namespace, whichever object that is now (browser-sync replaces it). */
const REDIRECTED = [
  "setMaxListeners",
  "getMaxListeners",
  "emit",
  "addListener",
  "on",
  "prependListener",
  "once",
  "prependOnceListener",
  "removeListener",
  "off",
  "removeAllListeners",
  "listeners",
  "rawListeners",
  "listenerCount",
  "eventNames",
] as const;

for (const method of REDIRECTED) {
  Object.defineProperty(Server.prototype, method, {
    value: function (this: Server, ...args: unknown[]): unknown {
      const { sockets } = this;
      return (sockets[method] as (...args: unknown[]) => unknown).apply(sockets, args);
    },
    configurable: true,
    writable: true,
  });
}

function isPort(srv: unknown): boolean {
  return typeof srv === "number" || (typeof srv === "string" && srv !== "" && !Number.isNaN(Number(srv)));
}

function listenOn(port: number): HttpServer {
  debug("creating http server and listening on port %d", port);
  const server = createServer((_req, res) => {
    res.writeHead(404);
    res.end();
  });
  return server.listen(port);
}
