/** `npm start` ends here: starts the chat and prints its address. PORT and HOST choose where it listens. */
import { startDemo } from "./server.js";

const { PORT, HOST } = process.env;

try {
  const demo = await startDemo({ ...(PORT ? { port: Number(PORT) } : {}), ...(HOST ? { host: HOST } : {}) });
  console.log(`\n  The chat is at ${demo.url}\n`);
  console.log("  Open it in two windows and talk to yourself. Ctrl+C stops it.");
  if (!HOST) console.log("  HOST=0.0.0.0 lets phones in your network join.");

  const stop = (): void => {
    // A second Ctrl+C must end the process even if a connection refuses to close.
    process.once("SIGINT", () => process.exit(130));
    void demo.close();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
} catch (error) {
  console.error(`The chat could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
