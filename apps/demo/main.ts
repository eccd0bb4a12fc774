/** `npm start` ends here: starts the chat and prints its address. PORT and HOST choose where it listens, `--workers 4` in how many processes. */
import cluster from "node:cluster";
import { parseArgs } from "node:util";
import { startDemo } from "./server.js";
import { startWorker, startWorkers } from "./workers.js";

const { PORT, HOST } = process.env;
const options = { ...(PORT ? { port: Number(PORT) } : {}), ...(HOST ? { host: HOST } : {}) };

try {
  if (cluster.isWorker) await startWorker(options);
  else await start();
} catch (error) {
  console.error(`The chat could not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  const { workers } = parseArgs({ options: { workers: { type: "string" } } }).values;
  const count = Number(workers ?? 0);
  if (!Number.isInteger(count) || count < 0) throw new Error("--workers takes a number, as in --workers 4");
  const demo = await (count === 0 ? startDemo(options) : startWorkers(count, options));
  console.log(`\n  The chat is at ${demo.url}\n`);
  console.log("  Open it in two windows and talk to yourself. Ctrl+C stops it.");
  if (count > 0) console.log(`  ${count} processes serve it, each request whichever has its turn.`);
  if (!HOST) console.log("  HOST=0.0.0.0 lets phones in your network join.");

  const stop = (): void => {
    // A second Ctrl+C must end the process even if a connection refuses to close.
    process.once("SIGINT", () => process.exit(130));
    void demo.close();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}
