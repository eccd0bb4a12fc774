// What a client's promised answer is: upstream says `any` or `Error` where the callback has no or several values, or a timeout is set (rows T-39, T-40).
import { io, type Socket } from "socket.io-client";

interface FromClient {
  plain: (a: number) => void;
  oneValue: (ack: (c: boolean) => void) => void;
  twoValues: (a: string, ack: (c: boolean, d: string) => void) => void;
  noValue: (ack: () => void) => void;
  list: (ack: (items: { id: number }[]) => void) => void;
  maybe: (ack: (item?: string) => void) => void;
}
const socket: Socket<{}, FromClient> = io();
const inTime = socket.timeout(1);

typeOf(socket.emitWithAck("oneValue")).is<Promise<boolean>>();
typeOf(inTime.emitWithAck("oneValue")).is<Promise<boolean>>();
typeOf(socket.emitWithAck("twoValues", "a")).is<Promise<boolean>>();
typeOf(inTime.emitWithAck("twoValues", "a")).is<Promise<boolean>>();
typeOf(socket.emitWithAck("noValue")).is<Promise<undefined>>();
typeOf(inTime.emitWithAck("noValue")).is<Promise<undefined>>();
typeOf(inTime.emitWithAck("list")).is<Promise<{ id: number }[]>>();
typeOf(socket.emitWithAck("maybe")).is<Promise<string | undefined>>();
typeOf(inTime.emitWithAck("maybe")).is<Promise<string | undefined>>();
typeOf(inTime.timeout(2).emitWithAck("twoValues", "a")).is<Promise<boolean>>();
// @ts-expect-error the argument is a string.
void inTime.emitWithAck("twoValues", 1);
// @ts-expect-error nothing but the argument is left to give.
void inTime.emitWithAck("oneValue", () => {});
