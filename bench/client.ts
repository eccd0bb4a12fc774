import { once } from "node:events";
import { heard, median, start } from "./processes.ts";

/**
 * What a client takes in Node, ours beside upstream's 4.8.4: CPU microseconds of its process, user and system, in alternating
 * rounds, each in a process of its own. The server is upstream's for both, in another process.
 *
 *     npx tsx bench/client.ts [rounds [scenario…]]
 *
 * Wants `npm run build` before. The ratios are what counts; claim nothing finer than a tenth of five rounds.
 * `BENCH_CLIENT_FLAGS=--cpu-prof` writes a profile of each process.
 */
interface Row {
  readonly scenario: "ack" | "receive" | "connect";
  readonly transport: "websocket" | "polling";
  readonly unit: string;
  /** The ratio that is wanted, if one is. */
  readonly goal?: number;
}

const ROWS: readonly Row[] = [
  { scenario: "ack", transport: "websocket", unit: "ack round trip", goal: 0.85 },
  { scenario: "receive", transport: "websocket", unit: "received event", goal: 0.7 },
  { scenario: "connect", transport: "websocket", unit: "connect", goal: 0.7 },
  { scenario: "ack", transport: "polling", unit: "ack round trip" },
  { scenario: "receive", transport: "polling", unit: "received event" },
  { scenario: "connect", transport: "polling", unit: "connect" },
];

const MAKERS = ["ours", "upstream"] as const;
type Maker = (typeof MAKERS)[number];

const [rounds = "5", ...chosen] = process.argv.slice(2);
const server = start("client/server.ts", []);
const port = await heard(server);
console.log("CPU of the client, µs        transport      ours   upstream   ratio   goal");
for (const row of ROWS.filter(({ scenario }) => chosen.length === 0 || chosen.includes(scenario))) {
  const taken: Record<Maker, number[]> = { ours: [], upstream: [] };
  for (let round = 0; round < Number(rounds); round++) {
    // Who begins changes, so that what happens on the machine meanwhile spoils both alike.
    for (const maker of round % 2 === 0 ? MAKERS : MAKERS.toReversed()) taken[maker].push(await measure(maker, row));
  }
  const [ours, theirs] = [median(taken.ours), median(taken.upstream)];
  console.log(
    `${row.unit.padEnd(29)}${row.transport.padEnd(10)}${ours.toFixed(1).padStart(9)}${theirs.toFixed(1).padStart(11)}` +
      `${(ours / theirs).toFixed(2).padStart(8)}${(row.goal?.toFixed(2) ?? "").padStart(7)}`,
  );
}
server.disconnect();

async function measure(maker: Maker, { scenario, transport }: Row): Promise<number> {
  const client = start(
    "client/target.ts",
    [maker, String(port), scenario, transport],
    process.env["BENCH_CLIENT_FLAGS"],
  );
  const ended = once(client, "exit");
  const microseconds = (await heard(client)) as number;
  await ended;
  return microseconds;
}
