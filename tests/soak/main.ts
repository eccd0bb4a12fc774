import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { leftBehind, soak } from "./soak.ts";

/*
 * `npm run soak -- --seconds N --clients 2000 [--seed S]`: fails unless the server is back at its start. The operating system has to
 * allow four files for each client.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    clients: { type: "string", default: "2000" },
    seed: { type: "string" },
  },
});
const [seconds, clients] = [Number(values.seconds), Number(values.clients)];
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
console.log(`seed ${seed}, ${clients} clients, ${seconds} s`);
const report = await soak({ seconds, clients, seed });
console.log(`${report.connections} sockets have connected`);
console.table({ before: report.before, after: report.after });
const left = leftBehind(report);
console.log(left.length === 0 ? "back at the start" : left.join("\n"));
process.exit(left.length === 0 ? 0 : 1);
