/** What a socket of any client offers for waiting. */
interface Emitting {
  once(event: string, listener: (...args: never[]) => void): unknown;
}

const PATIENCE_MS = 20_000;

/** The arguments of the next event of this name. */
export function next<Args extends unknown[] = unknown[]>(emitter: unknown, event: string): Promise<Args> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no "${event}" in ${PATIENCE_MS} ms`)), PATIENCE_MS);
    (emitter as Emitting).once(event, (...args: unknown[]) => {
      clearTimeout(late);
      resolve(args as Args);
    });
  });
}
