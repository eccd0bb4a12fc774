import { createInflateRaw } from "node:zlib";

type Method = (this: object, ...args: unknown[]) => unknown;

/** What node:zlib is made over: it works in other threads, and calls back. */
interface Handle {
  init: Method;
  write: Method;
  close: Method;
}

/** Those that work. */
const working = new Set<object>();

/** Whether something of this process is being compressed or expanded, so that more will happen though nothing moves. */
export function isZlibWorking(): boolean {
  return working.size > 0;
}

watch();

function watch(): void {
  const stream = createInflateRaw();
  // No other place tells: such work counts neither among the process's requests nor among its handles.
  const handle = Object.getPrototypeOf((stream as unknown as { _handle: object })._handle) as Handle;
  const { init, write, close } = handle;
  handle.init = function (...args) {
    const told = args.map((arg) => (typeof arg === "function" ? tellingOfEnd(arg as Method) : arg));
    return init.apply(this, told);
  };
  handle.write = function (...args) {
    working.add(this);
    return write.apply(this, args);
  };
  // After an error it is closed, and does not call back.
  handle.close = function (...args) {
    working.delete(this);
    return close.apply(this, args);
  };
  stream.close();
}

function tellingOfEnd(callback: Method): Method {
  return function (...args) {
    working.delete(this);
    return callback.apply(this, args);
  };
}
