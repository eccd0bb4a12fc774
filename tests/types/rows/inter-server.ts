// Events between servers (rows T-12, T-32).
import { createServer } from "node:http";
import { Server, type Namespace, type Socket } from "socket.io";

interface FromClient {
  noise: () => void;
}
interface FromServer {
  hello: (message: string) => void;
}
interface BetweenServers {
  plain: (message: string, x: number) => void;
  question: (text: string, ack: (answer: number) => void) => void;
  ping: () => void;
  checked: (ack: () => void) => void;
}
const io = new Server<FromClient, FromServer, BetweenServers>(createServer());
const nsp = io.of("/x");

typeOf(nsp).is<Namespace<FromClient, FromServer, BetweenServers>>();
typeOf(io.of(/^\/dynamic-\d+$/)).is<Namespace<FromClient, FromServer, BetweenServers>>();
typeOf(io.of((_name, _auth, next) => next(null, true))).is<Namespace<FromClient, FromServer, BetweenServers>>();

for (const target of [io, nsp] as const) {
  typeOf(target.serverSideEmit("plain", "hi", 10)).is<boolean>();
  target.serverSideEmit("ping");
  target.serverSideEmit("question", "how many?", (err, answers) => {
    typeOf(err).is<Error>();
    typeOf(answers).is<number[]>();
  });
  target.serverSideEmit("checked", (err) => {
    typeOf(err).is<Error>();
  });
}

io.on("connection", (socket) => {
  typeOf(socket).is<Socket<FromClient, FromServer, BetweenServers>>();
  // @ts-expect-error this one is between servers.
  socket.on("plain", () => {});
  // @ts-expect-error this one is between servers.
  socket.emit("plain", "hi", 10);
});
io.on("plain", (message, x) => {
  typeOf(message).is<string>();
  typeOf(x).is<number>();
});
io.on("question", (text, ack) => {
  typeOf(text).is<string>();
  typeOf(ack).is<(answer: number) => void>();
  ack(1);
  // @ts-expect-error the answer is a number.
  ack("1");
});
nsp.on("question", (text, ack) => {
  typeOf(text).is<string>();
  typeOf(ack).is<(answer: number) => void>();
});
nsp.once("ping", () => {});

typeOf(io.serverSideEmitWithAck("question", "how many?")).is<Promise<number[]>>();
typeOf(nsp.serverSideEmitWithAck("question", "how many?")).is<Promise<number[]>>();
typeOf(io.serverSideEmitWithAck("checked")).is<Promise<undefined[]>>();
// @ts-expect-error nobody answers this event.
void io.serverSideEmitWithAck("plain", "hi", 10);
// @ts-expect-error nor this one.
void nsp.serverSideEmitWithAck("ping");
// @ts-expect-error the argument is a string.
void io.serverSideEmitWithAck("question", 1);
// @ts-expect-error the map has no such event.
io.serverSideEmit("unknown");
// @ts-expect-error the second argument is a number.
io.serverSideEmit("plain", "hi", "10");
// @ts-expect-error servers emit this one to clients.
io.serverSideEmit("hello", "hi");
// @ts-expect-error the same for namespaces.
nsp.serverSideEmit("hello", "hi");
// @ts-expect-error clients send this one.
io.on("noise", () => {});

// Untyped.
const untyped = new Server(createServer());
untyped.serverSideEmit("anything", 1, "a", {});
untyped.on("anything", (a, b) => {
  typeOf(a).is<any>();
  typeOf(b).is<any>();
});
typeOf(untyped.serverSideEmitWithAck("anything", 1)).is<Promise<any[]>>();
