import {
  Emitter,
  type EventsMap,
  type ReservedOrUserEventNames,
  type ReservedOrUserListener,
} from "engine.io-parser/emitter";

/**
 * What a Socket has of the emitter: all but `emit`, which sends here, and returns `true` as the guide has it (row C-90) where the
 * emitter's own returns the emitter.
 */
export interface Listening<Listen extends EventsMap, Reserved extends EventsMap> {
  /** Calls `listener` whenever the event arrives. */
  on<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** As {@link on}, for the next time only. */
  once<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
    listener: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** Removes one listener (the first that matches), all listeners of an event, or all there are. */
  off<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev?: Ev,
    listener?: ReservedOrUserListener<Reserved, Listen, Ev>,
  ): this;
  /** The listeners of an event. Live: later changes show in it. */
  listeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(
    ev: Ev,
  ): ReservedOrUserListener<Reserved, Listen, Ev>[];
  /** True if somebody listens to the event. */
  hasListeners<Ev extends ReservedOrUserEventNames<Reserved, Listen>>(ev: Ev): boolean;
  /** The same as {@link on}. */
  addEventListener: this["on"];
  /** The same as {@link off}. */
  removeListener: this["off"];
  /** The same as {@link off}. */
  removeAllListeners: this["off"];
  /** The same as {@link off}. */
  removeEventListener: this["off"];
}

/** The emitter, typed as {@link Listening}. */
export const ListeningBase = Emitter as unknown as new <
  Listen extends EventsMap,
  Reserved extends EventsMap,
>() => Listening<Listen, Reserved>;
