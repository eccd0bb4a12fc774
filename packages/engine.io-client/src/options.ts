import type { TransportCtor, TransportName } from "./transports/table.js";

/** A certificate or key, as text or bytes, or several of them. */
export type Certificates = string | Uint8Array | readonly (string | Uint8Array)[];

/** Options of the engine. Those marked "Node" have no effect in browsers. */
export interface SocketOptions {
  /** Host, if no URL is given; default: the page's. */
  host?: string;
  hostname?: string;
  port?: string | number;
  /** TLS or not, if no URL is given; default: as the page. */
  secure?: boolean;
  /** Additions to the query string of each request, as object or text. `EIO transport sid j t b64` are ours. */
  query?: string | Record<string, unknown>;
  /** Path on the server. @default "/engine.io" */
  path?: string;
  /** Whether the path ends with a slash. @default true */
  addTrailingSlash?: boolean;
  /** Names of transports, best tried first; or their classes. @default ["polling", "websocket", "webtransport"] */
  transports?: readonly (TransportName | TransportCtor)[];
  /** Transport classes in place of {@link transports}. */
  transportImplementations?: readonly TransportCtor[];
  /** Whether to go on to a better transport once connected. @default true */
  upgrade?: boolean;
  /** Begin with WebSocket if the last connection of this process or page used it with success. @default false */
  rememberUpgrade?: boolean;
  /** Try the next transport if the first one can't connect. @default false */
  tryAllTransports?: boolean;
  /**
   * How long connecting may take, in ms; false: for ever. With {@link tryAllTransports} they share it, so that one which hangs
   * leaves time to the next. @default 20000
   */
  timeout?: number | false;
  /** Options for one transport alone, by its name. */
  transportOptions?: Record<string, object>;
  /** Request headers. In browsers a WebSocket can't send any. */
  extraHeaders?: Record<string, string>;
  /** Browsers: cookies to other origins too. Node: keep cookies and send them. @default false */
  withCredentials?: boolean;
  /** Send bytes as text, and have the server do so. @default false */
  forceBase64?: boolean;
  /** Whether each request gets a stamp that no cache has seen; default: polling only. */
  timestampRequests?: boolean;
  /** Name of the stamp in the query string. @default "t" */
  timestampParam?: string;
  /** Sub-protocols offered by WebSocket. */
  protocols?: string | string[];
  /** How long one request of polling may take, in ms; 0: for ever. @default 0 */
  requestTimeout?: number;
  /** Browsers: leave silently when the page goes away. @default false */
  closeOnBeforeunload?: boolean;
  /** Keep using the timers from before somebody (a test) replaced the global ones. @default false */
  useNativeTimers?: boolean;
  /** Node: keep no process alive. @default false */
  autoUnref?: boolean;
  /** Node: compression of WebSocket messages from `threshold` bytes on; false for none. @default {threshold: 1024} */
  perMessageDeflate?: boolean | { threshold?: number };
  /** Node: what makes connections; default: for polling one that keeps them alive, per socket. With it, WebSockets are those of the package `ws`. */
  agent?: unknown;
  /** Node: refuse servers whose certificate can't be verified. @default true */
  rejectUnauthorized?: boolean | null;
  /** Node, TLS: see `tls.connect`. */
  pfx?: Certificates;
  key?: Certificates;
  passphrase?: string;
  cert?: Certificates;
  ca?: Certificates;
  ciphers?: string;
  checkServerIdentity?: (hostname: string, certificate: never) => Error | undefined | boolean;
  /** Node: local address to connect from. */
  localAddress?: string;
  /** Node: 4 or 6. */
  family?: number;
  /** Bytes of the largest packet (polling: answer) that is taken. Browsers: WebTransport only. @default 104857600 (100 MiB) */
  maxPayload?: number;
  /** Node, WebSocket: `Origin` header. */
  origin?: string;
  /** Node, WebSocket: `Sec-WebSocket-Version`. */
  protocolVersion?: number;
}
