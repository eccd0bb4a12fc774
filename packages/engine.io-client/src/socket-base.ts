import { type BinaryType, type Packet, protocol, type RawData } from "engine.io-parser";
import { Emitter } from "engine.io-parser/emitter";
import {
  ClientSession,
  type CloseCause,
  FORCED,
  type Handshake,
  type SessionState,
  type SessionTransport,
} from "engine.io-parser/session";
import type { CookieJar } from "./cookie-jar.js";
import type { SocketReceiver, SocketReservedEvents, WriteOptions } from "./events.js";
import { createCookieJar, defaultBinaryType, nextTick, PLATFORM_DEFAULTS } from "./globals.node.js";
import { createLog } from "./log.node.js";
import type { SocketOptions } from "./options.js";
import { watchPage } from "./page.js";
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

const NETWORK_LOST: CloseCause = {
  reason: "transport close",
  description: { description: "network connection lost" },
};

/** Longer timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
// `{}`: there are no events but our own.
// oxlint-disable-next-line typescript/no-empty-object-type
export abstract class SocketBase extends Emitter<{}, {}, SocketReservedEvents> {
  /** @internal How many bytes of one message, or of one body, the server takes. */
  _maxPayload = Infinity;
  /** Revision of the protocol. */
  static readonly protocol: number = protocol;
  /** Whether the last connection of this process or page was carried by WebSocket. See `rememberUpgrade`. */
  static priorWebsocketSuccess = false;

  /** Set once open, null once closed. */
  declare id: string | null | undefined;
  declare readonly opts: SocketOptions;
  declare readonly hostname: string;
  declare readonly port: string | number;
  declare readonly secure: boolean;
  /** Form in which bytes are received. */
  binaryType: BinaryType = defaultBinaryType;
  /** Names of the transports that may still be used. */
  declare readonly transports: string[];
  declare setTimeoutFn: (callback: () => void, delayMs: number) => unknown;
  // `any`: what a timer is, differs.
  declare clearTimeoutFn: (timer: any) => void; // oxlint-disable-line typescript/no-explicit-any
  /** @internal */
  receiver: SocketReceiver | null = null;
  /** @internal Node, with `withCredentials`. */
  declare readonly _cookieJar: CookieJar | undefined;

  declare private readonly _classes: TransportCtor[];
  // By a function: it is not wrapped where a framework wraps all objects that it meets in a Proxy.
  declare private _session: () => ClientSession;
  declare private _giveUpProbes: (() => void) | undefined;
  declare private _timer: unknown;
  private _timerDue = Infinity;
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
    // In the options as well, where applications look for it and transports find it.
    const { hostname, port, secure, query } = Object.assign(own, targetOf(uri, own));
    this.hostname = hostname;
    this.port = port;
    this.secure = secure;
    own.path = (own.path || DEFAULTS.path).replace(/\/$/, "") + (own.addTrailingSlash === false ? "" : "/");
    if (typeof query === "string") own.query = Object.fromEntries(new URLSearchParams(query));
    const { transports, transportImplementations, timeout = OPEN_TIMEOUT_MS } = own;
    if (transports && transportImplementations) {
      throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
    }
    const all = this._kit().transports;
    this._classes = (transportImplementations ?? transports ?? Object.keys(all))
      .map((choice) => (typeof choice === "string" ? all[choice]! : choice))
      .filter(Boolean);
    this.transports = this._classes.map(nameOf);
    this._cookieJar = own.withCredentials ? createCookieJar?.() : undefined;
    installTimerFunctions(this, own);

    this._openBy = timeout === false ? Infinity : Date.now() + timeout;
    const prior = own.rememberUpgrade && this._statics().priorWebsocketSuccess && this._classOf("websocket");
    this._open(prior || this._classes[0]);
    this._leavePage = watchPage(
      // What runs on the same machine needs no network.
      hostname !== "localhost" && (() => this._session().fail(NETWORK_LOST)),
      !!own.closeOnBeforeunload &&
        (() => {
          // No listener shall tell the user that the page, which is going, lost its connection.
          const { transport } = this;
          transport.sink = null;
          transport.close();
        }),
    );
  }

  /** The transport that carries the session. */
  get transport(): Transport {
    return this._session().transport as Transport;
  }

  get readyState(): SessionState {
    return this._session().state;
  }

  /** Packets that wait for the transport. */
  get writeBuffer(): readonly Packet[] {
    return this._session().queue;
  }

  /** True from the answer to the probe of a better transport until the session travels on it. */
  get upgrading(): boolean {
    return !!this._session().upgrade;
  }

  /**
   * Sends one message: text or bytes. Without effect once closing.
   * @param fn is called when the message is handed to the transport
   */
  send(data: RawData, options?: WriteOptions | (() => void), fn?: () => void): this {
    if (typeof options === "function") return this.send(data, undefined, options);
    const session = this._session();
    if (session.state !== "open" && session.state !== "opening") return this;
    const packet: Packet = { type: "message", data, options };
    this.emitReserved("packetCreate", packet);
    if (fn) this.once("flush", fn);
    session.send(packet);
    return this;
  }

  /** The same as {@link send}. */
  write(data: RawData, options?: WriteOptions | (() => void), fn?: () => void): this {
    return this.send(data, options, fn);
  }

  /** Ends the session with the reason "forced close". What is queued leaves first, and an upgrade comes to its end. */
  close(): this {
    this._session().close();
    return this;
  }

  /**
   * @internal True if the server should have been heard by now, though timers (of a throttled page, a laptop that slept) have
   * not said so yet. The session then closes in a moment.
   */
  _hasPingExpired(): boolean {
    const session = this._session();
    const isOverdue = session.isOverdue(Date.now());
    if (isOverdue) nextTick(() => session.onDeadline());
    return isOverdue;
  }

  /**
   * @internal Bytes that a message takes as it travels now, if that is more than the server takes of one; else 0. Text is UTF-8 and has its
   * type before it; over polling, bytes are base64 and have theirs.
   */
  _excess(data: RawData): number {
    const max = this._maxPayload;
    let bytes: number;
    if (typeof data === "string") {
      // Hot path: no character has more than three bytes, so that most messages need not be encoded to be measured.
      if (3 * data.length < max) return 0;
      bytes = new Blob([data]).size + 1;
    } else {
      const { byteLength, size } = data as { byteLength?: number; size?: number };
      bytes = byteLength ?? size ?? 0;
      if (this.transport.name === "polling") bytes = Math.ceil(bytes / 3) * 4 + 1;
    }
    return bytes > max ? bytes : 0;
  }

  /** @internal A timer that keeps no process alive if `autoUnref` says so. */
  _setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = this.setTimeoutFn(callback, delayMs);
    if (this.opts.autoUnref) (timer as { unref(): void }).unref();
    return timer;
  }

  /** @internal */
  abstract _kit(): Kit;

  /** An event that the layer above hears, too, after the listeners. */
  private _tell<Ev extends keyof SocketReceiver>(ev: Ev, ...args: Parameters<SocketReceiver[Ev]>): void {
    this.emitReserved(ev, ...(args as Parameters<SocketReservedEvents[Ev]>));
    (this.receiver as Partial<SocketReservedEvents> | null)?.[ev]?.(...(args as [never, never]));
  }

  private _statics(): typeof SocketBase {
    return this.constructor as typeof SocketBase;
  }

  private _classOf(name: string): TransportCtor | undefined {
    return this._classes[this.transports.indexOf(name)];
  }

  private _open(Class: TransportCtor | undefined): void {
    const transport = Class && this._create(Class);
    const now = Date.now();
    // One that hangs must leave time to those that may be tried after it.
    const tries = (this.opts.tryAllTransports && this._classes.length) || 1;
    const session: ClientSession = new ClientSession(
      {
        now: Date.now,
        onPacket: (packet) => {
          this.emitReserved("packet", packet);
          this.emitReserved("heartbeat");
        },
        onMessage: (data) => {
          this._tell("data", data);
          this.emitReserved("message", data);
        },
        onHeartbeat: () => {
          this._tell("ping");
          this.emitReserved("pong");
        },
        onFlush: () => {
          this.emitReserved("flush");
        },
        onDrain: () => this.emitReserved("drain"),
        onDeadlineSet: () => this._arm(),
        onOpen: (handshake) => this._onOpen(handshake),
        onUpgrade: (carrier) => {
          this._remember();
          this.emitReserved("upgrade", carrier as Transport);
        },
        onClose: (cause) => this._onClose(cause),
      },
      transport ?? nowhere(),
      now + (this._openBy - now) / tries,
    );
    this._session = () => session;
    this._arm();
    // Whoever made this socket can listen first.
    nextTick(() => {
      if (__DEBUG__) debug("opening %s", transport?.name);
      if (transport) transport.open();
      else session.fail({ reason: "transport error", description: "No transports available" });
    });
  }

  private _create(Class: TransportCtor): Transport {
    const name = nameOf(Class);
    const { opts } = this;
    const query: Record<string, unknown> = { ...(opts.query as object), EIO: protocol, transport: name };
    if (this.id) query["sid"] = this.id;
    const options = { ...opts, query, socket: this, ...opts.transportOptions?.[name] };
    return new Class(options as unknown as TransportOptions);
  }

  private _onOpen(handshake: Handshake): void {
    const { transport, opts } = this;
    this.id = handshake.sid;
    this._maxPayload = handshake.maxPayload ?? Infinity;
    transport.onHandshake(handshake);
    this._remember();
    this.emitReserved("handshake", handshake);
    this._tell("open");
    // Only what can be paused can be left.
    if (this.readyState !== "open" || !opts.upgrade || !("pause" in transport)) return;
    const better = this.transports.filter((name) => name !== transport.name && handshake.upgrades.includes(name));
    this._giveUpProbes = this._kit().probeAll?.(this._session(), better, {
      create: (name) => this._create(this._classOf(name)!),
      after: (delayMs, run) => this._setTimeout(run, delayMs),
      onUpgrading: (candidate) => this.emitReserved("upgrading", candidate),
      onUpgradeError: (error) => this.emitReserved("upgradeError", error),
    });
  }

  private _remember(): void {
    this._statics().priorWebsocketSuccess = this.transport.name === "websocket";
  }

  private _onClose(cause: CloseCause): void {
    const { reason, description } = cause;
    if (__DEBUG__) debug("closed: %s", reason);
    this.clearTimeoutFn(this._timer);
    this._timerDue = Infinity;
    this._giveUpProbes?.();
    const isError = reason === "transport error";
    // A handshake that led to nothing counts as well, however it ended: the next one shall not run into the same wall.
    if (isError || !this.id) this._statics().priorWebsocketSuccess = false;
    if (this.opts.tryAllTransports && !this.id && this._classes[1] && cause !== FORCED && cause !== NETWORK_LOST) {
      const failed = this.transports.indexOf(this.transport.name);
      this.transports.splice(failed, 1);
      this._classes.splice(failed, 1);
      return this._open(this._classes[0]);
    }
    if (isError) this._tell("error", description as Error);
    this._leavePage();
    this.id = null;
    this._tell("close", reason, description);
  }

  /** One timer. It is left alone when the deadline moves away, which it does with each ping, and looks again when it fires. */
  private _arm(): void {
    const { deadline } = this._session();
    if (deadline >= this._timerDue) return;
    this.clearTimeoutFn(this._timer);
    this._timerDue = deadline;
    const fire = () => {
      this._timerDue = Infinity;
      const session = this._session();
      if (session.deadline <= Date.now()) session.onDeadline();
      else this._arm();
    };
    this._timer = this._setTimeout(fire, Math.min(deadline - Date.now(), MAX_TIMER_MS));
  }
}

/** Stands for the transport of a socket that has none to connect with: all that a session asks of it before it is open. */
function nowhere(): SessionTransport {
  const transport: Pick<SessionTransport, "sink" | "close" | "discard"> = {
    sink: null,
    close: () => transport.sink?.onClose(FORCED),
    discard() {},
  };
  return transport as SessionTransport;
}

function nameOf(Class: TransportCtor): string {
  return Class.prototype.name;
}
