// The types of events by the names that `@socket.io/component-emitter` gives them, beside that package's own (row T-8).
import type * as Theirs from "@socket.io/component-emitter";
import type * as Ours from "engine.io-parser/emitter";
import { Emitter } from "engine.io-parser/emitter";
import type { DefaultEventsMap } from "socket.io";
import { Socket as EngineSocket } from "engine.io-client";
import { Manager, Socket } from "socket.io-client";
import { Decoder } from "socket.io-parser";

interface Events {
  plain: (a: number, b?: string) => void;
  asks: (ack: (answer: string) => void) => void;
}
interface Reserved {
  plain: (reserved: true) => void;
  connect: () => void;
}

same<Ours.EventsMap, Theirs.EventsMap>();
same<Ours.DefaultEventsMap, Theirs.DefaultEventsMap>();
same<DefaultEventsMap, Theirs.DefaultEventsMap>();
same<Ours.EventNames<Events>, Theirs.EventNames<Events>>();
same<Ours.EventNames<DefaultEventsMap>, Theirs.EventNames<Theirs.DefaultEventsMap>>();
same<Ours.EventParams<Events, "plain">, Theirs.EventParams<Events, "plain">>();
same<Ours.ReservedOrUserEventNames<Reserved, Events>, Theirs.ReservedOrUserEventNames<Reserved, Events>>();
same<Ours.ReservedOrUserListener<Reserved, Events, "asks">, Theirs.ReservedOrUserListener<Reserved, Events, "asks">>();
same<
  Ours.ReservedOrUserListener<Reserved, Events, "plain">,
  Theirs.ReservedOrUserListener<Reserved, Events, "plain">
>();
same<
  Ours.ReservedOrUserListener<{}, Theirs.DefaultEventsMap, string>,
  Theirs.ReservedOrUserListener<{}, Ours.DefaultEventsMap, string>
>();

// Maps and listeners of one kind serve the other.
declare const theirs: Theirs.Emitter<Events, Events, Reserved>;
const ours = new Emitter<Events, Events, Reserved>();
const listener: Theirs.ReservedOrUserListener<{}, Events, "plain"> = (a, b) => void [a.toFixed(), b?.length];
ours.on("asks", (ack) => ack("x")).once("connect", () => {});
theirs.on("asks", (ack) => ack("x")).once("connect", () => {});
new Emitter<Events, Events>().on("plain", listener).off("plain", listener);
// Emitters of one kind serve where the other is asked for, and what we derive from them does.
const asTheirs: Theirs.Emitter<Events, Events, Reserved> = ours;
const asOurs: Ours.Emitter<Events, Events, Reserved> = theirs;
const close = (emitter: Theirs.Emitter<any, any>): unknown => emitter.removeAllListeners();
close(asTheirs);
close(asOurs);
close(new Manager());
close(new Manager<Events, Events>());
close(new EngineSocket("ws://localhost"));
close(new Decoder());
class Own extends Emitter<Events, Events, Reserved> {
  tell(): this {
    return this.emitReserved("connect");
  }
}
close(new Own().tell());
// @ts-expect-error a Socket has all the methods, but its `emit` returns true, where an emitter's returns the emitter.
close(new Manager().socket("/"));
typeOf(ours.listeners("asks")).is<ReturnType<typeof theirs.listeners<"asks">>>();
typeOf(ours.emit("plain", 1)).is<typeof ours>();
same<Parameters<typeof ours.on<"asks">>, Parameters<typeof theirs.on<"asks">>>();
same<Parameters<typeof ours.once<"connect">>, Parameters<typeof theirs.once<"connect">>>();
same<Parameters<typeof ours.off<"plain">>, Parameters<typeof theirs.off<"plain">>>();
same<Parameters<typeof ours.emit<"plain">>, Parameters<typeof theirs.emit<"plain">>>();
// Every public method of theirs is on ours, on Sockets and on Managers.
same<Exclude<keyof typeof theirs, keyof typeof ours>, never>();
same<Exclude<keyof typeof theirs, keyof Socket>, never>();
same<Exclude<keyof typeof theirs, keyof Manager>, never>();
