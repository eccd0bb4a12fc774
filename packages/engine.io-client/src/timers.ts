/** Timer functions of one object. Fields, so that users and tests may give others. */
export interface TimerFunctions {
  setTimeoutFn(callback: () => void, delayMs: number): unknown;
  clearTimeoutFn(timer: unknown): void;
}

// As they were when this module was loaded: tests that fake the global ones come later.
const native = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

/** Gives `target` timer functions: the global ones of now, or with `useNativeTimers` those from before anybody faked them. */
export function installTimerFunctions(target: object, opts: { useNativeTimers?: boolean }): void {
  const { setTimeout, clearTimeout } = opts.useNativeTimers ? native : globalThis;
  Object.assign(target, { setTimeoutFn: setTimeout.bind(globalThis), clearTimeoutFn: clearTimeout.bind(globalThis) });
}
