import { Socket as Engine } from "engine.io-client/websocket";
import type { DefaultEventsMap, EventsMap } from "socket.io-parser/events";
import { lookupOf } from "./lookup.js";
import { ManagerBase } from "./manager-base.js";

// The entry `socket.io-client/websocket`: the same client for those who need no other transport than WebSocket, so that bundlers leave
// the others out.

/** See `Manager` of `socket.io-client`. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends ManagerBase<ListenEvents, EmitEvents> {
  /** @internal */
  override _createEngine(...target: ConstructorParameters<typeof Engine>): Engine {
    return new Engine(...target);
  }
}

export const io = /* @__PURE__ */ lookupOf(Manager);
export { io as connect };
export { Socket } from "./socket.js";
export { protocol } from "socket.io-parser";
export type { ManagerOptions, ManagerReservedEvents } from "./manager-base.js";
export type { DisconnectDescription, ExtendedError, SocketOptions, SocketReservedEvents } from "./socket.js";
