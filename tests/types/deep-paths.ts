// Type imports by path that applications use under "moduleResolution": "node" (row X-13).
import type { DefaultEventsMap, EventParams, EventsMap } from "socket.io/dist/typed-events";
import type { ExtendedError, Namespace } from "socket.io/dist/namespace";
import type { Socket } from "socket.io/dist/socket";
import type { BroadcastOperator, RemoteSocket } from "socket.io/dist/broadcast-operator";
import type { Socket as ClientSocket } from "socket.io-client/build/esm/socket";
import type { Manager, ManagerOptions } from "socket.io-client/build/esm/manager";

interface Events extends EventsMap {
  message: (text: string, size: number) => void;
}

export const params: EventParams<Events, "message"> = ["hello", 1];
// @ts-expect-error The second parameter is a number: the types are not lost on the way.
export const wrong: EventParams<Events, "message"> = ["hello", "1"];
export const failure: ExtendedError = Object.assign(new Error("x"), { data: 1 });
export const name = (namespace: Namespace<Events, Events>): string => namespace.name;
export const id = (socket: Socket<Events, Events, DefaultEventsMap, { name: string }>): string => socket.data.name;
export const emit = (target: BroadcastOperator<Events, unknown>): boolean => target.emit("message", "hello", 1);
export const remoteId = (remote: RemoteSocket<Events, unknown>): string => remote.id;
export const clientId = (socket: ClientSocket<Events, Events>): string | undefined => socket.id;
export const reconnects = (manager: Manager, options: Partial<ManagerOptions>): boolean =>
  manager.reconnection() && options.reconnection !== false;
