// Data of sockets (row T-12).
import { createServer } from "node:http";
import { Namespace, Server, type BroadcastOperator, type RemoteSocket, type Socket } from "socket.io";

interface FromServer {
  hello: (message: string) => void;
  question: (ack: (answer: number) => void) => void;
}
interface Data {
  name: string;
  age?: number;
}
const io = new Server<{}, FromServer, {}, Data>(createServer());

io.use((socket, next) => {
  typeOf(socket.data).is<Data>();
  socket.data.name = "Ann";
  // @ts-expect-error a name is a string.
  socket.data.name = 1;
  next();
});
io.on("connection", (socket) => {
  typeOf(socket).is<Socket<{}, FromServer, {}, Data>>();
  typeOf(socket.data.age).is<number | undefined>();
  typeOf(socket.to("a").except("b")).is<
    BroadcastOperator<{ hello: (message: string) => void; question: (ack: (answer: number[]) => void) => void }, Data>
  >();
  // @ts-expect-error there is no such data.
  socket.data.nickname;
});
typeOf(io.of("/x")).is<Namespace<{}, FromServer, {}, Data>>();
typeOf(io.sockets.sockets).is<Map<string, Socket<{}, FromServer, {}, Data>>>();

export async function remotes(): Promise<void> {
  const all = await io.fetchSockets();
  typeOf(all).is<RemoteSocket<FromServer, Data>[]>();
  typeOf(await io.of("/x").fetchSockets()).is<RemoteSocket<FromServer, Data>[]>();
  for (const remote of all) {
    typeOf(remote.id).is<string>();
    typeOf(remote.data).is<Data>();
    typeOf(remote.rooms).is<Set<string>>();
    remote.emit("hello", "hi");
    // @ts-expect-error the argument is a string.
    remote.emit("hello", 1);
    remote.join(["a", "b"]);
    remote.leave("a");
    remote.disconnect(true);
    remote.timeout(1).emit("question", (err, answer) => {
      typeOf(err).is<Error>();
      typeOf(answer).is<number>();
    });
    // One receiver, so one answer.
    typeOf(await remote.timeout(1).emitWithAck("question")).is<number>();
  }
  const [some] = await io.in("room").fetchSockets();
  typeOf(some!.data).is<Data>();
  const [untyped] = await new Server(createServer()).in("room").fetchSockets();
  typeOf(untyped!.data).is<any>();
}
