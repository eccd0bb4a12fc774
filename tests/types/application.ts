// An application in TypeScript as its author writes it: compiled against the installed tarballs by tests/dist/types.ts.
import { createServer } from "node:http";
import { Namespace, Server, Socket } from "socket.io";
import type {
  BroadcastOperator,
  DefaultEventsMap,
  DisconnectReason,
  Event,
  ExtendedError,
  RemoteSocket,
  ServerOptions,
} from "socket.io";
import io, { connect, io as named, Manager } from "socket.io-client";
import type { DisconnectDescription, ManagerOptions, Socket as ClientSocket, SocketOptions } from "socket.io-client";
import { Server as Engine, Transport, type AttachOptions, type ServerOptions as EngineOptions } from "engine.io";
import {
  Socket as EngineClient,
  Transport as EngineClientTransport,
  type Cookie,
  type HandshakeData,
  type SocketOptions as EngineClientOptions,
  type SocketReservedEvents as EngineClientEvents,
  type TransportCtor,
  type TransportName,
  type TransportReservedEvents,
  type WriteOptions,
} from "engine.io-client";
import {
  decodePacket,
  encodePayload,
  type BinaryType,
  type Packet,
  type PacketType,
  type RawData,
} from "engine.io-parser";
import { Decoder, Encoder, PacketType as Type, protocol, type Packet as SocketPacket } from "socket.io-parser";
import { Adapter, type BroadcastOptions, type Room, type SocketId } from "socket.io-adapter";

interface ClientToServer {
  message: (text: string, delivered: (at: number) => void) => void;
}
interface ServerToClient {
  message: (text: string) => void;
  ask: (question: string, answer: (text: string) => void) => void;
}
interface BetweenServers {
  refresh: () => void;
}
interface PerSocket {
  name: string;
}

const httpServer = createServer();
const options: Partial<ServerOptions> = { cors: { origin: "https://example.com" }, pingInterval: 10_000 };
const server = new Server<ClientToServer, ServerToClient, BetweenServers, PerSocket>(httpServer, options);

server.use((socket, next) => {
  const failure: ExtendedError = new Error("not authorized");
  failure.data = { code: 401 };
  if (socket.handshake.auth["token"] === "secret") next();
  else next(failure);
});

server.on("connection", (socket) => {
  const typed: Socket<ClientToServer, ServerToClient, BetweenServers, PerSocket> = socket;
  typed.data.name = "Ann";
  socket.on("message", (text, delivered) => {
    const upper: string = text.toUpperCase();
    socket.to("lobby").except(["muted"]).emit("message", upper);
    delivered(1);
  });
  socket.on("disconnect", (reason: DisconnectReason) => reason.length);
  socket.use((event: Event, next) => next(event.length > 9 ? new Error("too long") : undefined));
  // @ts-expect-error The event map has no such event.
  socket.emit("mesage", "typo");
  // @ts-expect-error The event map says that a message is a string.
  socket.emit("message", 1);
});

const lobby: BroadcastOperator<ServerToClient, PerSocket> = server.to("lobby");
lobby.emit("message", "to all");
const chat: Namespace = new Server().of("/chat");
chat.emit("anything", 1, new Uint8Array(2));
export async function names(): Promise<string[]> {
  const sockets: RemoteSocket<ServerToClient, PerSocket>[] = await server.fetchSockets();
  return sockets.map((remote) => remote.data.name);
}

const client: ClientSocket<ServerToClient, ClientToServer> = io("http://localhost:3000", { auth: { token: "secret" } });
client.on("message", (text) => text.length);
client.on("ask", (question, answer) => answer(question.toUpperCase()));
client.on("connect_error", (error) => error.message);
client.on("disconnect", (reason, description?: DisconnectDescription) => [reason, description]);
client.emit("message", "hello", (at) => at.toFixed(1));
client.timeout(1000).emit("message", "hello", (error: Error | null, at: number) => [error, at]);
// @ts-expect-error The event map says that a message is a string.
client.emit("message", 1, () => {});

const clientOptions: Partial<ManagerOptions & SocketOptions> = { transports: ["websocket"], reconnectionDelay: 100 };
const manager = new Manager("http://localhost:3000", clientOptions);
export const sockets = [manager.socket("/a"), connect("http://localhost:3000"), named("http://localhost:3000")];

const engineOptions: EngineOptions = { maxHttpBufferSize: 1e6, transports: ["polling", "websocket"] };
const attachOptions: AttachOptions = { path: "/engine.io" };
const engine = new Engine(engineOptions);
engine.attach(httpServer, attachOptions);
export const transportName = (transport: Transport): string => transport.name;
const engineClientOptions: Partial<EngineClientOptions> = { path: "/engine.io" };
const raw = new EngineClient("ws://localhost:3000", engineClientOptions);
raw.on("open", () => raw.send("hello"));
raw.on("handshake", ({ sid, upgrades, pingInterval }: HandshakeData) => [sid, upgrades.length, pingInterval]);
const writeOptions: WriteOptions = { compress: false };
raw.send(new Uint8Array(1), writeOptions, () => {}).write("x");
const engineEvents: (keyof EngineClientEvents)[] = ["open", "upgradeError", "close"];
const transportEvents: (keyof TransportReservedEvents)[] = ["open", "packet", "drain", "error", "close"];
export const eventNames = [...engineEvents, ...transportEvents];
export const cookie: Cookie = { name: "a", value: "b", expires: new Date() };

class OwnTransport extends EngineClientTransport {
  get name(): TransportName {
    return "polling";
  }
  doOpen(): void {
    this.onOpen();
  }
  doClose(): void {}
  write(packets: Packet[]): void {
    this.onData(packets.length.toFixed());
    this.writable = true;
    this.emitReserved("drain");
  }
}
const implementations: TransportCtor[] = [OwnTransport];
new EngineClient({ transportImplementations: implementations }).close();

const binaryType: BinaryType = "arraybuffer";
const packetType: PacketType = "message";
const packet: Packet = { type: packetType, data: "x" satisfies RawData };
encodePayload([packet], (payload) => payload.length);
export const decoded = decodePacket("4x", binaryType);

const event: SocketPacket = { type: Type.EVENT, nsp: "/", data: ["a", protocol] };
export const parts = new Encoder().encode(event);
new Decoder().on("decoded", (received: SocketPacket) => received.nsp);

class CountingAdapter extends Adapter {
  broadcasts = 0;
  override broadcast(broadcastPacket: SocketPacket, opts: BroadcastOptions): void {
    this.broadcasts++;
    super.broadcast(broadcastPacket, opts);
  }
  firstIn(room: Room): SocketId | undefined {
    return [...(this.rooms.get(room) ?? [])][0];
  }
}
export const withAdapter = new Server<DefaultEventsMap>(httpServer, { adapter: CountingAdapter });
