/** The server of the chat: connections, rooms, messages. Start reading at {@link welcome}. */
import { createServer } from "node:http";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { Allowance } from "./allowance.js";
import type { Ack, ChatMessage, ClientToServerEvents, ServerToClientEvents, SocketData } from "./events.js";
import { listen } from "./listen.js";
import { servePage } from "./page.js";
import { LIMITS, readJoin, readMessage, readName } from "./public/rules.js";
import type { WorkerEvents } from "./replica.js";
import { Rooms } from "./rooms.js";

type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, WorkerEvents, SocketData>;
type ChatSocket = Socket<ClientToServerEvents, ServerToClientEvents, WorkerEvents, SocketData>;

/** People at once in one process, in all rooms together. */
const MAX_PEOPLE = 1000;

/** The last three: one of several workers (workers.ts). */
export interface DemoOptions extends Pick<Partial<ServerOptions>, "adapter" | "sessionBus"> {
  /** Default: the first free port from 3000 up. 0: any free port. */
  port?: number;
  /** Default: this machine only. */
  host?: string;
  /** Clock in ms since 1970. */
  now?: () => number;
  /** Default: rooms of this process alone. `onChange` is told of those that another process has changed. */
  roomsOf?: (io: ChatServer, onChange: (room: string) => void) => Rooms;
}

export interface Demo {
  url: string;
  io: ChatServer;
  close(): Promise<void>;
}

export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const { port, host = "127.0.0.1", now = Date.now, roomsOf = () => new Rooms(), ...clusterOptions } = options;
  const httpServer = createServer((request, response) => {
    servePage(request, response).catch(() => response.writeHead(500).end());
  });
  const io: ChatServer = new Server(httpServer, { maxHttpBufferSize: LIMITS.packetBytes, ...clusterOptions });
  const rooms = roomsOf(io, (room) => announce(io, rooms, room));

  // A middleware runs once for each connection, before it exists. Its error becomes `connect_error` in the page, `data` too.
  io.use((socket, next) => {
    if (io.of("/").sockets.size >= MAX_PEOPLE) return next(new Error("The chat is full. Please try again later."));
    const name = readName(socket.handshake.auth["name"]);
    if (!name.ok) return next(Object.assign(new Error(name.reason), { data: { field: "name" } }));
    socket.data.name = name.value;
    socket.data.room = null;
    next();
  });
  io.on("connection", (socket) => welcome(io, socket, rooms, now));

  const boundPort = await listen(httpServer, host, port);
  return {
    io,
    url: urlOf(host, boundPort),
    async close() {
      const closed = io.close(); // the HTTP server too
      httpServer.closeAllConnections();
      await closed;
    },
  };
}

export function urlOf(host: string, port: number): string {
  return `http://${host === "0.0.0.0" ? "localhost" : host}:${port}`;
}

/** Everything that one person can do. */
function welcome(io: ChatServer, socket: ChatSocket, rooms: Rooms, now: () => number): void {
  const allowance = new Allowance(30, 5, now());

  socket.emit("rooms", rooms.summaries());

  socket.on("join", (input, ack) => {
    const answer = answering(ack);
    if (!allowance.take(now())) return answer(TOO_FAST);
    const request = readJoin(input);
    if (!request.ok) return answer(request);
    const { room, after } = request.value;

    if (room !== socket.data.room) {
      const refusal = rooms.enter(room, { id: socket.id, name: socket.data.name });
      if (refusal !== null) return answer({ ok: false, reason: refusal });
      leaveRoom();
      socket.data.room = room;
      void socket.join(room);
    }
    answer({ ok: true, room });
    for (const message of rooms.historyAfter(room, after)) socket.emit("message", message);
    announce(io, rooms, room);
  });

  socket.on("message", (input, ack) => {
    const answer = answering(ack);
    if (!allowance.take(now())) return answer(TOO_FAST);
    const read = readMessage(input);
    if (!read.ok) return answer(read);
    const { id, room, text, picture } = read.value;
    if (room !== socket.data.room) return answer({ ok: false, reason: "You are not in this room." });

    // A page that lost our answer sends again. Then there is nothing to do but to answer.
    let message = rooms.find(room, id);
    if (message === undefined) {
      message = { id, room, author: socket.data.name, text, picture, sentAt: now() } satisfies ChatMessage;
      rooms.remember(message);
      socket.to(room).emit("message", message);
    }
    answer({ ok: true, sentAt: message.sentAt });
  });

  socket.on("rename", (input, ack) => {
    const answer = answering(ack);
    if (!allowance.take(now())) return answer(TOO_FAST);
    const name = readName(input);
    if (!name.ok) return answer(name);
    socket.data.name = name.value;
    const { room } = socket.data;
    if (room !== null) {
      rooms.enter(room, { id: socket.id, name: name.value });
      announce(io, rooms, room);
    }
    answer({ ok: true, name: name.value });
  });

  // Volatile: news that nobody needs late. A slow connection drops it instead of queueing it.
  socket.on("typing", () => {
    const { room, name } = socket.data;
    if (room !== null && allowance.take(now())) socket.volatile.to(room).emit("typing", name);
  });

  socket.on("round-trip", (ack) => {
    if (typeof ack === "function") ack();
  });

  socket.on("disconnect", leaveRoom);

  function leaveRoom(): void {
    const { room } = socket.data;
    if (room === null) return;
    socket.data.room = null;
    void socket.leave(room);
    rooms.leave(room, socket.id);
    announce(io, rooms, room);
  }
}

/** To those of this process: each knows the rooms by itself. */
function announce(io: ChatServer, rooms: Rooms, room: string): void {
  io.local.to(room).emit("people", rooms.people(room));
  io.local.emit("rooms", rooms.summaries());
}

const TOO_FAST = { ok: false, reason: "That was too much at once. Please wait a moment." } as const;

/** A hand-written client may send anything in place of the function that takes our answer. */
function answering<T>(ack: Ack<T>): Ack<T> {
  return typeof ack === "function" ? ack : () => {};
}
