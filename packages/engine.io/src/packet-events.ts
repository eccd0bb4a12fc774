import { EventEmitter } from "node:events";
import { LazyEmitter } from "./lazy-emitter.js";

/** Events that tell of packets on their way in and out. They come per packet, and few applications listen to any of them. */
const READ_EVENTS: ReadonlySet<string | symbol> = new Set(["packet", "heartbeat", "data", "message"]);
const WRITE_EVENTS: ReadonlySet<string | symbol> = new Set(["packetCreate", "flush", "drain", "ready"]);

/**
 * An emitter that knows without looking whether anybody can be listening to what it would tell of a packet. Hot path: asking
 * `listenerCount` for each of these events took a tenth of a delivery.
 */
export class PacketEvents extends LazyEmitter {
  /** Somebody has listened to one that tells of packets on their way in, and perhaps still does: ask `listenerCount`. @internal */
  _observesReads = false;
  /** The same, on their way out. @internal */
  _observesWrites = false;

  /** For the first time somebody listens to one of those on their way out. @internal */
  _onObserved(): void {
    this._observesWrites = true;
  }
}

const METHODS = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;

// Each of them: which one calls which other is the platform's business.
for (const method of METHODS) {
  const add = EventEmitter.prototype[method];
  PacketEvents.prototype[method] = function (this: PacketEvents, event: string | symbol, listener) {
    if (READ_EVENTS.has(event)) this._observesReads = true;
    else if (!this._observesWrites && WRITE_EVENTS.has(event)) this._onObserved();
    return add.call(this, event, listener) as typeof this;
  };
}
