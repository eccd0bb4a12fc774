// The client (rows T-13, T-35 to T-40).
import { connect, io, Manager, Socket, type ManagerOptions, type SocketOptions } from "socket.io-client";
import defaultExport from "socket.io-client";

interface Anything {
  [event: string]: (...args: any[]) => void;
}
enum Events {
  CONNECT = "connect",
  CHAT = "chat",
}

// T-13
same<Socket, Socket<Anything, Anything>>();
same<Manager, Manager<Anything, Anything>>();
same<Socket<{ a: () => void }>, Socket<{ a: () => void }, { a: () => void }>>();
same<Manager<{ a: () => void }>, Manager<{ a: () => void }, { a: () => void }>>();

// T-35
declare const url: string | undefined;
typeOf(io()).is<Socket>();
typeOf(io("http://localhost")).is<Socket>();
typeOf(io({ path: "/x" })).is<Socket>();
typeOf(io("http://localhost", { transports: ["websocket"], auth: { token: 1 } })).is<Socket>();
typeOf(io(undefined, { retries: 3, ackTimeout: 1000 })).is<Socket>();
io(url);
io(Math.random() > 0.5 ? "http://localhost" : undefined);
io(Math.random() > 0.5 ? "http://localhost" : undefined, { forceNew: true });
declare const options: Partial<ManagerOptions & SocketOptions>;
io(options);
io("http://localhost", { extraHeaders: { "my-header": "abcd" } });
typeOf(connect("http://localhost")).is<Socket>();
same<typeof connect, typeof io>();
same<typeof defaultExport, typeof io>();
// @ts-expect-error there is no such option.
io({ transprots: ["websocket"] });
// @ts-expect-error it is in ms.
io("http://localhost", { reconnectionDelay: "1s" });
new Manager();
new Manager("http://localhost");
new Manager({ path: "/x" });
typeOf(new Manager("http://localhost", { reconnection: false }).socket("/x", { auth: {} })).is<Socket>();

// T-36
const untyped = io();
untyped.on("connect", () => {});
// @ts-expect-error it brings nothing.
untyped.on("connect", (argument) => [argument]);
// @ts-expect-error the same by an enum member.
untyped.on(Events.CONNECT, (argument) => [argument]);
untyped.on("connect_error", (error) => {
  typeOf(error.message).is<string>();
  typeOf(error.data).is<any>();
  assignable<typeof error, Error>();
});
untyped.on("disconnect", (reason) => {
  typeOf(reason).is<Socket.DisconnectReason>();
});
untyped.once("disconnect", (reason, description) => {
  typeOf(reason).is<Socket.DisconnectReason>();
  if (description instanceof Error) typeOf(description).is<Error>();
  else typeOf(description?.description).is<string | undefined>();
});
untyped.io.on("reconnect", (attempt) => {
  typeOf(attempt).is<number>();
});
untyped.io.on("close", (reason) => {
  typeOf(reason).is<string>();
});
untyped.io.on("reconnect_error", (error) => {
  typeOf(error).is<Error>();
});
// @ts-expect-error the Manager has no such event.
untyped.io.on("connect", () => {});

// T-37
untyped.on("chat", (a, b, c) => {
  typeOf(a).is<any>();
  typeOf(b).is<any>();
  typeOf(c).is<any>();
});
untyped.on(Events.CHAT, (a) => {
  typeOf(a).is<any>();
});
untyped.emit("chat", 1, "a", {}, [1], () => {});
untyped.emit("chat");
untyped.emit(Events.CHAT, 1);
untyped.send(1, "a");
untyped.timeout(1).emit("chat", 1, (err: Error, c: number, d: string[]) => [err, c, d]);
typeOf(untyped.emitWithAck("chat", 1)).is<Promise<any>>();

// T-38
interface FromServer {
  random: (a: number, b: string, c: number[]) => void;
  noParameter: () => void;
  question: (text: string, answer: (ok: boolean) => void) => void;
}
interface FromClient {
  plain: (a: number) => void;
  twoValues: (a: string, ack: (c: boolean, d: string) => void) => void;
  oneValue: (ack: (c: boolean) => void) => void;
  noValue: (ack: () => void) => void;
}
const socket: Socket<FromServer, FromClient> = io();
socket.on("random", (a, b, c) => {
  typeOf(a).is<number>();
  typeOf(b).is<string>();
  typeOf(c).is<number[]>();
});
socket.on("question", (text, answer) => {
  typeOf(text).is<string>();
  typeOf(answer).is<(ok: boolean) => void>();
});
socket.once("noParameter", () => {});
socket.off("random", (a) => [a]);
socket.off("random");
socket.off();
typeOf(socket.listeners("random")).is<FromServer["random"][]>();
typeOf(socket.hasListeners("random")).is<boolean>();
socket.emit("plain", 1);
socket.emit("twoValues", "a", (c, d) => {
  typeOf(c).is<boolean>();
  typeOf(d).is<string>();
});
// @ts-expect-error one parameter too many.
socket.on("random", (a, b, c, d) => [a, b, c, d]);
// @ts-expect-error no listener.
socket.on("random");
// @ts-expect-error a number is no name.
socket.on(2, () => {});
// @ts-expect-error the map has no such event.
socket.on("unknown", () => {});
// @ts-expect-error the client emits this one.
socket.on("plain", () => {});
// @ts-expect-error the map has no such event.
socket.emit("unknown");
// @ts-expect-error the server emits this one.
socket.emit("noParameter");
// @ts-expect-error the argument is a number.
socket.emit("plain", "1");
// @ts-expect-error the argument is missing.
socket.emit("plain");
// @ts-expect-error the callback's first value is a boolean.
socket.emit("twoValues", "a", (c: string) => c);

// T-39
typeOf(socket.timeout(1)).is<
  Socket<
    FromServer,
    {
      plain: (a: number) => void;
      twoValues: (a: string, ack: (err: Error, c: boolean, d: string) => void) => void;
      oneValue: (ack: (err: Error, c: boolean) => void) => void;
      noValue: (ack: (err: Error) => void) => void;
    }
  >
>();
socket.timeout(1).emit("twoValues", "a", (err, c, d) => {
  typeOf(err).is<Error>();
  typeOf(c).is<boolean>();
  typeOf(d).is<string>();
});
socket.timeout(1).emit("noValue", (err) => {
  typeOf(err).is<Error>();
});
typeOf(socket.volatile.compress(false)).is<typeof socket>();

// T-40
typeOf(socket.emitWithAck("oneValue")).is<Promise<boolean>>();
export async function answer(): Promise<boolean> {
  return socket.timeout(1).emitWithAck("oneValue");
}
void socket.emitWithAck("plain");
// @ts-expect-error the argument is a string.
void socket.emitWithAck("twoValues", 1);
// @ts-expect-error the argument is missing.
void socket.emitWithAck("twoValues");
