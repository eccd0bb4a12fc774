import { Emitter } from "engine.io-parser/emitter";
import type { EventNames, EventParams, EventsMap } from "engine.io-parser/emitter";

/**
 * An emitter of which one other layer hears as well: after the listeners, by a direct call of the method that is named after
 * the event. What is reported here is all that a transport and its session, or a Socket and its Manager, say to each other.
 */
// `{}`: there are no events but our own.
// oxlint-disable-next-line typescript/no-empty-object-type
export class Reporter<Events extends EventsMap> extends Emitter<{}, {}, Events> {
  /** @internal */
  receiver: Partial<Events> | null = null;

  /** @internal */
  override emitReserved<Ev extends EventNames<Events>>(ev: Ev, ...args: EventParams<Events, Ev>): this {
    this._say(ev, ...args);
    this.receiver?.[ev]?.(...args);
    return this;
  }

  /** To the listeners alone. */
  protected _say<Ev extends EventNames<Events>>(ev: Ev, ...args: EventParams<Events, Ev>): void {
    super.emitReserved(ev, ...args);
  }
}
