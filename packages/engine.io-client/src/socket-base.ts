import { type BinaryType, type Packet, protocol, type RawData } from "engine.io-parser";
import type { CloseReason } from "engine.io-parser/session";
import type { CookieJar } from "./cookie-jar.js";
import type { HandshakeData, WriteOptions } from "./events.js";
import { createCookieJar, defaultBinaryType, nextTick, PLATFORM_DEFAULTS } from "./globals.node.js";
import { createLog } from "./log.node.js";
import type { SocketOptions } from "./options.js";
import { watchPage } from "./page.js";
import { ClientSession } from "./session.js";
import { installTimerFunctions } from "./timers.js";
import type { TransportCtor } from "./transports/table.js";
import type { Transport, TransportOptions } from "./transports/transport.js";
import type { probeAll } from "./upgrade.js";
import { targetOf } from "./url.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:socket");

const DEFAULTS = {
  path: "/engine.io",
  withCredentials: false,
  upgrade: true,
  timestampParam: "t",
  rememberUpgrade: false,
  addTrailingSlash: true,
  transportOptions: {},
  closeOnBeforeunload: false,
  ...PLATFORM_DEFAULTS,
} satisfies SocketOptions;

/** What is usual for `timeout`, in ms (row C-29). */
const OPEN_TIMEOUT_MS = 20_000;

const NETWORK_LOST = { description: "network connection lost" };

/** What a Socket is made of beside itself; an entry with less of it makes a smaller bundle. */
export interface Kit {
  /** Classes of transports by their names, best tried first. */
  readonly transports: Readonly<Record<string, TransportCtor>>;
  /** How to move to a better transport. */
  readonly probeAll?: typeof probeAll;
}

/**
 * What all Sockets have: one Engine.IO session with a server, connecting from its construction on. It ends once; a new connection is a new Socket.
 *
 * ```js
 * const socket = new Socket("wss://example.com");
 * socket.on("open", () => socket.send("hello"));
 * socket.on("message", (data) => console.log(data));
 * ```
 */
export abstract class SocketBase extends ClientSession {
  /** Revision of the protocol. */
  static readonly protocol: number = protocol;
  /** Whether the last connection of this process or page was carried by WebSocket. See `rememberUpgrade`. */
  static priorWebsocketSuccess = false;

  declare readonly opts: SocketOptions;
  declare readonly hostname: string;
  declare readonly port: string | number;
  declare readonly secure: boolean;
  /** Form in which bytes are received. */
  binaryType: BinaryType = defaultBinaryType;
  /** @internal Node, with `withCredentials`. */
  declare readonly _cookieJar: CookieJar | undefined;

  /** Classes of the transports that may still be used. */
  declare private _classes: TransportCtor[];
  declare private _giveUpProbes: (() => void) | undefined;
  declare private readonly _openBy: number;
  declare private readonly _leavePage: () => void;

  /** @param uri default: the page's host */
  constructor(opts?: SocketOptions);
  constructor(uri?: string | null, opts?: SocketOptions);
  constructor(uri?: string | null | SocketOptions, opts?: SocketOptions);
  constructor(uri?: string | null | SocketOptions, opts?: SocketOptions) {
    super();
    if (uri && typeof uri === "object") {
      opts = uri;
      uri = undefined;
    }
    const own: SocketOptions = (this.opts = { ...DEFAULTS, ...opts });
    const { query, ...address } = targetOf(uri, own);
    Object.assign(this, address);
    // In the options as well, where applications look for it and transports find it.
    Object.assign(own, address, { query });
    own.path = (own.path || DEFAULTS.path).replace(/\/$/, "") + (own.addTrailingSlash === false ? "" : "/");
    const { transports, transportImplementations, timeout = OPEN_TIMEOUT_MS } = own;
    if (transports && transportImplementations) {
      throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
    }
    const all = this._kit().transports;
    this._classes = (transportImplementations ?? transports ?? Object.keys(all))
      .map((choice) => (typeof choice === "string" ? all[choice]! : choice))
      .filter(Boolean);
    this._cookieJar = own.withCredentials ? createCookieJar?.() : undefined;
    installTimerFunctions(this, own);

    this._openBy = timeout === false ? Infinity : Date.now() + timeout;
    const prior = own.rememberUpgrade && this._statics().priorWebsocketSuccess && this._classOf("websocket");
    this._open(prior || this._classes[0]);
    this._leavePage = watchPage(
      // What runs on the same machine needs no network.
      this.hostname !== "localhost" && (() => this._end("transport close", NETWORK_LOST)),
      // No listener shall tell the user that the page, which is going, lost its connection.
      !!own.closeOnBeforeunload && (() => this._hangUp()),
    );
  }

