import { EventEmitter } from "node:events";
import type {
  EventNames,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
  TypedEventBroadcaster,
} from "socket.io-parser/events";

export type {
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
} from "socket.io-parser/events";

/** The events of a map that ask for no acknowledgement: a server alone may emit these to everybody without a timeout. */
export type WithoutAcks<Map extends EventsMap> = { [Name in EventNamesWithoutAck<Map>]: Map[Name] };

/**
 * Node's EventEmitter with known events: those the user listens to, those the user emits, and those that only the
 * library emits. It stays a real EventEmitter, since applications call its other methods and those of its prototype.
 */
export abstract class StrictEventEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap = {},
>
  extends EventEmitter
  implements TypedEventBroadcaster<EmitEvents>
{
  override on<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.on(ev, listener);
  }

  override once<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    return super.once(ev, listener);
  }

  override emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return super.emit(ev, ...args);
  }

  override listeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[] {
    return super.listeners(event) as ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  }

  /** Tells the listeners of an event that only the library emits. */
  protected emitReserved<Ev extends EventNames<ReservedEvents>>(
    ev: Ev,
    ...args: EventParams<ReservedEvents, Ev>
  ): boolean {
    return super.emit(ev, ...args);
  }

  /**
   * Tells the listeners of an event that a peer named. An `error` event to which nobody listens would throw: then it
   * is dropped, since no peer may end the process.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- what peers send is untyped
  protected emitUntyped(ev: string, ...args: any[]): boolean {
    if (ev === "error" && this.listenerCount("error") === 0) return false;
    return super.emit(ev, ...args);
  }
}
