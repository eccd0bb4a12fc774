import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisServer } from "../tests/support/redis.ts";
import { heard, median, start } from "./processes.ts";

/**
 * What a delivery takes where two servers share one Redis, 500 clients each, one `io.emit` at a time: CPU microseconds of both
 * server processes together, user and system, and the median of the time until it is with a client of the other server. Ours, by
 * socket.io-redis, beside upstream's by @socket.io/redis-adapter, and beside the least that moves the same bytes through the same
 * client of Redis; in alternating rounds.
 *
 *     npx tsx bench/redis.ts [rounds [target…]]
 *
 * Wants `npx tsx tools/build.ts` before. The ratios are what counts; claim nothing finer than a tenth of four rounds. The system's
 * part is the same bytes in as many writes for all three, and most of the sum.
 */
const WARM_UP_MS = 1500;
/**
 * The machine of the reference had delivered so many after its 1.5 s. A busier one is given the time: else it is compared how fast
 * the code of both is compiled.
 */
const WARM_UP_DELIVERIES = 175_000;
const MEASURED_MS = 3000;
/** `--cpu-prof` for instance. */
const SERVER_FLAGS = process.env["BENCH_SERVER_FLAGS"];

const TARGETS = ["ours", "upstream", "floor"] as const;
type Target = (typeof TARGETS)[number];

interface Measured {
  readonly userUs: number;
  readonly systemUs: number;
  readonly farMs: number;
}

const [rounds = "3", ...chosen] = process.argv.slice(2);
const targets = TARGETS.filter((target) => chosen.length === 0 || chosen.includes(target));
const redis = await RedisServer.start();
const taken: Record<Target, Measured[]> = { ours: [], upstream: [], floor: [] };
for (let round = 0; round < Number(rounds); round++) {
  for (const target of targets) taken[target].push(await measure(target));
}
await redis.stop();
report("CPU us per delivery", ({ userUs, systemUs }) => userUs + systemUs);
report("- of it, user", ({ userUs }) => userUs);
report("- of it, system", ({ systemUs }) => systemUs);
report("p50 ms of the far server", ({ farMs }) => farMs);

function report(what: string, of: (measured: Measured) => number): void {
  const medians = Object.fromEntries(targets.map((target) => [target, median(taken[target].map(of))]));
  const ratios = targets
    .filter((target) => target !== "ours" && "ours" in medians)
    .map((target) => `${(medians["ours"]! / medians[target]!).toFixed(2)} of ${target}`);
  const figures = targets.map((target) => `${target} ${medians[target]!.toFixed(2)}`);
  console.log(`${what.padEnd(24)} ${figures.join(", ")}${ratios.length > 0 ? `: ${ratios.join(", ")}` : ""}`);
}

async function measure(target: Target): Promise<Measured> {
  const servers = [1, 2].map(() => start("server/redis-target.ts", [target, String(redis.port)], SERVER_FLAGS));
  const ports = await Promise.all(servers.map(heard));
  const load = start("server/redis-load.ts", ports.map(String));
  await heard(load);
  let before: Marks;
  do {
    await sleep(WARM_UP_MS);
    before = await marks(servers, load);
  } while (before.deliveries < WARM_UP_DELIVERIES);
  await sleep(MEASURED_MS);
  const after = await marks(servers, load);
  const children = [load, ...servers];
  for (const child of children) child.disconnect();
  await Promise.all(children.map((child) => once(child, "exit")));
  const deliveries = after.deliveries - before.deliveries;
  return {
    userUs: (after.userUs - before.userUs) / deliveries,
    systemUs: (after.systemUs - before.systemUs) / deliveries,
    farMs: after.farMs,
  };
}

interface Marks extends Measured {
  readonly deliveries: number;
}

async function marks(servers: readonly ChildProcess[], load: ChildProcess): Promise<Marks> {
  const all = [...servers, load];
  const answers = all.map(heard);
  for (const child of all) child.send("mark");
  const [one, other, [deliveries, farMs]] = (await Promise.all(answers)) as [Pair, Pair, Pair];
  return { userUs: one[0] + other[0], systemUs: one[1] + other[1], deliveries, farMs };
}

type Pair = readonly [number, number];
