import { Socket as Engine } from "engine.io-client";
import type { DefaultEventsMap, EventsMap } from "socket.io-parser/events";
import { ManagerBase } from "./manager-base.js";

export type { ManagerOptions, ManagerReservedEvents } from "./manager-base.js";

/** One connection, which its Sockets share, and the attempts to make it again. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends ManagerBase<ListenEvents, EmitEvents> {
  /** @internal */
  override _createEngine(...target: ConstructorParameters<typeof Engine>): Engine {
    return new Engine(...target);
  }
}
