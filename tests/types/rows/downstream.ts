// Code of packages and applications around ours (rows D-1, D-2, D-18, T-2; the guide's "rewritten to TypeScript").
import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import { Server, Socket, type Namespace } from "socket.io";
import { io, type Socket as ClientSocket } from "socket.io-client";

// D-2: admin-ui adds members to the server.
declare module "socket.io" {
  interface Server {
    _eventBuffer: string[];
    _pollingClientsCount: number;
  }
  interface Socket {
    feathers: { user?: string };
  }
}
export function instrument(server: Server<any, any, any, any>): number {
  server._eventBuffer = ["a"];
  for (const nsp of server._nsps.values()) typeOf(nsp.name).is<string>();
  typeOf(server.engine.clientsCount).is<number>();
  server.of("/admin").use(async (socket, next) => {
    socket.emit("session", 1);
    typeOf(socket.handshake.auth).is<{ [key: string]: any }>();
    next();
  });
  server.on("connection", (socket) => {
    assignable<typeof socket.conn.transport.name, string>();
    socket.onAny((name: string, ...args: unknown[]) => [name, args]);
    socket.onAnyOutgoing((...args) => args);
    socket.conn.on("upgrade", (transport: { name: string }) => transport.name);
    typeOf(socket.rooms).is<Set<string>>();
  });
  return server._pollingClientsCount;
}

// D-1: a gateway as NestJS has it, that knows nothing of events.
abstract class Gateway<S extends Server = Server> {
  server?: S;
  create(port: number | HttpServer): Server {
    return typeof port === "number" ? new Server(port, { cors: {} }) : new Server(port);
  }
  abstract onConnection(socket: Socket, ...args: unknown[]): unknown;
  bind(server: Server | Namespace): void {
    server.on("connection", (socket: Socket) => {
      this.onConnection(socket, socket.handshake.query["token"], socket.request);
      const emitter: EventEmitter = socket;
      emitter.once("disconnect", (reason: string) => reason);
    });
  }
}
interface ToClient {
  events: (data: string) => void;
}
class EventsGateway extends Gateway<Server<any, ToClient>> {
  onConnection(socket: Socket<any, ToClient>): string {
    socket.join(["a", "b"]);
    this.server?.to("a").emit("events", "joined");
    const request: IncomingMessage = socket.request;
    socket.feathers = { user: request.headers.host! };
    return socket.id;
  }
}
new EventsGateway().bind(new Server(createServer()));

// A server of any events where one is asked for; a typed one where its types don't matter.
const takesAny = (server: Server<any, any, any, any>): typeof server => server;
takesAny(new Server<{ a: () => void }, { b: (x: number) => void }, { c: () => void }, { d: 1 }>());
const takesSocket = (socket: Socket<any, any, any, any>): string => socket.id;
new Server<{ a: () => void }, ToClient>().on("connection", (socket) => takesSocket(socket));
// The documentation's idiom for a module that gets a server.
export default (server: Server, socket: Socket) => {
  const create = (payload: unknown, callback: (x: string) => void): void => callback(typeof payload);
  socket.on("order:create", create);
  server.emit("created");
};

// A real EventEmitter of Node.js, to its type as well.
const emitter: EventEmitter = new Server();
emitter.on("connection", () => {});
export const emitters: EventEmitter[] = [new Server().sockets];
const wait = async (socket: Socket): Promise<void> => {
  await EventEmitter.once(socket, "done");
  for await (const [event] of EventEmitter.on(socket, "event")) takesSocket(event as Socket);
};
new Server().on("connection", wait);

// The guide: no types from elsewhere, `extraHeaders` among the options.
new Server(8080).on("connection", (socket: Socket) => {
  socket.on("disconnect", () => console.log(`disconnect ${socket.id}`));
});
const client = io("/", { withCredentials: true, extraHeaders: { "my-custom-header": "abcd" } });
client.on("connect", () => console.log(`connect ${client.id}`));
export function disconnected(reason: ClientSocket.DisconnectReason): boolean {
  // @ts-expect-error the client has no such reason.
  if (reason === "server namespace disconnect") return false;
  return reason === "io server disconnect";
}
