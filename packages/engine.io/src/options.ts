import type { SerializeOptions } from "cookie";
import type { SessionBus } from "./cluster/session-bus.js";
import { sessionCookie } from "./http/cookies.js";
import type { CorsOptions, CorsOptionsDelegate } from "cors";
import type { Backlog, SlowReaderPolicy } from "engine.io-parser/session";
import type { IncomingMessage } from "node:http";
import type { PerMessageDeflateOptions } from "ws";
import type { HttpCompressionOptions } from "./http/compression.js";
import type { ConnectionRateOptions } from "./address-rates.js";
import type { BindSession } from "./session-binding.js";
import type { Socket } from "./socket.js";
import { wsServer, type WsServerConstructor } from "./websocket/ws-engine.js";

export type TransportName = "polling" | "websocket" | "webtransport";

/** Where on an HTTP server an engine listens. */
export interface AttachOptions {
  /**
   * Path of the requests that are the engine's.
   * @default "/engine.io"
   */
  path?: string;
  /**
   * Whether to end upgrade requests for other paths that nobody has answered after {@link destroyUpgradeTimeout}.
   * @default true
   */
  destroyUpgrade?: boolean;
  /**
   * In ms; 0 means the default.
   * @default 1000
   */
  destroyUpgradeTimeout?: number;
  /**
   * Whether the path has to be followed by a slash.
   * @default true
   */
  addTrailingSlash?: boolean;
}

/** Of the engine; Socket.IO has more. */
export interface RateLimitOptions {
  /**
   * Handshakes of one address, whatever the transport (IPv6: of its first 64 bits). Beyond it they are answered with 429 and
   * `Retry-After`, before any middleware. Requests with an unknown session id count as well. WebTransport sessions have no address, and
   * are the HTTP/3 server's to count.
   */
  readonly connections?: ConnectionRateOptions | undefined;
}

export interface ServerOptions {
  /**
   * How long the server waits for an answer to a ping before it closes the session, in ms. Raise it for phones that sleep;
   * each second more keeps dead sessions a second longer.
   * @default 20000
   */
  pingTimeout?: number;
  /**
   * How long after the last answer the next ping leaves, in ms.
   * @default 25000
   */
  pingInterval?: number;
  /**
   * How long an upgrade to another transport may take before it is given up, in ms.
   * @default 10000
   */
  upgradeTimeout?: number;
  /**
   * How long the application may take over a request, in ms: its middlewares together, `allowRequest`, and `generateId`, each. Then
   * the request is refused with code 3. 0 means for ever: connections that wait are then as many as clients like.
   * @default 45000
   */
  handshakeTimeout?: number;
  /**
   * Whether a session keeps its first request as `request`. Without it an idle session needs less memory (docs/options.md); it is null
   * once the listeners of `connection` have run, so that these have to take what they need. Then `socket.handshake` of Socket.IO has
   * neither headers, nor URL and query.
   * @default true
   */
  keepRequest?: boolean;
  /**
   * Size of the largest message, and of the largest body of a polling request, in bytes.
   * @default 1e6
   */
  maxHttpBufferSize?: number;
  /**
   * How much may wait for a peer that reads slower than the application sends, in bytes (UTF-16 units for text), not counting the
   * largest message. It is looked at once the peer had a turn of the event loop to read in, and more is sent: a burst within one
   * turn may exceed it. What then happens is said by {@link slowReader}. 0 means no limit.
   * @default 16777216 (16 MiB)
   */
  maxBufferedBytes?: number;
  /**
   * As {@link maxBufferedBytes}, for the number of packets. 0 means no limit.
   * @default 100000
   */
  maxBufferedPackets?: number;
  /**
   * What becomes of a peer for which too much waits:
   *
   * - `"disconnect"`: its session ends with the reason "transport error" and a {@link SlowReaderError};
   * - `"drop-oldest"`: messages that wait longest make room for new ones;
   * - `"drop-newest"`: new messages are dropped;
   * - `"drop-volatile"`: volatile messages that wait are dropped.
   *
   * If nothing can be dropped, the session ends all the same. Messages go whole, with their attachments; of Socket.IO only events
   * go, whose acknowledgements then don't come. A function is asked at each message. The event `slow_reader` tells.
   * @default "disconnect"
   */
  slowReader?: SlowReaderPolicy | ((socket: Socket, backlog: Backlog) => SlowReaderPolicy);
  /**
   * How fast clients may come. Fixed when the server is made.
   * @default no limit
   */
  rateLimit?: RateLimitOptions;
  /**
   * The address of the client of a request, for {@link rateLimit} and {@link bindSession}. Behind a proxy: what that one says, in a header
   * which it sets itself and clients cannot.
   * @default the peer's of the connection
   */
  addressOf?: (req: IncomingMessage) => string;
  /**
   * What has to be the same in all requests of a polling session, upgrades included: the address, a cookie, or what a function makes of
   * a request. Whoever found out the id of a session cannot take part in it then: the id is unknown to them. A handshake by polling
   * without the cookie, or for which the function gives undefined, is refused with code 3. If the cookie is the one of {@link cookie},
   * it has to come back. Fixed when the server is made.
   * @default the id alone
   */
  bindSession?: BindSession;
  /**
   * Asked for every handshake (not for later requests of a session): call `fn(null, true)` to accept; the first argument, if
   * it is a string, is the message of the refusal.
   */
  allowRequest?: (
    req: IncomingMessage,
    fn: (err: string | null | undefined, success: boolean) => void,
  ) => void | Promise<void>;
  /**
   * Transports that clients may use.
   * @default ["polling", "websocket"]
   */
  transports?: TransportName[];
  /**
   * Whether clients are told of transports to upgrade to.
   * @default true
   */
  allowUpgrades?: boolean;
  /**
   * Compression of WebSocket messages; options as for the package `ws`.
   * @default false
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /**
   * Compression of polling answers: options of node:zlib and a `threshold` in bytes (default 1024).
   * @default true
   */
  httpCompression?: boolean | HttpCompressionOptions;
  /**
   * Who serves WebSockets: a class with the interface of `Server` of the package `ws`. By default `ws` serves those that compress
   * ({@link perMessageDeflate}), and the engine itself all others.
   */
  wsEngine?: WsServerConstructor;
  /** Sent to every client as a first message, together with the handshake. */
  // Whatever can be sent: text, bytes, or what turns into text.
  initialPacket?: unknown;
  /**
   * A cookie with the session id for load balancers that route by it: true, or attributes and `name` (default "io").
   * @default false
   */
  cookie?: boolean | (SerializeOptions & { name?: string });
  /**
   * Cross-origin requests: options of the package `cors`. Off, no page of another origin gets an answer.
   * @default false
   */
  cors?: CorsOptions | CorsOptionsDelegate | boolean;
  /**
   * Whether clients of protocol 3 (Socket.IO 2) are served.
   * @default false
   */
  allowEIO3?: boolean;
  /**
   * Makes sticky sessions unnecessary: requests of a session that reach another server of the cluster are passed on to the one that
   * has it. Not on uWebSockets.js. See docs/clusters.md.
   * @default none: such requests are refused with code 1
   */
  sessionBus?: SessionBus;
  /**
   * How many requests and WebSockets of other servers' sessions this one passes on at the same time. What is beyond is answered with 503.
   * 0 means no limit.
   * @default 10000
   */
  maxForwards?: number;
}

