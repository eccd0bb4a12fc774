/** What a snippet did with what it was handed: most callbacks in the guide are empty, so only their calls can be seen. */
export class Observed {
  /** Methods that it called, with their texts: `io.of("/admin").use()`. */
  readonly calls: string[] = [];
  /** The methods whose callbacks ran, once for each run. */
  readonly runs: string[] = [];
  /** What it read of them, methods aside. */
  readonly reads: string[] = [];
  /** A listener is removed by identity, so one function is always wrapped into the same one. */
  readonly #wrapped = new WeakMap<Listener, Listener>();
  #onRun = (): void => {};

  /** The same object for a snippet, watched; what its methods return or hand to callbacks is watched as well. */
  watch<T extends object>(target: T, name: string): T {
    return new Proxy(target, {
      get: (real, key): unknown => {
        const value: unknown = Reflect.get(real, key, real);
        if (typeof value !== "function") {
          this.reads.push(`${name}.${String(key)}`);
          return this.#watched(value, `${name}.${String(key)}`);
        }
        return (...args: unknown[]): unknown => {
          const label = `${name}.${String(key)}(${args.filter((arg) => typeof arg === "string").join()})`;
          this.calls.push(label);
          const given = args.map((arg) => (typeof arg === "function" ? this.#listener(arg as Listener, label) : arg));
          return this.#watched(Reflect.apply(value as Listener, real, given), label);
        };
      },
    });
  }

  /** Resolves when a callback that this method was given has run so often. */
  async ran(label: string, times = 1): Promise<void> {
    while (this.runs.filter((run) => run === label).length < times) {
      await new Promise<void>((resolve) => (this.#onRun = resolve));
    }
  }

  #listener(listener: Listener, label: string): Listener {
    const known = this.#wrapped.get(listener);
    if (known !== undefined) return known;
    const wrapper: Listener = (...args) => {
      this.runs.push(label);
      // Whoever waits looks again after the callback.
      queueMicrotask(this.#onRun);
      return listener(...args.map((arg) => this.#watched(arg, "socket")));
    };
    this.#wrapped.set(listener, wrapper);
    return wrapper;
  }

  #watched(value: unknown, name: string): unknown {
    return isEmitter(value) ? this.watch(value, name) : value;
  }
}

type Listener = (...args: unknown[]) => unknown;

/** Servers, namespaces, sockets, managers and broadcast operators. */
function isEmitter(value: unknown): value is object {
  return typeof value === "object" && value !== null && "emit" in value;
}
