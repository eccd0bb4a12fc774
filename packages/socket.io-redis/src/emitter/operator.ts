import type { BroadcastFlags, Room } from "socket.io-adapter";
import {
  isReservedEvent,
  type DefaultEventsMap,
  type EventNames,
  type EventParams,
  type EventsMap,
} from "socket.io-parser/events";
import type { Outlet, Target } from "./outlet.js";

/** A target and how to send to it. Immutable: each modifier gives a new operator. */
export class BroadcastOperator<EmitEvents extends EventsMap = DefaultEventsMap> {
  readonly #outlet: Outlet;

  /** @internal made by an emitter */
  constructor(
    outlet: Outlet,
    private readonly rooms: ReadonlySet<Room> = new Set(),
    private readonly exceptRooms: ReadonlySet<Room> = new Set(),
    private readonly flags: BroadcastFlags = {},
  ) {
    this.#outlet = outlet;
  }

  /** Adds rooms: whoever is in at least one of them is a target, and receives the packet once. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, union(this.rooms, room), this.exceptRooms, this.flags);
  }

  /** The same as {@link to}. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.to(room);
  }

  /** Leaves out whoever is in one of these rooms. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, this.rooms, union(this.exceptRooms, room), this.flags);
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, this.rooms, this.exceptRooms, { ...this.flags, volatile: true });
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(compress: boolean): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet, this.rooms, this.exceptRooms, { ...this.flags, compress });
  }

  /**
   * Emits to the targets.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    if (isReservedEvent(ev)) throw new Error(`"${String(ev)}" is a reserved event name`);
    this.#outlet.broadcast([ev, ...(args as unknown[])], this.#target(), this.flags);
    return true;
  }

  /** Makes the targets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.#outlet.socketsJoin(this.#target(), [room].flat());
  }

  /** Makes the targets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.#outlet.socketsLeave(this.#target(), [room].flat());
  }

  /** @param close whether to close the connections, with all other namespaces */
  disconnectSockets(close: boolean = false): void {
    this.#outlet.disconnectSockets(this.#target(), close);
  }

  #target(): Target {
    return { rooms: [...this.rooms], except: [...this.exceptRooms] };
  }
}

function union(rooms: ReadonlySet<Room>, more: Room | Room[]): Set<Room> {
  return new Set([...rooms, ...[more].flat()]);
}
