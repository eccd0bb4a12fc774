// What applications do with the engine of a server (rows D-19, S-40, S-54, E-20; D-1 and D-10 for the HTTP server).
import * as http from "node:http";
import { Server, type ServerOptions } from "socket.io";
import { Server as Engine, attach, listen, uServer, type BaseServer } from "engine.io";
import { WebSocketServer } from "ws";

const io = new Server(http.createServer(), { wsEngine: WebSocketServer, initialPacket: "hello" });

// Middlewares of Express and others, which know more of a request than Node.js does.
interface Request extends http.IncomingMessage {
  session: { user?: string; reload(done: (err: unknown) => void): void };
  get(name: "set-cookie"): string[] | undefined;
}
interface Response<Body = any> extends http.ServerResponse {
  json: (body?: Body) => this;
  locals: Record<string, any>;
}
type NextFunction = { (err?: any): void; (deferToNext: "router"): void };
interface RequestHandler {
  (req: Request, res: Response, next: NextFunction): void | Promise<void>;
}
declare const session: RequestHandler;
declare const helmet: (req: http.IncomingMessage, res: http.ServerResponse, next: (err?: unknown) => void) => void;
io.engine.use(session);
io.engine.use(helmet);
io.engine.use((req: Request, res: Response, next: NextFunction) => {
  req.session.user = "Ann";
  res.locals["a"] = 1;
  next();
});
io.engine.use(async (_req: any, _res: any, next: any) => next());

typeOf(io.engine).is<Engine>();
typeOf(io.engine.clientsCount).is<number>();
assignable<typeof io.engine, BaseServer>();
io.engine.generateId = (req) => req.url + "1";
io.engine.generateId = async () => "1";
io.engine.opts.maxHttpBufferSize = 1e7;
io.engine.on("connection", (raw: { id: string; on(ev: string, fn: () => void): unknown }) => raw.on("close", () => {}));
io.engine.on("initial_headers", (headers: Record<string, string>, req: http.IncomingMessage) => [headers, req.url]);
io.engine.on("headers", (headers, req) => [headers, req]);
io.engine.on("connection_error", (err) => [err.code, err.message, err.context, err.req]);
io.engine.handleRequest;
io.engine.close();
declare const webTransport: any;
void io.engine.onWebTransportSession(webTransport);

// `bind` takes what has connections.
io.bind(new Engine());
io.bind(new uServer());
declare const ownEngine: any;
typeOf(io.bind(ownEngine)).is<typeof io>();
const app: any = undefined;
io.attachApp(app);
io.attachApp(app, { pingInterval: 1 });

io.httpServer.close();
io.httpServer.emit("connection", {});
io.on("connection", (socket) => {
  typeOf(socket.conn.remoteAddress).is<string>();
  typeOf(socket.conn.protocol).is<number>();
  const name: string = socket.conn.transport.name;
  socket.conn.once("upgrade", () => name);
  socket.conn.on("packet", ({ type, data }) => [type, data]);
  socket.conn.on("close", (reason: string) => reason);
  socket.client.conn.close();
  delete (socket.conn as { request?: unknown }).request;
  const { session: own } = socket.request as Request;
  typeOf(own.user).is<string | undefined>();
});

const options: Partial<ServerOptions> = {
  cors: (req, callback) => callback(null, { origin: req.headers.origin !== undefined }),
  allowRequest: (req, callback) => callback(null, req.headers.origin === undefined),
  cookie: { name: "io", path: "/", httpOnly: true, sameSite: "strict", maxAge: 1 },
  perMessageDeflate: { threshold: 1024, zlibDeflateOptions: { chunkSize: 1024 } },
  httpCompression: { threshold: 2048 },
  transports: ["polling", "websocket", "webtransport"],
};
attach(http.createServer(), options);
attach(http.createServer(), { path: "/x" });
listen(3000, { pingInterval: 1 }, () => {});
// A setting that may be absent.
declare const path: string | undefined;
declare const delay: number | undefined;
declare const serve: boolean | undefined;
io.path(path);
io.connectTimeout(delay);
io.serveClient(serve);
