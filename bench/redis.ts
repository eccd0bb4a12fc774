import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisServer } from "../tests/support/redis.ts";

/**
 * What a delivery takes where two servers share one Redis, 500 clients each, one `io.emit` at a time: CPU microseconds of both
 * server processes together, user and system, and the median of the time until it is with a client of the other server. Ours, by
 * socket.io-redis, beside upstream's by @socket.io/redis-adapter, in alternating rounds.
 *
 *     npx tsx bench/redis.ts [rounds]
 *
 * Wants `npx tsx tools/build.ts` before. The ratios are what counts; claim nothing finer than a tenth of four rounds.
 */
const WARM_UP_MS = 1500;
const MEASURED_MS = 3000;

interface Measured {
  readonly cpuUs: number;
  readonly farMs: number;
}

const [rounds = "3"] = process.argv.slice(2);
const redis = await RedisServer.start();
const ours: Measured[] = [];
const upstream: Measured[] = [];
for (let round = 0; round < Number(rounds); round++) {
  ours.push(await measure("ours"));
  upstream.push(await measure("upstream"));
}
await redis.stop();
report("CPU us per delivery", ({ cpuUs }) => cpuUs);
report("p50 ms of the far server", ({ farMs }) => farMs);

function report(what: string, of: (measured: Measured) => number): void {
  const [one, other] = [ours, upstream].map((all) => median(all.map(of))) as [number, number];
  console.log(`${what}: ours ${one.toFixed(2)}, upstream ${other.toFixed(2)}: ${(one / other).toFixed(2)} of upstream`);
}

async function measure(target: "ours" | "upstream"): Promise<Measured> {
  const servers = [1, 2].map(() => start("server/redis-target.ts", [target, String(redis.port)]));
  const ports = await Promise.all(servers.map(heard));
  const load = start("server/redis-load.ts", ports.map(String));
  await heard(load);
  await sleep(WARM_UP_MS);
  const before = await marks(servers, load);
  await sleep(MEASURED_MS);
  const after = await marks(servers, load);
  const children = [load, ...servers];
  for (const child of children) child.disconnect();
  await Promise.all(children.map((child) => once(child, "exit")));
  return { cpuUs: (after.cpuUs - before.cpuUs) / (after.deliveries - before.deliveries), farMs: after.farMs };
}

async function marks(
  servers: readonly ChildProcess[],
  load: ChildProcess,
): Promise<{ cpuUs: number; deliveries: number; farMs: number }> {
  const all = [...servers, load];
  const answers = all.map(heard);
  for (const child of all) child.send("mark");
  const [one, other, [deliveries, farMs]] = (await Promise.all(answers)) as [number, number, [number, number]];
  return { cpuUs: one + other, deliveries, farMs };
}

function start(file: string, args: readonly string[]): ChildProcess {
  return fork(new URL(file, import.meta.url), args, { execArgv: ["--import", "tsx", ...flagsOf(file)] });
}

/** `BENCH_SERVER_FLAGS=--cpu-prof` for instance. */
function flagsOf(file: string): readonly string[] {
  const flags = file.endsWith("redis-target.ts") ? process.env["BENCH_SERVER_FLAGS"] : undefined;
  return flags?.split(" ") ?? [];
}

async function heard(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, "message")) as [unknown];
  return message;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
