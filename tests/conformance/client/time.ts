import timers from "node:timers";
import { VirtualTime } from "../engine/virtual-time.ts";

/** What the clock of the process began with. */
const START_MS = Date.now();

let stopped: VirtualTime | undefined;

/**
 * As `VirtualTime`; dates stand still as well, since clients measure by them when the server was last heard. Timers that only
 * mean "not in this turn" go off by themselves.
 */
export function stopTime(): VirtualTime {
  if (stopped) return stopped;
  stopped = VirtualTime.install();
  Date.now = () => START_MS + performance.now();
  const { setTimeout: setVirtual, clearTimeout: clearVirtual } = globalThis;
  const immediates = new WeakSet<object>();
  const set = (run: (...args: unknown[]) => void, delayMs: number = 0, ...args: unknown[]): unknown => {
    if (delayMs > 0) return setVirtual(run, delayMs, ...args);
    const immediate = setImmediate(run, ...args);
    immediates.add(immediate);
    return immediate;
  };
  const clear = (timer: never): void => {
    // Node takes whatever it is given here for an immediate less, and after one too many runs none.
    if (immediates.has(timer)) clearImmediate(timer);
    else clearVirtual(timer);
  };
  const functions = { setTimeout: set, clearTimeout: clear };
  Object.assign(globalThis, functions);
  Object.assign(timers, functions);
  return stopped;
}
