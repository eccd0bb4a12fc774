/** What has reached the process: uncaught exceptions and unhandled rejections. */
export interface ProcessErrors {
  readonly uncaught: unknown[];
  readonly rejected: unknown[];
}

/**
 * Watches the process in place of the runner, which would fail the test.
 *
 * @param run is given what will be returned, to look at meanwhile
 */
export async function processErrors(run: (errors: ProcessErrors) => Promise<void>): Promise<ProcessErrors> {
  const errors: ProcessErrors = { uncaught: [], rejected: [] };
  const restore = [
    replaceListeners("uncaughtException", (error) => errors.uncaught.push(error)),
    replaceListeners("unhandledRejection", (error) => errors.rejected.push(error)),
  ];
  try {
    await run(errors);
    // Rejections are told after the microtasks of a tick.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    for (const back of restore) back();
  }
  return errors;
}

function replaceListeners(
  event: "uncaughtException" | "unhandledRejection",
  listener: (error: unknown) => void,
): () => void {
  const emitter = process as NodeJS.EventEmitter;
  const watching = emitter.rawListeners(event);
  emitter.removeAllListeners(event);
  emitter.on(event, listener);
  return () => {
    emitter.removeAllListeners(event);
    for (const each of watching) emitter.on(event, each as () => void);
  };
}