/** Options with all defaults filled in. They are read when used, so changing them at run time works for new sessions and timers. */
export interface EngineOptions extends ServerOptions {
  pingTimeout: number;
  pingInterval: number;
  upgradeTimeout: number;
  handshakeTimeout: number;
  keepRequest: boolean;
  maxHttpBufferSize: number;
  maxBufferedBytes: number;
  maxBufferedPackets: number;
  maxForwards: number;
  slowReader: SlowReaderPolicy | ((socket: Socket, backlog: Backlog) => SlowReaderPolicy);
  transports: TransportName[];
  allowUpgrades: boolean;
  httpCompression: false | HttpCompressionOptions;
  perMessageDeflate?: false | PerMessageDeflateOptions;
  wsEngine: WsServerConstructor;
  cookie?: false | (SerializeOptions & { name: string });
}

/** A member that is given as undefined counts as not given. */
export function withDefaults(given: ServerOptions): EngineOptions {
  const options = {
    pingTimeout: 20_000,
    pingInterval: 25_000,
    upgradeTimeout: 10_000,
    handshakeTimeout: 45_000,
    keepRequest: true,
    maxHttpBufferSize: 1e6,
    slowReader: "disconnect" as const,
    transports: ["polling", "websocket"] as TransportName[],
    allowUpgrades: true,
    cors: false,
    allowEIO3: false,
    ...definedOnly(given),
  };
  const cookie = merged(given.cookie, { name: "io", path: "/", httpOnly: true, sameSite: "lax" as const });
  // A name or attribute that breaks out of the header throws here, not at the first client.
  if (cookie) sessionCookie(cookie, "");
  const all = {
    ...options,
    maxBufferedBytes: (given.maxBufferedBytes ?? 16 * 1024 * 1024) || Infinity,
    maxBufferedPackets: (given.maxBufferedPackets ?? 100_000) || Infinity,
    maxForwards: (given.maxForwards ?? 10_000) || Infinity,
    httpCompression: merged(given.httpCompression ?? true, { threshold: 1024 }),
    perMessageDeflate: merged(given.perMessageDeflate, { threshold: 1024 }),
    cookie,
  };
  return (all.wsEngine === undefined ? Object.defineProperty(all, "wsEngine", WS_WHEN_READ) : all) as EngineOptions;
}

/** Most engines never need `ws`. One pair of functions for all of them: with others for each, their options would be slow to read. */
const WS_WHEN_READ: PropertyDescriptor = {
  get: wsServer,
  set(this: object, value: unknown) {
    Object.defineProperty(this, "wsEngine", { value, writable: true, enumerable: true, configurable: true });
  },
  enumerable: true,
  configurable: true,
};

function definedOnly<T extends object>(given: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

/**
 * Of an option that is true or an object; false if it is off. Defaults that the object does not replace stay; a member
 * that is given as undefined is off: a cookie without a path, for instance.
 */
function merged<Given extends object, Defaults extends object>(
  given: boolean | Given | undefined,
  defaults: Defaults,
): false | (Given & Defaults) {
  if (!given) return false;
  return { ...defaults, ...(given === true ? {} : given) } as Given & Defaults;
}
