/** The public methods of an emitter (row S-39). */
const METHODS = [
  "setMaxListeners",
  "getMaxListeners",
  "emit",
  "addListener",
  "on",
  "prependListener",
  "once",
  "prependOnceListener",
  "removeListener",
  "off",
  "removeAllListeners",
  "listeners",
  "rawListeners",
  "listenerCount",
  "eventNames",
] as const;

type Methods = Record<(typeof METHODS)[number], (...args: unknown[]) => unknown>;

/** Makes `io.on(…)` and the like those of the main namespace, whichever object that is now (browser-sync replaces it). */
export function redirectEmitter(prototype: object): void {
  for (const method of METHODS) {
    Object.defineProperty(prototype, method, {
      value: function (this: { sockets: Methods }, ...args: unknown[]): unknown {
        return this.sockets[method](...args);
      },
      configurable: true,
      writable: true,
    });
  }
}
