import type { BroadcastFlags, Room } from "socket.io-adapter";

/** Who is meant. */
export interface Target {
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
}

/** How what an emitter says gets to the servers of one namespace. What cannot be published is lost. */
export interface Outlet {
  /** @param data name and arguments */
  broadcast(data: unknown[], target: Target, flags: BroadcastFlags): void;
  socketsJoin(target: Target, rooms: Room[]): void;
  socketsLeave(target: Target, rooms: Room[]): void;
  disconnectSockets(target: Target, close: boolean): void;
  /** @param data name and arguments */
  serverSideEmit(data: unknown[]): void;
}

/** What servers call the sender: it is none of them. */
export const UID = "emitter";

/** The client of Redis tells of its errors itself. */
export function ignoreLoss(sent: Promise<unknown>): void {
  sent.catch(() => {});
}
