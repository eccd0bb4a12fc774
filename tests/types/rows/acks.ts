// Acknowledgements of one receiver (rows T-28, T-30, T-31, T-34).
import { createServer } from "node:http";
import { Server, type BroadcastOperator, type Socket } from "socket.io";

interface FromClient {
  noise: (a: number) => void;
}
interface FromServer {
  noParameter: () => void;
  plain: (a: string) => void;
  twoValues: (a: string, b: boolean, ack: (c: boolean, d: string) => void) => void;
  oneValue: (ack: (c: boolean) => void) => void;
  noValue: (a: string, ack: () => void) => void;
}
const io = new Server<FromClient, FromServer>(createServer());

io.on("connection", async (socket) => {
  // T-30: a socket emits all of them.
  socket.emit("noParameter");
  socket.emit("plain", "1");
  socket.emit("twoValues", "1", true, (c, d) => {
    typeOf(c).is<boolean>();
    typeOf(d).is<string>();
  });
  socket.emit("oneValue", (c) => {
    typeOf(c).is<boolean>();
  });
  socket.emit("noValue", "1", () => {});
  // @ts-expect-error without the callback.
  socket.emit("oneValue");
  // @ts-expect-error the callback takes a boolean.
  socket.emit("oneValue", (c: string) => c);

  // T-28
  typeOf(socket.timeout(1)).is<
    Socket<
      FromClient,
      {
        noParameter: () => void;
        plain: (a: string) => void;
        twoValues: (a: string, b: boolean, ack: (err: Error, c: boolean, d: string) => void) => void;
        oneValue: (ack: (err: Error, c: boolean) => void) => void;
        noValue: (a: string, ack: (err: Error) => void) => void;
      }
    >
  >();
  socket.timeout(1).emit("twoValues", "1", true, (err, c, d) => {
    typeOf(err).is<Error>();
    typeOf(c).is<boolean>();
    typeOf(d).is<string>();
  });
  socket.timeout(1).emit("noValue", "1", (err) => {
    typeOf(err).is<Error>();
  });
  interface ToMany {
    noParameter: () => void;
    plain: (a: string) => void;
    twoValues: (a: string, b: boolean, ack: (err: Error, c: boolean[]) => void) => void;
    oneValue: (ack: (err: Error, c: boolean[]) => void) => void;
    noValue: (a: string, ack: (err: Error) => void) => void;
  }
  typeOf(socket.timeout(0).broadcast).is<BroadcastOperator<ToMany, any>>();
  typeOf(socket.broadcast.timeout(0)).is<BroadcastOperator<ToMany, any>>();
  typeOf(socket.volatile.compress(true)).is<typeof socket>();

  // T-31: the first value, with a timeout or without.
  typeOf(await socket.emitWithAck("twoValues", "1", true)).is<boolean>();
  typeOf(socket.emitWithAck("oneValue")).is<Promise<boolean>>();
  typeOf(await socket.timeout(1).emitWithAck("twoValues", "1", true)).is<boolean>();
  typeOf(socket.timeout(1).emitWithAck("oneValue")).is<Promise<boolean>>();
  // T-34
  typeOf(socket.emitWithAck("noValue", "1")).is<Promise<undefined>>();
  typeOf(socket.timeout(1).emitWithAck("noValue", "1")).is<Promise<undefined>>();
  // @ts-expect-error T-31: nobody answers this event.
  void socket.emitWithAck("noParameter");
  // @ts-expect-error T-31: nor this one.
  void socket.emitWithAck("plain", "1");
  // @ts-expect-error T-31: nor this one.
  void socket.timeout(1).emitWithAck("plain", "1");
  // @ts-expect-error the second argument is a boolean.
  void socket.emitWithAck("twoValues", "1", 2);
  // @ts-expect-error an argument is missing.
  void socket.emitWithAck("twoValues", "1");
  // @ts-expect-error the map has no such event.
  void socket.emitWithAck("unknown");
});

// T-30: to everybody, those without a callback.
io.emit("noParameter");
io.emit("plain", "1");
io.of("/x").emit("plain", "1");
// @ts-expect-error it has a callback.
io.emit("twoValues", "1", true, () => {});
// @ts-expect-error it has a callback.
io.emit("oneValue", () => {});
// @ts-expect-error T-34: it has a callback, though one without values.
io.emit("noValue", "1", () => {});
// @ts-expect-error the same for namespaces.
io.of("/x").emit("oneValue", () => {});
// @ts-expect-error the same for namespaces.
io.of("/x").emit("noValue", "1", () => {});

// What a listener answers with.
interface Asked {
  question: (text: string, answer: (length: number, ok: boolean) => void) => void;
}
new Server<Asked, {}>(createServer()).on("connection", (socket) => {
  socket.on("question", (text, answer) => {
    typeOf(answer).is<(length: number, ok: boolean) => void>();
    answer(text.length, true);
    // @ts-expect-error the second value is a boolean.
    answer(text.length, 1);
  });
});
