import debugModule from "debug";
import { BaseServer } from "./base-server.js";
import { respondRefusal } from "./http/exchange.js";
import { readUwsHandshake, UwsExchange } from "./http/uws.js";
import type { AttachOptions, ServerOptions } from "./options.js";
import type { UwsApp, UwsContext, UwsHttpRequest, UwsHttpResponse, UwsOptions, UwsWebSocket } from "./uws-types.js";
import type { WebSocketEndpoint } from "./websocket/endpoint.js";
import { UwsEndpoint } from "./websocket/uws-endpoint.js";

const debug = debugModule("engine:uws");

/**
 * An Engine.IO server on an app of uWebSockets.js.
 *
 * ```js
 * const app = uWS.App();
 * const engine = new uServer();
 * engine.attach(app);
 * app.listen(3000, () => {});
 * ```
 */
// Upstream's name (row E-1).
export class uServer extends BaseServer {
  constructor(options?: ServerOptions) {
    super(options);
    if (options?.sessionBus !== undefined) {
      throw new TypeError("sessionBus: an app of uWebSockets.js cannot pass requests on; use sticky sessions");
    }
  }

  /**
   * Serves the requests for exactly one path.
   * @param options `maxHttpBufferSize` limits WebSocket messages as it is now; `destroyUpgrade` has no meaning here
   */
  attach(app: UwsApp, options: AttachOptions & UwsOptions = {}): void {
    const path = this._computePath(options);
    debug("serving path %s of an app", path);
    const compresses = Boolean(options.compression);
    app.any(path, (res, req) => this.handleRequest(res, req));
    app.ws(path, {
      ...given(options),
      maxPayloadLength: this.opts.maxHttpBufferSize,
      upgrade: (res, req, context) => this.handleUpgrade(res, req, context),
      open: (ws) => onOpen(ws, compresses),
      message: onMessage,
      drain: onDrain,
      close: onClose,
    });
  }

  protected override init(): void {}

  /** The routes belong to the app, and stay. */
  protected override cleanup(): void {}

  private handleRequest(res: UwsHttpResponse, req: UwsHttpRequest): void {
    const exchange = new UwsExchange(res, req, this.opts.maxHttpBufferSize);
    const refusal = this.tooSoon(exchange.request);
    if (refusal !== undefined) return respondRefusal(exchange, refusal);
    this.runMiddlewares(exchange, (error) => this.serveRequest(exchange, error));
  }

  private handleUpgrade(res: UwsHttpResponse, req: UwsHttpRequest, context: UwsContext): void {
    const exchange = new UwsExchange(res, req, 0);
    const tooSoon = this.tooSoon(exchange.request);
    if (tooSoon !== undefined) return respondRefusal(exchange, tooSoon);
    const handshake = readUwsHandshake(req, context);
    const { request } = exchange;
    const accept = (newSid: string | null, onEndpoint: OnEndpoint): void => {
      if (exchange.isOver) return;
      // Listeners see those of the middlewares too (row E-38).
      const headers = exchange.headersSoFar;
      this.completeHeaders(headers, request, newSid);
      exchange.upgrade(handshake, headers, { onEndpoint, endpoint: null } satisfies UserData);
    };
    const refuse = respondRefusal.bind(undefined, exchange);
    this.runMiddlewares(exchange, (error) => this.serveUpgrade({ request, refuse, accept }, error));
  }

  private runMiddlewares(exchange: UwsExchange, done: (error?: unknown) => void): void {
    if (this.cors === undefined && this.middlewares.length === 0) return done();
    this._applyMiddlewares(exchange.request, exchange.response, (error) => {
      // A middleware may have answered, and the peer may have left.
      if (!exchange.isOver) done(error);
    });
  }
}

type OnEndpoint = (endpoint: WebSocketEndpoint) => void;

/** Of a WebSocket. */
interface UserData {
  /** Until it is open. */
  onEndpoint: OnEndpoint | null;
  endpoint: UwsEndpoint | null;
}

function onOpen(ws: UwsWebSocket, compresses: boolean): void {
  const userData = ws.getUserData() as UserData;
  const { onEndpoint } = userData;
  const endpoint = new UwsEndpoint(ws, compresses);
  userData.endpoint = endpoint;
  userData.onEndpoint = null;
  onEndpoint!(endpoint);
}

function onMessage(ws: UwsWebSocket, message: ArrayBuffer, isBinary: boolean): void {
  (ws.getUserData() as UserData).endpoint!.onMessage(message, isBinary);
}

function onDrain(ws: UwsWebSocket): void {
  (ws.getUserData() as UserData).endpoint!.flush();
}

function onClose(ws: UwsWebSocket, code: number, message: ArrayBuffer): void {
  (ws.getUserData() as UserData).endpoint!.onClose(code, message);
}

/** Only those that are set: the library has its own defaults, and undefined is none of them. */
function given({ compression, idleTimeout, maxBackpressure }: UwsOptions): UwsOptions {
  return {
    ...(compression !== undefined && { compression }),
    ...(idleTimeout !== undefined && { idleTimeout }),
    ...(maxBackpressure !== undefined && { maxBackpressure }),
  };
}
