// The helper types of `socket.io/dist/typed-events`, by the path that applications use (rows T-11, T-14, X-13).
import { StrictEventEmitter } from "socket.io/dist/typed-events";
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventNamesWithError,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  FirstNonErrorTuple,
  Last,
  MultiplyArray,
  RemoveAcknowledgements,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  TypedEventBroadcaster,
} from "socket.io/dist/typed-events";
import type { ExtendedError, Namespace } from "socket.io/dist/namespace";
import type { Socket } from "socket.io/dist/socket";
import type { BroadcastOperator, RemoteSocket } from "socket.io/dist/broadcast-operator";
import type { Socket as ClientSocket } from "socket.io-client/build/esm/socket";
import type { Manager, ManagerOptions } from "socket.io-client/build/esm/manager";
import * as main from "socket.io";
import * as client from "socket.io-client";

declare const hidden: unique symbol;
interface Events {
  plain: (a: number, b?: string) => void;
  none: () => void;
  asks: (a: number, ack: (first: string, second: boolean) => void) => void;
  asksNothing: (ack: () => void) => void;
  asksInTime: (ack: (err: Error, first: string) => void) => void;
  [hidden]: () => void;
}
interface Reserved {
  connect: (socket: { id: string }) => void;
  plain: (reserved: true) => void;
}

same<EventsMap[string], any>();
same<DefaultEventsMap[string], (...args: any[]) => void>();
assignable<Events, EventsMap>();
same<EventNames<Events>, "plain" | "none" | "asks" | "asksNothing" | "asksInTime" | typeof hidden>();
same<EventNames<DefaultEventsMap>, string>();
same<EventParams<Events, "plain">, [a: number, b?: string]>();
same<EventParams<Events, "none">, []>();
same<EventNamesWithAck<Events>, "asks" | "asksNothing" | "asksInTime">();
same<EventNamesWithoutAck<Events>, "plain" | "none" | typeof hidden>();
same<EventNamesWithError<Events>, "asksInTime">();
same<EventNamesWithAck<DefaultEventsMap>, string>();
same<EventNamesWithoutAck<DefaultEventsMap>, string>();
same<EventNamesWithError<DefaultEventsMap>, string>();
same<ReservedOrUserEventNames<Reserved, Pick<Events, "none">>, "connect" | "plain" | "none">();
same<ReservedOrUserListener<Reserved, Events, "connect">, (socket: { id: string }) => void>();
// The library's own event wins over the user's of that name.
same<ReservedOrUserListener<Reserved, Events, "plain">, (reserved: true) => void>();
same<ReservedOrUserListener<Reserved, Events, "none">, () => void>();

same<Last<[1, 2, 3]>, 3>();
same<Last<any[]>, any>();
same<AllButLast<[1, 2, 3]>, [1, 2]>();
same<AllButLast<[1]>, []>();
same<AllButLast<any[]>, any[]>();
same<FirstNonErrorTuple<[string, number]>, string>();
same<FirstNonErrorTuple<[Error, number]>, number>();
same<FirstNonErrorArg<(a: string, b: number) => void>, string>();
same<FirstNonErrorArg<(err: Error, b: number) => void>, number>();
same<FirstNonErrorArg<() => void>, undefined>();
same<MultiplyArray<[string, number]>, [string[], number[]]>();

same<
  DecorateAcknowledgements<Pick<Events, "plain" | "asks" | "asksNothing">>,
  {
    plain: (a: number, b?: string) => void;
    asks: (a: number, ack: (err: Error, first: string, second: boolean) => void) => void;
    asksNothing: (ack: (err: Error) => void) => void;
  }
>();
same<
  DecorateAcknowledgementsWithMultipleResponses<Pick<Events, "none" | "asks" | "asksNothing">>,
  {
    none: () => void;
    asks: (a: number, ack: (first: string[]) => void) => void;
    asksNothing: (ack: () => void) => void;
  }
>();
same<
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Pick<Events, "none" | "asks" | "asksNothing">>,
  {
    none: () => void;
    asks: (a: number, ack: (err: Error, first: string[]) => void) => void;
    asksNothing: (ack: (err: Error) => void) => void;
  }
>();
same<RemoveAcknowledgements<Pick<Events, "none" | "asks" | "asksNothing">>, Pick<Events, "none">>();
assignable<main.BroadcastOperator<Events, any>, TypedEventBroadcaster<Events>>();

class Own extends StrictEventEmitter<Pick<Events, "plain">, Pick<Events, "none">, Pick<Reserved, "connect">> {
  tell(): boolean {
    return this.emitReserved("connect", { id: "1" });
  }
}
const own = new Own();
typeOf(own.on("plain", (a, b) => [a.toFixed(), b?.length])).is<Own>();
typeOf(own.emit("none")).is<boolean>();
own.once("connect", ({ id }) => id.length);
// @ts-expect-error it is listened to, not emitted.
own.emit("plain", 1);
// @ts-expect-error it is abstract.
new StrictEventEmitter();

// X-13: the same types as by the packages' names.
same<DefaultEventsMap, main.DefaultEventsMap>();
same<ExtendedError, main.ExtendedError>();
same<Namespace<Events>, main.Namespace<Events>>();
same<Socket<Events>, main.Socket<Events>>();
same<BroadcastOperator<Events, any>, main.BroadcastOperator<Events, any>>();
same<RemoteSocket<Events, any>, main.RemoteSocket<Events, any>>();
same<ClientSocket<{}>, client.Socket<{}>>();
same<Manager<{}>, client.Manager<{}>>();
same<ManagerOptions, client.ManagerOptions>();