  /** Names of the transports that may still be used. */
  get transports(): string[] {
    return this._classes.map(nameOf);
  }

  /**
   * Sends one message: text or bytes. Without effect once closing.
   * @param fn is called when the message is handed to the transport
   */
  send(data: RawData, options?: WriteOptions | (() => void), fn?: () => void): this {
    if (typeof options === "function") return this.send(data, undefined, options);
    if (this.readyState === "open" || this.readyState === "opening") {
      const packet: Packet = { type: "message", data, options };
      if (fn) this.once("flush", fn);
      this._enqueue(packet);
    }
    return this;
  }

  /** The same as {@link send}. */
  write(data: RawData, options?: WriteOptions | (() => void), fn?: () => void): this {
    return this.send(data, options, fn);
  }

  /** @internal */
  override _setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = this.setTimeoutFn(callback, delayMs);
    if (this.opts.autoUnref) (timer as { unref(): void }).unref();
    return timer;
  }

  /** @internal A transport of that name. */
  _create(name: string, Class: TransportCtor = this._classOf(name)!): Transport {
    const { opts } = this;
    const query: Record<string, unknown> = { ...(opts.query as object), EIO: protocol, transport: name };
    if (this.id) query["sid"] = this.id;
    const options = { ...opts, query, socket: this, ...opts.transportOptions?.[name] };
    return new Class(options as unknown as TransportOptions);
  }

  /** @internal */
  _remember(): void {
    this._statics().priorWebsocketSuccess = this.transport.name === "websocket";
  }

  /** @internal */
  override _end(reason: CloseReason, description?: unknown): void {
    const { readyState, opts } = this;
    if (readyState === "closed") return;
    // A handshake that led to nothing counts as well, however it ended: the next one shall not run into the same wall.
    if (reason === "transport error" || !this.id) this._statics().priorWebsocketSuccess = false;
    if (opts.tryAllTransports && readyState === "opening" && this._classes[1] && description !== NETWORK_LOST) {
      const failed = this._carrier();
      failed.discard();
      this._classes = this._classes.filter((Class) => Class !== failed.constructor);
      return this._open(this._classes[0]);
    }
    this._giveUpProbes?.();
    this._leavePage();
    super._end(reason, description);
  }

  /** @internal */
  abstract _kit(): Kit;

  protected override _onHandshake(handshake: HandshakeData): void {
    this._remember();
    this.emitReserved("handshake", handshake);
    this.emitReserved("open");
    const { transport } = this;
    // Only what can be paused can be left.
    if (this.readyState === "open" && this.opts.upgrade && "pause" in transport) {
      const better = this.transports.filter((name) => name !== transport.name && handshake.upgrades.includes(name));
      this._giveUpProbes = this._kit().probeAll?.(this, better);
    }
  }

  private _statics(): typeof SocketBase {
    return this.constructor as typeof SocketBase;
  }

  private _classOf(name: string): TransportCtor | undefined {
    return this._classes.find((Class) => nameOf(Class) === name);
  }

  private _open(Class: TransportCtor | undefined): void {
    const transport = Class && this._create(nameOf(Class), Class);
    this._moveTo(transport);
    // One that hangs must leave time to those that may be tried after it.
    this._expireIn((this._openBy - Date.now()) / ((this.opts.tryAllTransports && this._classes.length) || 1));
    // Whoever made this socket can listen first.
    nextTick(() => {
      if (__DEBUG__) debug("opening %s", transport?.name);
      if (transport) transport.open();
      else this._end("transport error", "No transports available");
    });
  }
}

function nameOf(Class: TransportCtor): string {
  return Class.prototype.name;
}
