/** Runs the scenario in each mode that this runtime knows, against the server whose URL is given. Prints JSON. */
import * as client from "engine.io-client";
import { converse, MODES } from "./scenario.mts";

const url = process.argv[2] ?? "";
const reports: Record<string, unknown> = {};
for (const [mode, { needs }] of Object.entries(MODES)) {
  reports[mode] =
    needs && !(needs in globalThis)
      ? `no ${needs} here`
      : await converse(client, url, mode).catch((error: Error) => `${error.message} ${String(error.stack)}`);
}
console.log(JSON.stringify(reports));
