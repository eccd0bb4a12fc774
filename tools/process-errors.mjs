/*
 * Loaded before each test file: what reaches the process fails the file, and is printed. `node:test` counts it too, but says
 * nothing of what came after its test, and knows nothing once a file has taken its listeners away. Who takes them away for a
 * test that is about such errors has to put them back.
 */
const EVENTS = /** @type {const} */ (["uncaughtException", "unhandledRejection"]);

/** @type {Map<string, (error: unknown) => void>} */
const listeners = new Map();
/** @type {NodeJS.EventEmitter} */
const emitter = process;

for (const event of EVENTS) {
  const listener = (/** @type {unknown} */ error) => {
    process.exitCode = 1;
    console.error(`${event}:`, error);
  };
  listeners.set(event, listener);
  emitter.on(event, listener);
}

process.on("exit", () => {
  for (const [event, listener] of listeners) {
    if (emitter.listeners(event).includes(listener)) continue;
    process.exitCode = 1;
    console.error(`The listeners of ${event} were taken away and not put back.`);
  }
});
