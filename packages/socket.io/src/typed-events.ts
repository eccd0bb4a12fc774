import { EventEmitter } from "node:events";
import type {
  EventNames,
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

// eslint-disable-next-line typescript/no-explicit-any -- listeners take what they like
type Emit = (this: EventEmitter, ev: string | symbol, ...args: any[]) => boolean;

/**
 * Bun gives each emitter that captures rejections an `emit` of its own, which would hide the one that sends to clients. So
 * there emitters are made without, and this one is called with them. In Node it is that of the prototype.
 */
const capturing = new EventEmitter({ captureRejections: true }) as { emit: Emit };
const emitHere: Emit = capturing.emit;
const CAPTURES_BY_OPTION = !Object.hasOwn(capturing, "emit");

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
  /** @param captureRejections whether to watch the promises that listeners return; see {@link _listenerFailed} */
  constructor(captureRejections: boolean = false) {
    super({ captureRejections: captureRejections && CAPTURES_BY_OPTION });
  }

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
    return emitHere.call(this, ev, ...args);
  }

  override listeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    event: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[] {
    return super.listeners(event) as ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  }

  /** Tells the listeners of an event that only the library emits. What they throw goes to {@link _listenerFailed}. */
  protected emitReserved<Ev extends EventNames<ReservedEvents>>(
    ev: Ev,
    ...args: EventParams<ReservedEvents, Ev>
  ): boolean {
    return this.emitUntyped(ev as string, ...args);
  }

  /**
   * Tells the listeners of an event that a peer named. An `error` event to which nobody listens would throw: then it
   * is dropped, since no peer may end the process. Hot path: called for every event that arrives.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- what peers send is untyped
  protected emitUntyped(ev: string, ...args: any[]): boolean {
    if (ev === "error" && this.listenerCount("error") === 0) return false;
    try {
      return emitHere.call(this, ev, ...args);
    } catch (error) {
      this._listenerFailed(error, ev, args[0], false);
      return true;
    }
  }

  /** Node calls this with the reason of a promise that a listener has returned. @internal */
  override [EventEmitter.captureRejectionSymbol](error: unknown, ev: string | symbol, ...args: unknown[]): void {
    this._listenerFailed(error, ev, args[0], true);
  }

  /** A listener has thrown, or its promise was rejected. @internal */
  protected _listenerFailed(error: unknown, _ev: string | symbol, _firstArg: unknown, _rejected: boolean): void {
    throw error;
  }
}
