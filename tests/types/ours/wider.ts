// Where our types say more than upstream's, or take more.
import { createServer } from "node:http";
import { Server, type Namespace, type ServerOptions } from "socket.io";
import { io, Manager, type Socket } from "socket.io-client";

interface Data {
  name: string;
}
// The data of a socket's namespace.
new Server<{}, {}, {}, Data>(createServer()).on("connection", (socket) => {
  typeOf(socket.nsp).is<Namespace<{}, {}, {}, Data>>();
});

// The client's `emit` returns true: the guide's "emit() chains are not supported anymore".
interface FromClient {
  plain: (a: number) => void;
}
const socket: Socket<{}, FromClient> = io();
typeOf(socket.emit("plain", 1)).is<true>();
// @ts-expect-error what was sent is not sent again.
socket.emit("plain", 1).emit("plain", 2);

// A Manager's events are those of its Sockets, unless a Socket has its own.
const manager = new Manager<{ hello: () => void }, FromClient>();
typeOf(manager.socket("/")).is<Socket<{ hello: () => void }, FromClient>>();
typeOf(manager.socket<{ bye: () => void }, {}>("/x")).is<Socket<{ bye: () => void }, {}>>();
socket.addEventListener("connect", () => {}).removeEventListener("connect");
typeOf(socket.connected && manager.timeout()).is<number | false>();

// Types of what upstream takes as `any`.
const server = new Server(createServer());
server.engine.use((req, _res, next) => {
  typeOf(req.headers.origin).is<string | undefined>();
  next();
});
// @ts-expect-error it has no connections.
server.bind({ close() {} });
// @ts-expect-error it is no application of uWebSockets.js.
server.attachApp(createServer());
const anyApp: any = undefined;
server.attachApp(anyApp, { compression: 1, idleTimeout: 60, maxBackpressure: 1024 });

// Errors of listeners.
new Server<{ a: () => void }, {}, {}, Data>(createServer()).on("listener_error", (error, socket, event) => {
  typeOf(error).is<unknown>();
  typeOf(socket?.data).is<Data | undefined>();
  typeOf(event).is<string | symbol>();
});

// Which servers of a cluster are missing from an answer.
typeOf(server.missingServers([])).is<readonly string[] | undefined>();

// Options of our own.
export const options: Partial<ServerOptions> = {
  maxNamespacesPerConnection: 10,
  incompletePacketTimeout: 1000,
  partialAnswers: true,
};
io({ transports: ["websocket"] as const });
