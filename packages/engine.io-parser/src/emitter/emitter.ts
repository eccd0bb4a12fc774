import type {
  EventNames,
  EventParams,
  EventsMap,
  ReservedOrUserEventNames,
  ReservedOrUserListener,
} from "./event-map.js";

interface Listener {
  (...args: unknown[]): unknown;
  /** Set on the wrapper that `once` makes: what the user gave. */
  wrapped?: Listener;
}

/**
 * The small emitter of the client side and of the parsers (rows C-126, C-127). Not Node's: browsers have none, and a peer's
 * event named "error" must not throw.
 *
 * - Listeners run in the order in which they were added; those added or removed meanwhile count from the next `emit` on.
 * - What a listener throws reaches the caller of `emit`, and the listeners after it are not called.
 * - An event named by a number is the one named by its decimal string.
 */
export class Emitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  // `{}`: no reserved events is a map without names.
  ReservedEvents extends EventsMap = {}, // oxlint-disable-line typescript/no-empty-object-type
> {
  // Without a prototype: any name is one, and a number is its decimal string.
  private _listeners: Record<PropertyKey, Listener[]> | null = null;

  // The names by which the DOM and Node call the same methods (row C-126); set on the prototype below.
  declare addEventListener: this["on"];
  declare removeListener: this["off"];
  declare removeAllListeners: this["off"];
  declare removeEventListener: this["off"];

  /** Calls the listeners of one of our own events; classes that override `emit` keep this one. */
  declare protected emitReserved: <Ev extends EventNames<ReservedEvents>>(
    ev: Ev,
    ...args: EventParams<ReservedEvents, Ev>
  ) => this;

  /** Calls `listener` whenever `ev` is emitted. The same function may be added several times. */
  on<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    const all: Record<PropertyKey, Listener[]> = (this._listeners ??= Object.create(null));
    (all[ev] ??= []).push(listener);
    return this;
  }

  /** As {@link on}, for the next time only. */
  once<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    const original = listener as Listener;
    const wrapper: Listener = (...args) => {
      this.off(ev, wrapper as typeof listener);
      return original.apply(this, args);
    };
    wrapper.wrapped = original;
    return this.on(ev, wrapper as typeof listener);
  }

  /** Removes one listener (the first that matches), all listeners of an event, or all there are. */
  off<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>,
  ): this {
    const all = this._listeners;
    const list = all?.[ev!];
    // By their number: `off(name, undefined)` comes from a listener that was never made, and must not remove the others.
    if (arguments.length === 0) this._listeners = null;
    else if (arguments.length === 1) delete all?.[ev!];
    else if (list && listener) {
      const at = list.findIndex((candidate) => candidate === listener || candidate.wrapped === listener);
      if (at >= 0) list.splice(at, 1);
      if (list.length === 0) delete all[ev!];
    }
    return this;
  }

  /** Calls the listeners of `ev`. Hot path: called for each packet. One listener, the usual case, needs no copy of the list. */
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): this {
    const list = this._listeners?.[ev];
    if (list?.length === 1) list[0]!.apply(this, args);
    else if (list) for (const listener of [...list]) listener.apply(this, args);
    return this;
  }

  /** The listeners of `ev`. Live: later changes show in it. Those added by `once` show as their wrappers. */
  listeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(
    ev: Ev,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[] {
    return (this._listeners?.[ev] ?? []) as ReservedOrUserListener<ReservedEvents, ListenEvents, Ev>[];
  }

  /** True if somebody listens to `ev`. */
  hasListeners<Ev extends ReservedOrUserEventNames<ReservedEvents, ListenEvents>>(ev: Ev): boolean {
    return !!this._listeners?.[ev];
  }
}

// The same functions under other names: `this` comes with the call.
const prototype = Emitter.prototype as Emitter<EventsMap, EventsMap> & { emitReserved: unknown };
prototype.emitReserved = prototype.emit; // oxlint-disable-line typescript/unbound-method
prototype.addEventListener = prototype.on; // oxlint-disable-line typescript/unbound-method
prototype.removeListener = prototype.removeAllListeners = prototype.removeEventListener = prototype.off; // oxlint-disable-line typescript/unbound-method
