import debugModule from "debug";
import {
  attach as attachEngine,
  uServer,
  type Server as Engine,
  type Socket as RawSocket,
  type UwsApp,
  type UwsOptions,
} from "engine.io";
import { Adapter, SessionAwareAdapter, type WriteOptions } from "socket.io-adapter";
import type { Encoder } from "socket.io-parser";
import { Alarm } from "./alarm.js";
import { BroadcastEmitter } from "./broadcast-emitter.js";
import type { BroadcastOperator } from "./broadcast-operator.js";
import { Client } from "./client.js";
import { DecoderPool } from "./decoder-pool.js";
import { defaultParser } from "./default-parser.js";
import { dialectOf } from "./dialect.js";
import { DynamicNamespaces, type NamespaceMatcher } from "./dynamic-namespaces.js";
import type { ExtendedError } from "./errors.js";
import { ListenerErrors } from "./listener-errors.js";
import { closed, isPort, listenOn, type TServerInstance } from "./listening.js";
import { Namespace, type ServerReservedEventsMap } from "./namespace.js";
import { connectionLimits, type AdapterConstructor, type ConnectionLimits, type ServerOptions } from "./options.js";
import { traceEncoder } from "./packet-trace.js";
import { ParentNamespace } from "./parent-namespace.js";
import { PartialAnswers } from "./partial-answers.js";
import { RatePlan } from "./rates.js";
import { recoveryOptions, type ConnectionStateRecoveryOptions } from "./recovery.js";
import { redirectEmitter } from "./redirect-emitter.js";
import type { Socket } from "./socket.js";
import { corsMiddleware, serveBundles, type CorsMiddleware } from "./static-client.js";
import { serveBundlesOn } from "./static-client-uws.js";
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

export type { NamespaceMatcher } from "./dynamic-namespaces.js";
export type { ServerOptions } from "./options.js";

const debug = debugModule("socket.io:server");

const DEFAULT_PATH = "/socket.io";
const DEFAULT_CONNECT_TIMEOUT_MS = 45_000;

/** What {@link Server.bind} asks of an engine. */
interface ConnectionSource {
  on(event: "connection", listener: (conn: RawSocket) => void): unknown;
  close(): unknown;
}

