import { EventEmitter } from "node:events";
import type { Alarm } from "./alarm.js";
import type { AnySocket } from "./socket.js";

/** The event of the main namespace that tells of failed listeners. Other servers must not send it. */
export const LISTENER_ERROR = "listener_error";

/** What a server does with errors of functions that the application gave it; see `ServerOptions.onListenerError`. */
export type ListenerErrorMode = "report" | "throw";

/**
 * Where errors of the application's functions go: listeners, middlewares, acknowledgement callbacks, and adapters whose promises
 * nobody has. None of them may end the process, or keep our own work (other sockets, bookkeeping) from being done.
 */
export class ListenerErrors {
  readonly #server: { readonly sockets: EventEmitter };
  readonly #mode: ListenerErrorMode;
  readonly #printer: Printer;
  /** True while the listeners of `listener_error` run: what fails meanwhile is printed, or they could go round for ever. */
  #telling = false;

  /** @param server its `sockets` may be replaced at any time */
  constructor(server: { readonly sockets: EventEmitter }, alarm: Alarm, mode: ListenerErrorMode = "report") {
    this.#server = server;
    this.#mode = mode;
    this.#printer = new Printer(alarm);
  }

  /** Whether emitters should watch the promises that listeners return. */
  get captureRejections(): boolean {
    return this.#mode !== "throw";
  }

  /** Calls a function of the application's, which may throw, or return a promise that rejects. */
  call(
    fn: (...args: never[]) => unknown,
    self: unknown,
    args: readonly unknown[],
    socket: AnySocket | undefined,
    event: string | symbol,
  ): void {
    try {
      this.watch(fn.apply(self, args as never[]), socket, event);
    } catch (error) {
      this.report(error, socket, event);
    }
  }

  /** Looks at what a function gave whose caller does not: if it is a promise, it may reject. */
  watch(result: unknown, socket: AnySocket | undefined, event: string | symbol): void {
    if (isThenable(result)) result.then(undefined, (error) => this.report(error, socket, event, true));
  }

  /** Looks at a promise that the application gets, since most do not look at it themselves. With "throw" they have to. */
  lend(promise: unknown, socket: AnySocket, event: string): void {
    if (this.captureRejections) this.watch(promise, socket, event);
  }

  /** The same as a function, for those who call it later. */
  guard(
    fn: (...args: never[]) => unknown,
    socket: AnySocket | undefined,
    event: string | symbol,
  ): (...args: unknown[]) => void {
    return (...args) => this.call(fn, socket, args, socket, event);
  }

  /**
   * @param event what the function was called for
   * @param rejected whether the error is the reason of a promise
   */
  report(error: unknown, socket: AnySocket | undefined, event: string | symbol, rejected: boolean = false): void {
    // Surfaces only after our own work is done: a throwing `disconnect` listener must not leave other sockets half closed.
    if (this.#mode === "throw") return rejected ? void Promise.reject(error) : process.nextTick(rethrow, error);
    const { sockets } = this.#server;
    if (this.#telling || event === LISTENER_ERROR || sockets.listenerCount(LISTENER_ERROR) === 0) {
      return this.#printer.print(error, socket, event);
    }
    this.#telling = true;
    try {
      EventEmitter.prototype.emit.call(sockets, LISTENER_ERROR, error, socket, event);
    } catch (failure) {
      this.#printer.print(failure, undefined, LISTENER_ERROR);
    } finally {
      this.#telling = false;
    }
  }

  /** The server closes: says what has been kept back so far. */
  flush(): void {
    this.#printer.flush();
  }
}

/** How many errors are printed in {@link PERIOD_MS}: a peer that makes a listener fail with each packet must not fill the disk. */
const MAX_PRINTED = 10;
const PERIOD_MS = 1000;

class Printer {
  readonly #alarm: Alarm;
  #periodEnd = -Infinity;
  #printed = 0;
  #keptBack = 0;

  constructor(alarm: Alarm) {
    this.#alarm = alarm;
  }

  print(error: unknown, socket: AnySocket | undefined, event: string | symbol): void {
    const now = this.#alarm.clock.now();
    if (now >= this.#periodEnd) {
      this.flush();
      this.#periodEnd = now + PERIOD_MS;
      this.#printed = 0;
    }
    if (this.#printed < MAX_PRINTED) {
      this.#printed++;
      write(`socket.io: error in a listener of ${nameOf(event)}${placeOf(socket)} (see "listener_error"):`, error);
      return;
    }
    this.#keptBack++;
    if (this.#keptBack === 1) this.#alarm.after(this.#periodEnd - now, () => this.flush());
  }

  flush(): void {
    if (this.#keptBack === 0) return;
    write(`socket.io: ${this.#keptBack} more errors in listeners`);
    this.#keptBack = 0;
  }
}

/** `console.error` prints stacks, causes and properties. It must not throw either: errors may have getters that do. */
function write(...line: unknown[]): void {
  try {
    console.error(...line);
  } catch {
    console.error(line[0]);
  }
}

/** Peers choose names of events, where the listener is one for all of them: no line breaks, and not too long. */
function nameOf(event: string | symbol): string {
  const name = typeof event === "string" ? JSON.stringify(event) : String(event);
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

const MAX_NAME = 100;

function placeOf(socket: AnySocket | undefined): string {
  return socket === undefined ? "" : `, socket ${socket.id} of ${nameOf(socket.nsp.name)}`;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function rethrow(error: unknown): never {
  throw error;
}
