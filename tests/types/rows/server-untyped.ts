// A server without an events map (rows T-12, T-14, T-17 to T-21).
import { createServer } from "node:http";
import { Server, type BroadcastOperator, type DisconnectReason, type Namespace, type Socket } from "socket.io";
import type { DefaultEventsMap } from "socket.io";

enum Events {
  CONNECTION = "connection",
  CHAT = "chat",
}

const io = new Server(createServer());
const nsp = io.of("/chat");
typeOf(io).is<Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
typeOf(nsp).is<Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
typeOf(io.sockets).is<Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
// T-12: what is not given is the default, and what is emitted is what is listened to.
same<Server, Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
same<Socket, Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
same<Namespace, Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
// T-14
same<DefaultEventsMap[string], (...args: any[]) => void>();

// T-17
io.on("connection", (socket) => {
  typeOf(socket).is<Socket<DefaultEventsMap, DefaultEventsMap>>();
});
io.on(Events.CONNECTION, (socket) => {
  typeOf(socket).is<Socket<DefaultEventsMap, DefaultEventsMap>>();
});
nsp.on("connection", (socket) => {
  typeOf(socket).is<Socket<DefaultEventsMap, DefaultEventsMap>>();
});
nsp.once("connect", (socket) => {
  typeOf(socket).is<Socket<DefaultEventsMap, DefaultEventsMap>>();
});
io.on("new_namespace", (created) => {
  typeOf(created).is<Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
});
io.use((socket, next) => {
  typeOf(socket).is<Socket<DefaultEventsMap, DefaultEventsMap>>();
  next(new Error("no"));
});

io.on("connection", (socket) => {
  // T-18
  socket.on("disconnect", (reason) => {
    typeOf(reason).is<DisconnectReason>();
  });
  socket.on("disconnecting", (reason, description) => {
    typeOf(reason).is<DisconnectReason>();
    typeOf(description).is<any>();
  });
  socket.on("error", (error) => {
    typeOf(error).is<Error>();
  });
  // T-19
  socket.on("chat", (a, b, c) => {
    typeOf(a).is<any>();
    typeOf(b).is<any>();
    typeOf(c).is<any>();
  });
  socket.on(Events.CHAT, (a, b, c) => {
    typeOf(a).is<any>();
    typeOf(b).is<any>();
    typeOf(c).is<any>();
  });
  socket.on("chat", async (text: string, done: () => void) => void [text, done]);
  typeOf(socket.emit("chat", 1, [2], { three: Uint8Array.of(3) }, null, () => {})).is<boolean>();
  socket.emit("chat");
  socket.emit(Events.CHAT, 1, "a");
  typeOf(socket.data).is<any>();
});

// T-20
io.send(1, "a", {});
io.send();
nsp.send(1, "a", {});
typeOf(nsp.send()).is<Namespace>();
typeOf(io.emit("chat", 1)).is<boolean>();
typeOf(io.emit("chat")).is<boolean>();
typeOf(nsp.emit("chat", 1, () => {})).is<boolean>();

// T-21
io.on("connection", async (socket) => {
  typeOf(await socket.emitWithAck("chat", 1)).is<any>();
  typeOf(await socket.timeout(1).emitWithAck("chat", 1)).is<any>();
  typeOf(await socket.to("1").emitWithAck("chat", 1)).is<any>();
  typeOf(await io.timeout(1).to("1").emitWithAck("chat", 1)).is<any>();
});
const targets = io.to("1");
typeOf(targets.emitWithAck<string>).is<(ev: string, ...args: any[]) => Promise<any>>();
typeOf(targets.emitWithAck("chat", 1, "a")).is<Promise<any>>();
assignable<typeof targets, BroadcastOperator<DefaultEventsMap, any>>();
