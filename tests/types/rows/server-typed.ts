// A server with an events map for both directions, and one with a map for each (rows T-12, T-14, T-20, T-22 to T-25).
import { createServer } from "node:http";
import { Server, type Namespace, type Socket } from "socket.io";

const httpServer = createServer();

interface BothWays {
  random: (a: number, b: string, c: number[]) => void;
  noParameter: () => void;
  async: (a: boolean) => Promise<void>;
}

// T-22
const io = new Server<BothWays>(httpServer);
same<Server<BothWays>, Server<BothWays, BothWays>>();
same<Socket<BothWays>, Socket<BothWays, BothWays>>();
same<Namespace<BothWays>, Namespace<BothWays, BothWays>>();

io.on("connection", (socket) => {
  typeOf(socket).is<Socket<BothWays, BothWays>>();
  socket.on("random", (a, b, c) => {
    typeOf(a).is<number>();
    typeOf(b).is<string>();
    typeOf(c).is<number[]>();
  });
  socket.once("noParameter", () => {});
  socket.off("random", (a) => a.toFixed());
  typeOf(socket.listeners("random")).is<BothWays["random"][]>();
  socket.emit("random", 1, "2", [3]);
  socket.emit("noParameter");
  // @ts-expect-error T-22: the second argument is a string.
  socket.emit("random", 1, 2, [3]);
  // @ts-expect-error T-22: an argument is missing.
  socket.emit("random", 1, "2");
  // @ts-expect-error T-22: the event takes no argument.
  socket.emit("noParameter", 1);
  // @ts-expect-error T-22: the map has no such event.
  socket.emit("unknown");

  // @ts-expect-error T-24: no listener.
  socket.on("random");
  // @ts-expect-error T-24: one parameter too many.
  socket.on("random", (a, b, c, d) => [a, b, c, d]);
  // @ts-expect-error T-24: a number is no name.
  socket.on(2, () => {});
  // @ts-expect-error T-24: the map has no such event.
  socket.on("unknown", () => {});
  // @ts-expect-error T-24: the first parameter is a number.
  socket.on("random", (a: string) => a);
});

// Two maps.
interface FromClient {
  helloFromClient: (message: string) => void;
}
interface FromServer {
  helloFromServer: (message: string, x: number) => void;
}
const split = new Server<FromClient, FromServer>(httpServer);
split.on("connection", (socket) => {
  typeOf(socket).is<Socket<FromClient, FromServer>>();
  socket.on("helloFromClient", (message) => {
    typeOf(message).is<string>();
  });
  socket.emit("helloFromServer", "hi", 10);
  // @ts-expect-error T-25: the server emits this one.
  socket.on("helloFromServer", (message) => [message]);
  // @ts-expect-error T-25: the client emits this one.
  socket.emit("helloFromClient", "hi");
  // @ts-expect-error T-25: the second argument is a number.
  socket.emit("helloFromServer", "hi", "10");
});
split.emit("helloFromServer", "hi", 10);
split.of("/x").to("room").emit("helloFromServer", "hi", 10);
split.local.except("room").emit("helloFromServer", "hi", 10);
// @ts-expect-error T-25: the client emits this one.
split.emit("helloFromClient", "hi");
// @ts-expect-error T-25: the client emits this one.
split.to("room").emit("helloFromClient", "hi");
// @ts-expect-error T-25: an argument is missing.
split.emit("helloFromServer", "hi");

// T-20: `message` is not in the map.
// @ts-expect-error no such event.
io.send();
// @ts-expect-error no such event.
io.send("hi");
// @ts-expect-error no such event.
io.of("/x").send();
interface WithMessage {
  message: (text: string, size: number) => void;
}
const sends = new Server<WithMessage>(httpServer);
sends.send("hi", 2);
sends.of("/x").write("hi", 2);
// @ts-expect-error an argument is missing.
sends.send("hi");
// @ts-expect-error both are.
sends.send();
// @ts-expect-error the second argument is a number.
sends.of("/x").send("hi", "2");
sends.on("connection", (socket) => {
  socket.send("hi", 2);
  // @ts-expect-error the second argument is a number.
  socket.send("hi", "2");
});

// T-23: nothing comes from other servers.
const alone = new Server<FromClient, FromServer, {}>(httpServer);
alone.on("connection", (socket) => {
  typeOf(socket).is<Socket<FromClient, FromServer, {}>>();
});
alone.of("/x").on("connect", (socket) => {
  typeOf(socket).is<Socket<FromClient, FromServer, {}>>();
});
// @ts-expect-error T-23: sockets get the clients' events, the server does not.
alone.on("helloFromClient", () => {});
// @ts-expect-error T-23: no such event.
alone.on("random", () => {});
// @ts-expect-error T-23: no such event between servers.
alone.serverSideEmit("random");

// T-14: any interface of functions, without an index signature; symbols are names as well.
declare const hidden: unique symbol;
interface Symbols {
  [hidden]: (a: number) => void;
  named: () => void;
  7: () => void;
}
const symbols = new Server<Symbols>(httpServer);
symbols.emit(hidden, 1);
symbols.emit("named");
// @ts-expect-error the argument is a number.
symbols.emit(hidden, "1");
// @ts-expect-error numbers are no names.
symbols.emit(7);
