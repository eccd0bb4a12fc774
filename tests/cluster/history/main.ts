import { ADAPTER_NAMES, type AdapterName } from "./node.ts";
import { run } from "./run.ts";

/*
 * npm run history -- --seconds 60 --seed 7 --adapter streams: the same as the test, for longer. Without a seed each run has its own;
 * without an adapter the seed chooses one.
 */

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
};
const adapter = option("adapter") as AdapterName | undefined;
if (adapter !== undefined && !ADAPTER_NAMES.includes(adapter)) {
  throw new Error(`--adapter is one of ${ADAPTER_NAMES.join(", ")}`);
}
const end = performance.now() + Number(option("seconds") ?? 60) * 1000;
let seed = Number(option("seed") ?? Date.now() % 1_000_000);
while (performance.now() < end) {
  const forMs = Math.min(end - performance.now(), 20_000);
  const { violations, ...counts } = await run({ seed, adapter, forMs, nodes: ["local", "local", "child"] });
  console.log(`seed ${seed}:`, JSON.stringify(counts), violations.length === 0 ? "as stated" : violations);
  if (violations.length > 0) process.exitCode = 1;
  seed++;
}
