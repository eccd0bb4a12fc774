import type { BroadcastFlags, Room } from "socket.io-adapter";
import type { BroadcastOperator } from "./broadcast-operator.js";
import { CatchAllEmitter } from "./catch-all.js";
import type { SocketReservedEventsMap } from "./socket-events.js";
import type { DecorateAcknowledgementsWithMultipleResponses, EventsMap } from "./typed-events.js";

export const NO_FLAGS: Readonly<BroadcastFlags> = Object.freeze({});

/** The half of a socket that says whom the next packet is for, and how it may travel. */
export abstract class SocketTargets<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  SocketData,
> extends CatchAllEmitter<ListenEvents, EmitEvents, SocketReservedEventsMap> {
  /** Of the next packet. */
  protected flags: BroadcastFlags = NO_FLAGS;

  /** To everybody but this socket, with the flags set so far, which are used up by this. @internal */
  protected abstract newBroadcastOperator(): BroadcastOperator<
    DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
    SocketData
  >;

  /** Targets a room, this socket left out. */
  to(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.newBroadcastOperator().to(room);
  }

  /** Targets a room, this socket left out. */
  in(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.newBroadcastOperator().in(room);
  }

  /** Targets everybody who is not in the room, this socket left out. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.newBroadcastOperator().except(room);
  }

  /** Targets everybody but this socket. */
  get broadcast(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.newBroadcastOperator();
  }

  /** Targets the sockets of this process, this one left out. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.newBroadcastOperator().local;
  }

  /** The next packet may be dropped if the client cannot take it right now. */
  get volatile(): this {
    this.flags = { ...this.flags, volatile: true };
    return this;
  }

  /** Whether the next packet may be compressed, where the transport does compression. */
  compress(compress: boolean): this {
    this.flags = { ...this.flags, compress };
    return this;
  }
}
