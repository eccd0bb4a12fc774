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
  const set = (run: (...args: unknown[]) => void, delayMs: number = 0, ...args: unknown[]): unknown =>
    delayMs > 0 ? setVirtual(run, delayMs, ...args) : setImmediate(run, ...args);
  const clear = (timer: never): void => {
    clearVirtual(timer);
    clearImmediate(timer);
  };
  const functions = { setTimeout: set, clearTimeout: clear };
  Object.assign(globalThis, functions);
  Object.assign(timers, functions);
  return stopped;
}