/** A server, whatever events it is typed for. */
// eslint-disable-next-line typescript/no-explicit-any -- see above
export type AnyServer = Server<any, any, any, any>;

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
> extends BroadcastEmitter<
  ServerSideEvents,
  EmitEvents,
  ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  SocketData
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
  readonly _decoders: DecoderPool;
  /** @internal */
  readonly _alarm: Alarm = new Alarm();
  /** @internal */
  readonly _listenerErrors: ListenerErrors;
  /** @internal */
  readonly _partialAnswers: PartialAnswers;
  /** @internal */
  readonly _limits: ConnectionLimits;
  /** Null if there are none. @internal */
  readonly _rates: RatePlan | null;
  /** Undefined if recovery is off. @internal */
  readonly _recovery: ConnectionStateRecoveryOptions | undefined;
  /** @internal */
  _connectTimeout: number = DEFAULT_CONNECT_TIMEOUT_MS;
  /** All that were attached or bound since the last `close`. */
  private readonly _engines: Set<Engine> = new Set();
  /** All that were attached since then. */
  private readonly _httpServers: Set<TServerInstance> = new Set();
  private readonly _dynamic: DynamicNamespaces = new DynamicNamespaces();
  private readonly parentNsps = this._dynamic.byMatcher;
  private readonly parentNamespacesFromRegExp = this._dynamic.byRegExp;
  /** @internal read by adapters */
  private readonly opts: Partial<ServerOptions>;
  /** @internal */
  private _adapter: AdapterConstructor | undefined;
  private _serveClient: boolean = true;
  private _path: string = DEFAULT_PATH;
  private _corsMiddleware: CorsMiddleware | undefined;
  /** The same as {@link engine} once attached. @internal */
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
    this._decoders = new DecoderPool(this._parser.Decoder);
    this.encoder = traceEncoder(new this._parser.Encoder());
    this._recovery = recoveryOptions(opts.connectionStateRecovery);
    this.opts = this._recovery === undefined ? opts : { ...opts, connectionStateRecovery: this._recovery };
    this._limits = connectionLimits(opts);
    this._rates = RatePlan.from(opts.rateLimit);
    this._listenerErrors = new ListenerErrors(this, this._alarm, opts.onListenerError);
    this._partialAnswers = new PartialAnswers(opts.partialAnswers);
    this.adapter(opts.adapter ?? (this._recovery === undefined ? Adapter : SessionAwareAdapter));
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
  serveClient(v?: boolean): this | boolean;
  serveClient(v?: boolean): this | boolean {
    if (arguments.length === 0) return this._serveClient;
    this._serveClient = v as boolean;
    return this;
  }

  /** The path of our requests. */
  path(): string;
  path(v: string): this;
  path(v?: string): this | string;
  path(v?: string): this | string {
    if (v === undefined) return this._path;
    this._path = v.replace(/\/$/, "");
    return this;
  }

  /** How long a connection may be without a namespace, in ms. */
  connectTimeout(): number;
  connectTimeout(v: number): this;
  connectTimeout(v?: number): this | number;
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
    if (!isPort(srv) && typeof (srv as Partial<TServerInstance> | undefined)?.listeners !== "function") {
      throw new TypeError(
        `attach() takes a server of node:http, https or http2, or a port, and not ${srv === null ? "null" : `this ${typeof srv}`}`,
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

  /** Serves the clients of an engine, or of whatever has connections of its kind. */
  bind(engine: ConnectionSource): this {
    this.engine = engine as Engine;
    this._engines.add(this.engine);
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
   * Closes all connections, the engines, and the HTTP servers that were attached. What was emitted before still leaves
   * over open WebSockets. Clients will try to reconnect. Never rejects.
   *
   * @param fn called when done, with an error if {@link httpServer} was not running
   */
  async close(fn?: (err?: Error) => void): Promise<void> {
    await Promise.allSettled(
      [...this._nsps.values()].map(async (nsp) => {
        for (const socket of nsp.sockets.values()) socket._onclose("server shutting down");
        await nsp._sessions?.saved();
        await nsp.adapter.close();
      }),
    );
    this._listenerErrors.flush();
    // None if this server was never attached. The last one may serve again, if its HTTP server listens again.
    if (this.engine !== undefined) this._engines.add(this.engine);
    for (const engine of this._engines) engine.close();
    this._engines.clear();
    const error = await this.closeHttpServers();
    if (fn !== undefined)
      this._listenerErrors.call(fn, undefined, error === undefined ? [] : [error], undefined, "close");
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
   * Which servers of the cluster are missing from an answer, with {@link ServerOptions.partialAnswers}.
   *
   * ```js
   * const sockets = await io.fetchSockets();
   * if (io.missingServers(sockets) !== undefined) console.warn("there are more");
   * ```
   *
   * @param answers what `fetchSockets()`, `allSockets()`, `emitWithAck()` or `serverSideEmitWithAck()` of this server gave, itself
   * @returns undefined if it is complete; else the ids of the servers that did not answer, as far as they are known: it may be empty
   */
  missingServers(answers: object): readonly string[] | undefined {
    return this._partialAnswers.missingFrom(answers);
  }

  /** @internal */
  override _everybody<Events extends EventsMap>(): BroadcastOperator<Events, SocketData> {
    return this.sockets._everybody();
  }

  /**
   * Asks the parents, in the order in which they were made, for a namespace that a client named.
   *
   * @param fn is given what makes the namespace, undefined if nobody agrees
   * @internal
   */
  _checkNamespace(
    name: string,
    auth: Record<string, unknown>,
    fn: (create: (() => Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) | undefined) => void,
  ): void {
    const failed = (error: unknown, rejected: boolean): void =>
      this._listenerErrors.report(error, undefined, "connection", rejected);
    this._dynamic.ask(name, auth, failed, (parent) => {
      // Somebody else may have asked for it while the matcher was at work.
      fn(parent && (() => this._nsps.get(name) ?? parent.createChild(name)));
    });
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
    const parent = this._dynamic.find(path);
    if (parent !== undefined) return parent.createChild(path);
    const nsp = new Namespace(this, path);
    this._nsps.set(path, nsp);
    this._announce(nsp);
    return nsp;
  }

  private parentOf(name: RegExp | NamespaceMatcher): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this._dynamic.add(name, () => new ParentNamespace(this));
  }

  private initEngine(srv: TServerInstance, opts: Partial<ServerOptions> & { path: string }): void {
    debug("attaching to path %s", opts.path);
    this.eio = attachEngine(srv, opts);
    this._corsMiddleware = corsMiddleware(this.opts.cors);
    if (this._serveClient) this.attachServe(srv);
    this.httpServer = srv;
    this._httpServers.add(srv);
    this.bind(this.eio);
  }

  /** Serves the bundles: packages with an engine of their own call it. */
  private attachServe(srv: TServerInstance): void {
    serveBundles(srv, this._path, this._corsMiddleware);
  }

  /** Resolves with the error of the last one that was attached, if it was not running. */
  private async closeHttpServers(): Promise<Error | undefined> {
    const { httpServer } = this;
    const others = [...this._httpServers].filter((srv) => srv !== httpServer).map(closed);
    this._httpServers.clear();
    const error = httpServer && (await closed(httpServer));
    await Promise.all(others);
    return error;
  }
}

redirectEmitter(Server.prototype);
