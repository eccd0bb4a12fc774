import { run } from "./run.ts";

/* npm run history -- --seconds 60 --seed 7: the same as the test, for longer. Without a seed each run has its own. */

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const end = performance.now() + option("seconds", 60) * 1000;
let seed = option("seed", Date.now() % 1_000_000);
while (performance.now() < end) {
  const left = end - performance.now();
  const { violations, ...counts } = await run({
    seed,
    forMs: Math.min(left, 20_000),
    nodes: ["local", "local", "child"],
  });
  console.log(`seed ${seed}:`, JSON.stringify(counts), violations.length === 0 ? "as stated" : violations);
  if (violations.length > 0) process.exitCode = 1;
  seed++;
}
