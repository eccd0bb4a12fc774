import debugModule from "debug";
import type { RawData } from "engine.io-parser";
import type { EventEmitter } from "node:events";
import { validateHeaderName, validateHeaderValue, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { AddressRates } from "./address-rates.js";
import { codec3 } from "./codecs.js";
import { ERROR_CODES, ERROR_MESSAGES, type ErrorCallback, type Refusal } from "./errors.js";
import { badRequest, verifyRequest } from "./handshake.js";
import { sessionCookie } from "./http/cookies.js";
import { corsMiddleware } from "./http/cors.js";
import { respondRefusal, type HttpExchange } from "./http/exchange.js";
import { prepareRequest, type EngineRequest } from "./http/request.js";
import { generateId } from "./ids.js";
import { LimitCounters } from "./limits.js";
import { runMiddlewares, type Middleware } from "./middleware.js";
import { Patience } from "./patience.js";
import {
  withDefaults,
  type AttachOptions,
  type EngineOptions,
  type ServerOptions,
  type TransportName,
} from "./options.js";
import { SessionBinding } from "./session-binding.js";
import { sharedMessage, type SharedOptions } from "./shared-message.js";
import { Socket, type SocketHost } from "./socket.js";
import { SlowReaders } from "./slow-readers.js";
import { Sweep } from "./sweep.js";
import { transports } from "./transports/table.js";
import type { Transport, TransportHost } from "./transports/transport.js";
import { WebTransportTransport } from "./transports/webtransport.js";
import type { UpgradeExchange, WebSocketEndpoint } from "./websocket/endpoint.js";
import { Arrivals } from "./webtransport/arrivals.js";
import type { WebTransportEndpoint } from "./webtransport/endpoint.js";
import type { WebTransportSession } from "./webtransport/session.js";
import { revisionOf, wireVersion } from "./wire-version.js";
import { PacketEvents } from "./packet-events.js";

const debug = debugModule("engine");

/** What every object has: no names for members of {@link BaseServer.clients}. */
const MEMBERS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

const CARRIER = Symbol("what a handshake came in by");
const ENDPOINT = Symbol("the WebSocket of an accepted upgrade");

/** A request on its way to a session: {@link BaseServer.handshake} is given nothing but the request. */
interface CarriedRequest extends EngineRequest {
  [CARRIER]?: HttpExchange | UpgradeExchange | undefined;
  [ENDPOINT]?: WebSocketEndpoint | undefined;
}

/**
 * Sessions and the rules by which they begin, whatever server the requests come in by.
 *
 * Events: `connection` `(socket)`, `connection_error` `({req, code, message, context})`, `initial_headers` and `headers`
 * `(headers, req)`, `flush` `(socket, packets)`, `drain` `(socket)`, `slow_reader` `(socket, {bytes, packets, policy})` once for each time that
 * a peer falls behind.
 */
export abstract class BaseServer extends PacketEvents implements SocketHost, TransportHost {
  static readonly errors = ERROR_CODES;
  static readonly errorMessages = ERROR_MESSAGES;

  /** Read whenever they are needed, so changes hold for new sessions and timers. */
  opts: EngineOptions;
  clientsCount = 0;
  /** How often limits have turned something away. */
  readonly limitsReached = new LimitCounters();
  /** @internal */
  readonly sweep = new Sweep();
  /** @internal */
  readonly slowReaders = new SlowReaders<Socket>(this);
  protected readonly middlewares: Middleware[] = [];
  protected readonly cors: Middleware | undefined;
  private readonly arrivals: Arrivals;
  /** Counts the calls of {@link close}: a handshake that began before one must not end after it. */
  protected epoch = 0;
  /** Null if the option is off. */
  private readonly addressRates: AddressRates | null;
  /** Ids that peers send are looked up here, where no names of object members are. */
  private readonly sessions = new Map<string, Socket>();
  /** What {@link clients} has given. Most applications never ask for it, and ids as names of members are dear. */
  private clientsById: Record<string, Socket> | null = null;
  private readonly binding: SessionBinding | null;
  private readonly patience = new Patience(() => this.limitsReached.count("handshakeTimeout"));

  constructor(options: ServerOptions = {}) {
    super();
    this.opts = withDefaults(options);
    this.cors = corsMiddleware(this.opts.cors);
    const { allowEIO3, rateLimit, bindSession, cookie } = this.opts;
    // Not first at a client, for whom it could fail.
    if (allowEIO3 === true) codec3();
    this.addressRates = rateLimit?.connections
      ? new AddressRates(rateLimit.connections, "rateLimit.connections")
      : null;
    this.binding = bindSession
      ? new SessionBinding(bindSession, (req) => this.addressOf(req), cookie ? cookie.name : undefined)
      : null;
    const optionsOf = (): EngineOptions => this.opts;
    this.arrivals = new Arrivals({
      get opts() {
        return optionsOf();
      },
      limitsReached: this.limitsReached,
      middlewares: this.middlewares,
      reportRefusal: (req, refusal) => this.reportRefusal(req, refusal),
      onArrived: (endpoint, sid, req) => this.onArrived(endpoint, sid, req),
    });
  }

  /** Sessions by id, for the application to look at: always the same object. */
  get clients(): Record<string, Socket> {
    this.clientsById ??= Object.fromEntries(this.sessions);
    return this.clientsById;
  }

  /** To be called by the constructors of subclasses, since their fields don't exist before, and when the server listens again. */
  protected abstract init(): void;

  /** The reverse of {@link init}. */
  protected abstract cleanup(): void;

  /** Adds a middleware: it is called for every request of the engine, upgrades included. */
  use(middleware: Middleware): void;
  // Those of Express and the like ask for its own requests, which are ours once its middlewares have been at work.
  // eslint-disable-next-line typescript/no-explicit-any -- see above
  use(middleware: (req: any, res: any, next: any) => unknown): void;
  use(middleware: Middleware): void {
    this.middlewares.push(middleware);
  }

  /**
   * Serves a WebTransport session: a new session, or the upgrade of one. HTTP/3 is the application's, and so is whom it accepts:
   * a session has no request, so `allowRequest`, `cors` and `generateId` are not asked. Middlewares are; they get a stand-in, which
   * is then the `request` of the session, and what they refuse is closed.
   * @param session of a browser's shape: that of Deno, or of a package that brings HTTP/3 to Node.js
   * @returns settles, and never rejects, once the client has opened or was turned away
   * @example
   * // In Deno, for each connection of a QUIC listener:
   * const session = await Deno.upgradeWebTransport(connection);
   * await session.ready;
   * await engine.onWebTransportSession(session);
   */
  onWebTransportSession(session: WebTransportSession): Promise<void> {
    return this.arrivals.receive(session);
  }

  /** Ends all sessions at once. What was sent over open WebSockets still leaves. */
  close(): this {
    debug("closing all open clients");
    this.epoch++;
    for (const socket of [...this.sessions.values()]) {
      socket.writeOut();
      socket.close(true);
    }
    this.arrivals.refuseAll();
    this.patience.end();
    this.cleanup();
    return this;
  }

  /**
   * Makes the id of a new session. Assign a function of your own to replace it; ids must be unguessable and unique.
   * @returns the id, or a promise of it
   */
  // oxlint-disable-next-line no-unused-vars -- for those who replace it
  generateId(_req: IncomingMessage): string | Promise<string> {
    return generateId();
  }

  /**
   * The frame of a broadcast that is a single text, for transports of all makes (row A-23).
   * @param options those with which it will be written to its receivers
   * @internal
   */
  preEncode(encoded: readonly RawData[], options: SharedOptions): void {
    if (encoded.length !== 1 || typeof encoded[0] !== "string") return;
    // The same in all revisions.
    options.wsPreEncodedFrame ??= sharedMessage(encoded[0], options).frame(wireVersion(4), true);
  }

  /** @internal */
  override _onObserved(): void {
    super._onObserved();
    for (const socket of this.sessions.values()) socket._onObserved();
  }

  /** Names of the transports that a client on `transport` may upgrade to. */
  upgrades(transport: string): readonly TransportName[] {
    if (!this.opts.allowUpgrades || transport !== "polling") return [];
    return transports.polling.upgradesTo.filter((name) => this.opts.transports.includes(name));
  }

  /** @internal */
  completeHeaders(headers: OutgoingHttpHeaders, req: EngineRequest, sid: string | null): void {
    if (sid !== null && this.opts.cookie) headers["Set-Cookie"] = [sessionCookie(this.opts.cookie, sid)];
    if (this.listenerCount("headers") + this.listenerCount("initial_headers") === 0) return;
    if (sid !== null) this.emit("initial_headers", headers, req);
    this.emit("headers", headers, req);
    dropInvalid(headers);
  }

  /** @internal */
  forget(socket: Socket): void {
    if (this.find(socket.id) !== socket) return;
    this.sessions.delete(socket.id);
    if (this.clientsById !== null) delete this.clientsById[socket.id];
    this.clientsCount--;
  }

  /** The session of that id. */
  protected find(sid: string): Socket | undefined {
    return this.sessions.get(sid);
  }

  /** The session of that id, if it is there for this request. */
  private findFor(req: EngineRequest | null, sid: string): Socket | undefined {
    const session = this.find(sid);
    if (session === undefined || this.binding === null || this.binding.admits(session, req)) return session;
    this.limitsReached.count("bindSession");
    return undefined;
  }

  /** Undefined if it can't be told. */
  private addressOf(req: EngineRequest): string | undefined {
    const { addressOf } = this.opts;
    if (addressOf === undefined) return req.socket.remoteAddress;
    try {
      return addressOf(req);
    } catch (error) {
      process.emitWarning(`engine.io: addressOf failed: ${String(error)}`);
      return undefined;
    }
  }

  /** Why a request that belongs to no session comes too soon, to be asked before anything else is done for it. */
  protected tooSoon(req: EngineRequest): Refusal | undefined {
    // Preflight requests come besides.
    if (this.addressRates === null || req.method === "OPTIONS") return undefined;
    const { sid } = req._query;
    if (sid && this.find(sid) !== undefined) return undefined;
    const waitMs = this.addressRates.take(String(this.addressOf(req)), this.sweep.now());
    if (waitMs === 0) return undefined;
    this.limitsReached.count("rateLimit.connections");
    const context = { name: "TOO_MANY_CONNECTIONS", message: "Too many connections" } as const;
    const refusal = { code: ERROR_CODES.FORBIDDEN, context, retryAfterS: Math.ceil(waitMs / 1000) };
    this.reportRefusal(req, refusal);
    return refusal;
  }

  /** Looks at a request for the first time. */
  protected prepare(req: IncomingMessage): asserts req is EngineRequest {
    prepareRequest(req);
  }

  /** Whether a request may be served: calls back without arguments, or with why not. */
  protected verify(req: EngineRequest, isUpgrade: boolean, done: ErrorCallback): void {
    const find = (sid: string): Socket | undefined => this.findFor(req, sid);
    if (req._query["sid"] || this.opts.allowRequest === undefined) {
      return verifyRequest(req, isUpgrade, this.opts, find, done);
    }
    this.patience.ask<Parameters<ErrorCallback>>(
      this.opts.handshakeTimeout,
      lateRefusal,
      (answer) => verifyRequest(req, isUpgrade, this.opts, find, (...why) => answer(why)),
      (why) => done(...why),
    );
  }

  /** Runs the middlewares, that of the `cors` option first. */
  protected _applyMiddlewares(req: EngineRequest, res: unknown, done: (error?: unknown) => void): void {
    const { cors, middlewares } = this;
    if (cors === undefined && middlewares.length === 0) return done();
    const list = cors === undefined ? middlewares : [cors, ...middlewares];
    const wait = this.patience.ask<unknown>(
      this.opts.handshakeTimeout,
      (error) => error,
      (answer) => runMiddlewares(list, req, res, answer),
      done,
    );
    // Most that do not answer at once have answered the request themselves.
    if (wait !== null) (res as EventEmitter).once("close", () => wait.cancel());
  }

  /**
   * Begins a session: gives it an id and a transport, and reports it as `connection`.
   * @param refuse called with the reason if it can't be
   * @returns the transport, once the session has begun; undefined if it was refused
   */
  protected handshake(
    transportName: string,
    req: EngineRequest,
    refuse: ErrorCallback,
  ): Promise<Transport | undefined> {
    const carrier = (req as CarriedRequest)[CARRIER];
    let settle: (transport?: Transport) => void = () => {};
    const begun = new Promise<Transport | undefined>((resolve) => (settle = resolve));
    // Not inside the promise: errors of the application's listeners are to be seen as such.
    this.newId(req, (id) => {
      if (typeof id !== "string") {
        refuse(id.code, id.context);
        return settle();
      }
      const begin = (): void => settle(this.begin(id, transportName, req, refuse));
      if (carrier === undefined || "respond" in carrier) begin();
      else {
        carrier.accept(id, (endpoint) => {
          (req as CarriedRequest)[ENDPOINT] = endpoint;
          begin();
        });
      }
    });
    return begun;
  }

  /** Makes the transport of a handshake, or of an upgrade. Throws if there is none of that name. */
  protected createTransport(transportName: string, req: EngineRequest): Transport {
    const version = wireVersion(revisionOf(req._query["EIO"]));
    if (transportName === "polling") return transports.polling(req, version, this);
    const endpoint = (req as CarriedRequest)[ENDPOINT];
    if (transportName !== "websocket" || endpoint === undefined) throw new TypeError(`no transport "${transportName}"`);
    (req as CarriedRequest)[ENDPOINT] = undefined;
    const transport = new transports.websocket(req, version, endpoint);
    transport.perMessageDeflate = this.opts.perMessageDeflate;
    return transport;
  }

  /** A plain request that the middlewares are through with, whatever server it came in by. */
  protected serveRequest(exchange: HttpExchange, error: unknown): void {
    const req = exchange.request;
    const refuse = (refusal: Refusal): void => {
      this.reportRefusal(req, refusal);
      respondRefusal(exchange, refusal);
    };
    if (error !== undefined) return refuse(badRequest("MIDDLEWARE_FAILURE"));
    this.verify(req, false, (code, context = {}) => {
      if (code !== undefined) return refuse({ code, context });
      const { sid, transport = "" } = req._query;
      if (!sid) {
        if (this.binding?.canBind(req) === false) return refuse(badRequest("SESSION_NOT_BOUND"));
        return this.serveHandshake(transport, req, exchange, refuse);
      }
      const session = this.findFor(req, sid);
      // A subclass may have other rules.
      if (session === undefined) return refuse({ code: ERROR_CODES.UNKNOWN_SID, context: { sid } });
      session.transport.onRequest(exchange);
    });
  }

  /** An upgrade request that the middlewares are through with: for a new session, or of one. */
  protected serveUpgrade(exchange: UpgradeExchange, error: unknown): void {
    const req = exchange.request;
    const refuse = (refusal: Refusal): void => {
      this.reportRefusal(req, refusal);
      exchange.refuse(refusal);
    };
    if (error !== undefined) return refuse(badRequest("MIDDLEWARE_FAILURE"));
    this.verify(req, true, (code, context = {}) => {
      if (code !== undefined) return refuse({ code, context });
      const { sid, transport } = req._query;
      if (!sid && transport === "websocket") return this.serveHandshake(transport, req, exchange, refuse);
      exchange.accept(null, (endpoint) => this.joinSession(req, endpoint));
    });
  }

  /** What {@link generateId} has given becomes the id of a session. */
  protected newSessionId(id: string, done: (id: string) => void): void {
    done(id);
  }

  /** Calls back with a new id, or with the refusal if there is none. At once, unless `generateId` gives a promise. */
  protected newId(req: EngineRequest, done: (id: string | Refusal) => void): void {
    const { epoch } = this;
    this.patience.ask<string | Refusal>(
      this.opts.handshakeTimeout,
      (error) => badRequest("ID_GENERATION_ERROR", { error }),
      (answer) => this.askForId(req, (id) => (typeof id === "string" ? this.newSessionId(id, answer) : answer(id))),
      (given) => {
        if (typeof given !== "string") return done(given);
        if (given === "" || this.sessions.has(given) || MEMBERS.has(given)) {
          return done(badRequest("ID_GENERATION_ERROR", { error: new Error("the generated id is empty or in use") }));
        }
        if (epoch !== this.epoch) {
          return done(badRequest("TRANSPORT_HANDSHAKE_ERROR", { error: new Error("the server was closed") }));
        }
        done(given);
      },
    );
  }

  /** The handshake is through: the session begins on this transport. */
  protected openSession(id: string, transport: Transport, req: EngineRequest | null): void {
    const socket = new Socket(id, this, transport, req, wireVersion(transport.protocol));
    debug("new session over %s", transport.name);
    this.binding?.bind(socket, req);
    this.sessions.set(id, socket);
    if (this.clientsById !== null) this.clientsById[id] = socket;
    this.clientsCount++;
    socket.open();
    if (socket.readyState === "closed") return;
    this.emit("connection", socket);
    socket.reported();
  }

  private onArrived(endpoint: WebTransportEndpoint, sid: string | undefined, req: EngineRequest | null): void {
    const transport = new WebTransportTransport(wireVersion(4), endpoint);
    if (sid === undefined) {
      transport.sid = generateId();
      return this.openSession(transport.sid, transport, req);
    }
    const session = this.findFor(req, sid);
    // There is no way to say why: clients take it as a failed upgrade.
    if (session?.protocol !== 4 || !session.tryUpgrade(transport)) endpoint.terminate();
  }

  protected reportRefusal(req: IncomingMessage, { code, context }: Refusal): void {
    debug("request refused: %d %o", code, context);
    this.emit("connection_error", { req, code, message: ERROR_MESSAGES[code], context });
  }

  private askForId(req: EngineRequest, answer: (id: string | Refusal) => void): void {
    const accept = (id: unknown): void => answer(String(id));
    const refuse = (error: unknown): void => answer(badRequest("ID_GENERATION_ERROR", { error }));
    let given: string | Promise<string>;
    try {
      given = this.generateId(req);
    } catch (error) {
      return refuse(error);
    }
    if (typeof given === "string") return answer(given);
    Promise.resolve(given).then(
      // Out of the promise, so that errors of the application's listeners are seen as such.
      (id) => process.nextTick(accept, id),
      (error: unknown) => process.nextTick(refuse, error),
    );
  }

  private serveHandshake(
    transportName: string,
    req: EngineRequest,
    carrier: HttpExchange | UpgradeExchange,
    refuse: (refusal: Refusal) => void,
  ): void {
    (req as CarriedRequest)[CARRIER] = carrier;
    void this.handshake(transportName, req, (code = ERROR_CODES.BAD_REQUEST, context = {}) =>
      refuse({ code, context }),
    );
  }

  /** A handshake that has an id. */
  private begin(id: string, transportName: string, req: CarriedRequest, refuse: ErrorCallback): Transport | undefined {
    const { [CARRIER]: carrier, [ENDPOINT]: endpoint } = req;
    req[CARRIER] = undefined;
    const exchange = carrier !== undefined && "respond" in carrier ? carrier : undefined;
    if (exchange?.isOver) return undefined;
    let transport: Transport;
    try {
      transport = this.createTransport(transportName, req);
    } catch (error) {
      endpoint?.close();
      const { code, context } = badRequest("TRANSPORT_HANDSHAKE_ERROR", { error });
      refuse(code, context);
      return undefined;
    }
    transport.sid = id;
    if (exchange !== undefined) transport.onRequest(exchange);
    this.openSession(id, transport, req);
    return transport;
  }

  /** A WebSocket that wants to carry an existing session. */
  private joinSession(req: CarriedRequest, endpoint: WebSocketEndpoint): void {
    const { sid = "", transport: name } = req._query;
    const session = this.findFor(req, sid);
    if (session === undefined || name !== "websocket") return endpoint.close();
    req[ENDPOINT] = endpoint;
    const transport = this.createTransport(name, req);
    if (!session.tryUpgrade(transport)) transport.close();
  }

  /** The path as requests have to begin. */
  protected _computePath(options: AttachOptions): string {
    const path = (options.path ?? "/engine.io").replace(/\/$/, "");
    return options.addTrailingSlash === false ? path : `${path}/`;
  }
}

function lateRefusal(error: Error): Parameters<ErrorCallback> {
  const { code, context } = badRequest("TRANSPORT_HANDSHAKE_ERROR", { error });
  return [code, context];
}

/** A header that HTTP does not allow would throw when it is written, in the middle of serving a peer. */
function dropInvalid(headers: OutgoingHttpHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      for (const line of Array.isArray(value) ? value : [value]) validateHeaderValue(name, line as string);
    } catch (error) {
      delete headers[name];
      process.emitWarning(`engine.io: a header set by a listener is not valid and was left out: ${String(error)}`);
    }
  }
}
