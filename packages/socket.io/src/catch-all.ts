import { StrictEventEmitter, type EventsMap } from "./typed-events.js";

// eslint-disable-next-line typescript/no-explicit-any -- what peers send is untyped
export type AnyListener = (...args: any[]) => void;

/** The half of a socket that tells listeners of all events, whatever their names: `(event, ...args)`. */
export abstract class CatchAllEmitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap,
> extends StrictEventEmitter<ListenEvents, EmitEvents, ReservedEvents> {
  private _anyListeners: AnyListener[] | undefined = undefined;
  private _anyOutgoingListeners: AnyListener[] | undefined = undefined;

  /** Adds a listener for all incoming events: `(event, ...args)`. */
  onAny(listener: AnyListener): this {
    (this._anyListeners ??= []).push(listener);
    return this;
  }

  /** Adds a listener for all incoming events, before those there are. */
  prependAny(listener: AnyListener): this {
    (this._anyListeners ??= []).unshift(listener);
    return this;
  }

  /** Removes a listener for all incoming events, or all such listeners. */
  offAny(listener?: AnyListener): this {
    this._anyListeners = without(this._anyListeners, listener);
    return this;
  }

  /** The listeners for all incoming events: live. */
  listenersAny(): AnyListener[] {
    return (this._anyListeners ??= []);
  }

  /** Adds a listener for all events that this socket is sent: `(event, ...args)`. */
  onAnyOutgoing(listener: AnyListener): this {
    (this._anyOutgoingListeners ??= []).push(listener);
    return this;
  }

  /** Adds a listener for all events that this socket is sent, before those there are. */
  prependAnyOutgoing(listener: AnyListener): this {
    (this._anyOutgoingListeners ??= []).unshift(listener);
    return this;
  }

  /** Removes a listener for all events that this socket is sent, or all such listeners. */
  offAnyOutgoing(listener?: AnyListener): this {
    this._anyOutgoingListeners = without(this._anyOutgoingListeners, listener);
    return this;
  }

  /** The listeners for all events that this socket is sent: live. */
  listenersAnyOutgoing(): AnyListener[] {
    return (this._anyOutgoingListeners ??= []);
  }

  /** @internal called by adapters, once per broadcast and socket */
  notifyOutgoingListeners(packet: { data?: unknown }): void {
    this.tellAll(this._anyOutgoingListeners, packet.data as unknown[]);
  }

  /** An event has come in: tells the listeners for all of them. */
  protected notifyListeners(event: unknown[]): void {
    this.tellAll(this._anyListeners, event);
  }

  private tellAll(listeners: AnyListener[] | undefined, event: unknown[]): void {
    if (listeners === undefined || listeners.length === 0) return;
    for (const listener of listeners.slice()) this._callListener(listener, event);
  }

  /** Calls a function of the application's, whatever it does. @internal */
  protected abstract _callListener(listener: AnyListener, event: unknown[]): void;
}

function without(listeners: AnyListener[] | undefined, listener: AnyListener | undefined): AnyListener[] | undefined {
  if (listeners === undefined || listener === undefined) return undefined;
  const index = listeners.indexOf(listener);
  if (index !== -1) listeners.splice(index, 1);
  return listeners;
}
