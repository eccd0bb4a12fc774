import { EventEmitter } from "node:events";

/** Events that tell of packets on their way out. They come per packet, and few applications listen to any of them. */
const WRITE_EVENTS: ReadonlySet<string | symbol> = new Set(["packetCreate", "flush", "drain"]);

/**
 * An emitter that knows without looking whether anybody can be listening to what it would tell of a packet. Hot path: asking
 * `listenerCount` for each of these events took a tenth of a delivery.
 */
export class WriteEvents extends EventEmitter {
  /** Somebody has listened to one of them, and perhaps still does: ask `listenerCount`. @internal */
  _observesWrites = false;

  /** For the first time somebody listens to one of them. @internal */
  _onObserved(): void {
    this._observesWrites = true;
  }
}

const METHODS = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;

// Each of them: which one calls which other is the platform's business.
for (const method of METHODS) {
  const add = EventEmitter.prototype[method];
  WriteEvents.prototype[method] = function (this: WriteEvents, event: string | symbol, listener) {
    if (!this._observesWrites && WRITE_EVENTS.has(event)) this._onObserved();
    return add.call(this, event, listener) as typeof this;
  };
}
