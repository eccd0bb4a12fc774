import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { heard, median, start } from "./processes.ts";
import { SCENARIOS } from "./server/scenarios.ts";

/**
 * What a server takes for a message over WebSocket, ours beside upstream's and beside the least that moves the same bytes: CPU
 * microseconds of the server process, user and system, in alternating rounds. The clients are a process of their own.
 *
 *     npx tsx bench/broadcast.ts [rounds [scenario…]]
 *
 * Wants `npx tsx tools/build.ts` before. The ratios are what counts; claim nothing finer than a tenth of four rounds.
 */
const TARGETS = ["ours", "upstream", "floor"] as const;
type Target = (typeof TARGETS)[number];

const WARM_UP_MS = 1500;
const MEASURED_MS = 3000;
/** `--cpu-prof` for instance. */
const SERVER_FLAGS = process.env["BENCH_SERVER_FLAGS"];

const [rounds = "3", ...chosen] = process.argv.slice(2);
for (const { name } of SCENARIOS.filter((one) => chosen.length === 0 || chosen.includes(one.name))) {
  const taken: Record<Target, number[]> = { ours: [], upstream: [], floor: [] };
  for (let round = 0; round < Number(rounds); round++) {
    for (const target of TARGETS) taken[target].push(await measure(target, name));
  }
  const [ours, theirs, floor] = TARGETS.map((target) => median(taken[target])) as [number, number, number];
  console.log(
    `${name.padEnd(10)} ours ${ours.toFixed(2)} us, upstream ${theirs.toFixed(2)}, floor ${floor.toFixed(2)}: ` +
      `${(ours / theirs).toFixed(2)} of upstream, ${(ours / floor).toFixed(2)} of the floor`,
  );
}

async function measure(target: Target, scenario: string): Promise<number> {
  const server = start("server/target.ts", [target], SERVER_FLAGS);
  const load = start("server/load.ts", [scenario, String(await heard(server))]);
  await heard(load);
  await sleep(WARM_UP_MS);
  const before = await marks(server, load);
  await sleep(MEASURED_MS);
  const after = await marks(server, load);
  load.disconnect();
  server.disconnect();
  await Promise.all([once(load, "exit"), once(server, "exit")]);
  return (after.cpuUs - before.cpuUs) / (after.messages - before.messages);
}

async function marks(server: ChildProcess, load: ChildProcess): Promise<{ cpuUs: number; messages: number }> {
  const answers = [heard(server), heard(load)];
  server.send("mark");
  load.send("mark");
  const [cpuUs, messages] = (await Promise.all(answers)) as [number, number];
  return { cpuUs, messages };
}
