import type { IncomingMessage, OutgoingHttpHeaders, Server as HttpServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { attachTo, claim, type AnyHttpServer } from "./attachment.js";
import { BaseServer } from "./base-server.js";
import { SessionDirectory } from "./cluster/session-directory.js";
import { respondRefusal } from "./http/exchange.js";
import { isOver, NodeExchange, refuseUpgrade } from "./http/node.js";
import type { EngineRequest } from "./http/request.js";
import { UpgradeResponse } from "./http/upgrade-response.js";
import type { AttachOptions, ServerOptions } from "./options.js";
import type { WebSocketEndpoint } from "./websocket/endpoint.js";
import { offersDeflate } from "./websocket/handshake.js";
import { OwnEngine } from "./websocket/own-engine.js";
import { WsEngine } from "./websocket/ws-engine.js";

const HEADERS = Symbol("headers of the 101 answer");

/** An upgrade request on its way to the 101. */
interface UpgradeRequest extends EngineRequest {
  [HEADERS]?: { readonly fromMiddlewares: OutgoingHttpHeaders; readonly sid: string | null } | undefined;
}

/** An Engine.IO server on node:http. */
export class Server extends BaseServer {
  /** Set by `listen`. */
  httpServer: HttpServer | undefined;
  /** WebSockets by `ws`, or by what was given in its place; only where it is needed. */
  private ws: WsEngine | undefined;
  /** WebSockets without extensions, unless the application chose who serves them. */
  private own: OwnEngine | undefined;
  private readonly choseEngine: boolean;
  /** Undefined unless the servers of a cluster pass on each other's requests. */
  private readonly directory: SessionDirectory | undefined;

  constructor(options?: ServerOptions) {
    super(options);
    this.choseEngine = options?.wsEngine !== undefined;
    const { sessionBus } = this.opts;
    this.directory = sessionBus && new SessionDirectory(sessionBus, this);
    this.init();
  }

  /** Serves the requests of an HTTP server that are below a path; all others reach the listeners that it had. */
  attach(server: AnyHttpServer, options: AttachOptions = {}): void {
    // Those of node:http2 have a compatible interface, of which only this much is used.
    const path = this._computePath(options);
    this.directory?.start(path);
    attachTo(server as HttpServer, path, options, {
      takesUpgrades: this.opts.transports.includes("websocket"),
      onRequest: (req, res) => this.handleRequest(req, res),
      onUpgrade: (req, socket, head) => this.handleUpgrade(req, socket, head),
      onListening: () => {
        this.init();
        this.directory?.start(path);
      },
      onClose: () => this.close(),
    });
  }

  /** Serves one HTTP request: for frameworks that do their own routing. */
  handleRequest(req: IncomingMessage, res: ServerResponse): void {
    this.prepare(req);
    const { directory } = this;
    if (directory === undefined) return this.serve(req, res);
    directory.forward(req, res, () => this.serve(req, res));
  }

  /** Serves one upgrade request. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Before anything is waited for: an error without a listener would end the process (CVE-2022-41940).
    socket.on("error", ignore);
    if (!claim(socket)) return;
    this.prepare(req);
    const { directory } = this;
    if (directory === undefined) return this.serveUpgradeOf(req, socket, head);
    directory.forwardUpgrade(req, socket, head, () => this.serveUpgradeOf(req, socket, head));
  }

  override close(): this {
    super.close();
    this.directory?.stop();
    return this;
  }

  protected override newSessionId(id: string, done: (id: string) => void): void {
    const { directory } = this;
    if (directory === undefined) return done(id);
    directory.whenReady(() => done(directory.idOf(id)));
  }

  protected override init(): void {
    if (!this.opts.transports.includes("websocket")) return;
    this.cleanup();
    const { opts, choseEngine } = this;
    const { maxHttpBufferSize: maxPayload, perMessageDeflate = false } = opts;
    const onHeaders = (lines: string[], req: IncomingMessage): void =>
      this.addHeaderLines(lines, req as UpgradeRequest);
    // Loaded now rather than for a client: what fails here is told to whoever makes the server.
    const needsWs = choseEngine || Boolean(perMessageDeflate);
    this.ws = needsWs ? new WsEngine(opts.wsEngine, { perMessageDeflate, maxPayload }, onHeaders) : undefined;
    this.own = choseEngine ? undefined : new OwnEngine(onHeaders);
  }

  protected override cleanup(): void {
    this.ws?.close();
    this.own?.close();
  }

  private serve(req: EngineRequest, res: ServerResponse): void {
    const refusal = this.tooSoon(req);
    if (refusal !== undefined) return respondRefusal(new NodeExchange(req, res), refusal);
    this._applyMiddlewares(req, res, (error) => {
      // A middleware may have answered, and the peer may have left.
      if (!isOver(res)) this.serveRequest(new NodeExchange(req, res), error);
    });
  }

  private serveUpgradeOf(req: EngineRequest, socket: Duplex, head: Buffer): void {
    const refusal = this.tooSoon(req);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    const res = new UpgradeResponse(socket);
    this._applyMiddlewares(req, res, (error) => {
      res.release();
      if (res.writableEnded) return;
      const headers = res.getHeaders();
      this.serveUpgrade(
        {
          request: req,
          refuse: (refusal) => refuseUpgrade(socket, refusal),
          accept: (sid, onEndpoint) => this.accept(req, socket, head, { fromMiddlewares: headers, sid }, onEndpoint),
        },
        error,
      );
    });
  }

  private accept(
    req: UpgradeRequest,
    socket: Duplex,
    head: Buffer,
    headers: UpgradeRequest[typeof HEADERS],
    onEndpoint: (endpoint: WebSocketEndpoint) => void,
  ): void {
    req[HEADERS] = headers;
    // Only `ws` compresses. If that was chosen after the beginning, it is not there.
    const deflates = this.ws !== undefined && Boolean(this.opts.perMessageDeflate) && offersDeflate(req);
    const engine = this.own !== undefined && !deflates ? this.own : this.ws!;
    engine.accept(req, socket, head, this.opts.maxHttpBufferSize, (endpoint) => {
      req[HEADERS] = undefined;
      socket.removeListener("error", ignore);
      onEndpoint(endpoint);
    });
  }

  private addHeaderLines(lines: string[], req: UpgradeRequest): void {
    const { fromMiddlewares = {}, sid = null } = req[HEADERS] ?? {};
    const headers = { ...fromMiddlewares };
    this.completeHeaders(headers, req, sid);
    for (const [name, value] of Object.entries(headers)) {
      // A line for each: a comma would break cookies.
      for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${one}`);
    }
  }
}

/** The end of such a connection is seen by its `close`. */
function ignore(): void {}
