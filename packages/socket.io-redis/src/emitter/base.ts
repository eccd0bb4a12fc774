import type { Room } from "socket.io-adapter";
import type { EventNames, EventParams, EventsMap } from "socket.io-parser/events";
import { BroadcastOperator } from "./operator.js";
import type { Outlet } from "./outlet.js";

/** What emitters of all kinds have in common: they differ in where they send to. */
export abstract class EmitterBase<EmitEvents extends EventsMap> {
  readonly #outlet: Outlet;

  protected constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /**
   * Emits to all clients of the namespace.
   *
   * @returns true
   * @throws if the event name is reserved
   */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): true {
    return this.#everybody().emit(ev, ...args);
  }

  /** Targets a room. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#everybody().to(room);
  }

  /** Targets a room. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#everybody().in(room);
  }

  /** Targets everybody who is not in the room. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents> {
    return this.#everybody().except(room);
  }

  /** The packet may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<EmitEvents> {
    return this.#everybody().volatile;
  }

  /** Whether the packet may be compressed, where the transport does compression. */
  compress(compress: boolean): BroadcastOperator<EmitEvents> {
    return this.#everybody().compress(compress);
  }

  /** Makes all the sockets join rooms. */
  socketsJoin(room: Room | Room[]): void {
    this.#everybody().socketsJoin(room);
  }

  /** Makes all the sockets leave rooms. */
  socketsLeave(room: Room | Room[]): void {
    this.#everybody().socketsLeave(room);
  }

  /** @param close whether to close the connections, with all other namespaces */
  disconnectSockets(close: boolean = false): void {
    this.#everybody().disconnectSockets(close);
  }

  /**
   * Emits to the namespace of all servers.
   *
   * @throws if an acknowledgement is asked for: nobody would hear it
   */
  serverSideEmit(ev: string, ...args: unknown[]): void {
    if (typeof args.at(-1) === "function") throw new Error("Acknowledgements are not supported");
    this.#outlet.serverSideEmit([ev, ...args]);
  }

  #everybody(): BroadcastOperator<EmitEvents> {
    return new BroadcastOperator(this.#outlet);
  }
}

/** The name of a namespace, as servers have it. */
export function namespaceOf(name: string): string {
  return name.startsWith("/") ? name : `/${name}`;
}
