// Acknowledgements of many receivers (rows T-26, T-27, T-29).
import { createServer } from "node:http";
import { Server, type BroadcastOperator } from "socket.io";

interface FromServer {
  noParameter: () => void;
  plain: (a: string) => void;
  twoValues: (a: string, ack: (c: boolean, d: string) => void) => void;
  oneValue: (ack: (c: boolean) => void) => void;
  noValue: (ack: () => void) => void;
}
interface ToMany {
  noParameter: () => void;
  plain: (a: string) => void;
  twoValues: (a: string, ack: (c: boolean[]) => void) => void;
  oneValue: (ack: (c: boolean[]) => void) => void;
  noValue: (ack: () => void) => void;
}
interface ToManyInTime {
  noParameter: () => void;
  plain: (a: string) => void;
  twoValues: (a: string, ack: (err: Error, c: boolean[]) => void) => void;
  oneValue: (ack: (err: Error, c: boolean[]) => void) => void;
  noValue: (ack: (err: Error) => void) => void;
}
type Targets = BroadcastOperator<ToMany, any>;
type TargetsInTime = BroadcastOperator<ToManyInTime, any>;

const io = new Server<{}, FromServer>(createServer());
const nsp = io.of("/x");

// T-26
typeOf(io.to("1")).is<Targets>();
typeOf(io.in("1")).is<Targets>();
typeOf(io.except("1")).is<Targets>();
typeOf(io.compress(true)).is<Targets>();
typeOf(io.volatile).is<Targets>();
typeOf(io.local).is<Targets>();
typeOf(nsp.to(["1", "2"])).is<Targets>();
typeOf(nsp.in("1")).is<Targets>();
typeOf(nsp.except("1")).is<Targets>();
typeOf(nsp.compress(true)).is<Targets>();
typeOf(nsp.volatile).is<Targets>();
typeOf(nsp.local).is<Targets>();
typeOf(io.to("1").in("2").except("3").volatile.compress(false).local).is<Targets>();
io.to("1").emit("twoValues", "a", (c) => {
  typeOf(c).is<boolean[]>();
});
io.to("1").emit("noValue", () => {});
io.to("1").emit("noParameter");
// @ts-expect-error there is one array, not two.
io.to("1").emit("twoValues", "a", (c, d) => [c, d]);
// @ts-expect-error the first argument is a string.
io.to("1").emit("twoValues", 1, () => {});

// T-27
typeOf(io.timeout(1)).is<TargetsInTime>();
typeOf(nsp.timeout(1)).is<TargetsInTime>();
typeOf(io.to("1").timeout(1)).is<TargetsInTime>();
typeOf(nsp.volatile.timeout(1)).is<TargetsInTime>();
typeOf(io.timeout(1).to("1")).is<TargetsInTime>();
typeOf(io.timeout(1).timeout(2)).is<TargetsInTime>();
typeOf(io.to("1").timeout(1).timeout(2)).is<TargetsInTime>();
io.timeout(1).emit("twoValues", "a", (err, c) => {
  typeOf(err).is<Error>();
  typeOf(c).is<boolean[]>();
});
io.timeout(1).emit("noValue", (err) => {
  typeOf(err).is<Error>();
});
io.on("connection", (socket) => {
  typeOf(socket.broadcast).is<Targets>();
  typeOf(socket.to("1")).is<Targets>();
  typeOf(socket.in("1")).is<Targets>();
  typeOf(socket.except("1")).is<Targets>();
  typeOf(socket.local).is<Targets>();
  typeOf(socket.timeout(1).to("1")).is<TargetsInTime>();
  socket.broadcast.timeout(1).emit("oneValue", (err, c) => {
    typeOf(err).is<Error>();
    typeOf(c).is<boolean[]>();
  });
});

// T-29
typeOf(io.timeout(1).emitWithAck("twoValues", "a")).is<Promise<boolean[]>>();
typeOf(nsp.timeout(1).emitWithAck("oneValue")).is<Promise<boolean[]>>();
typeOf(io.to("1").timeout(1).emitWithAck("oneValue")).is<Promise<boolean[]>>();
typeOf(io.timeout(1).emitWithAck("noValue")).is<Promise<undefined>>();
export async function answers(): Promise<void> {
  typeOf(await io.timeout(1).to("1").emitWithAck("twoValues", "a")).is<boolean[]>();
}
type NamesFor<Operator extends { emitWithAck(...args: any[]): unknown }> = Parameters<Operator["emitWithAck"]>[0];
same<NamesFor<Targets>, never>();
same<NamesFor<TargetsInTime>, "twoValues" | "oneValue" | "noValue">();
// @ts-expect-error without a timeout, no event at all.
void io.to("1").emitWithAck("twoValues", "a");
// @ts-expect-error the same.
void io.volatile.emitWithAck("oneValue");
// @ts-expect-error the same.
void nsp.local.emitWithAck("noValue");
// @ts-expect-error nobody answers this event.
void io.timeout(1).emitWithAck("noParameter");
// @ts-expect-error nor this one.
void io.timeout(1).emitWithAck("plain", "a");
// @ts-expect-error the argument is a string.
void io.timeout(1).emitWithAck("twoValues", 1);
// @ts-expect-error the argument is missing.
void io.timeout(1).emitWithAck("twoValues");
