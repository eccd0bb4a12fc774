import { Emitter } from "engine.io-parser/emitter";

/**
 * Runs a function of the user's. What it throws becomes an uncaught exception of its own, so that a faulty listener neither closes the
 * connection, nor passes for a fault of the peer, nor keeps the listeners of other sockets from hearing (row C-127).
 */
export function callUser(
  // `any`: takes every function; the arguments come from the peer or were typed by the caller.
  run: (...args: any[]) => unknown, // oxlint-disable-line typescript/no-explicit-any
  self: unknown,
  args: readonly unknown[],
): void {
  try {
    run.apply(self, args as unknown[]);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

// Not a Socket's own `emit`, which sends. Called with an emitter for `this` below.
const { emit } = Emitter.prototype; // oxlint-disable-line typescript/unbound-method

/** Tells the listeners of an emitter; `event` is the name and the arguments. */
export function announce(emitter: object, event: readonly unknown[]): void {
  callUser(emit, emitter, event);
}
