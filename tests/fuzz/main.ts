import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { describe } from "./corpus.ts";
import { fuzz } from "./fuzzer.ts";
import { FUZZERS } from "./fuzzers/index.ts";

/*
 * `npm run fuzz -- --seconds N [--seed S] [--only name]`: N seconds, shared by the fuzzers, or all of them for the one. Each feeds
 * its corpus first. Fails if something is found.
 */
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string" }, only: { type: "string" } },
});
const wanted = FUZZERS.filter(({ name }) => values.only === undefined || values.only === name);
const seconds = Number(values.seconds) / wanted.length;
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
if (wanted.length === 0 || !(seconds > 0) || !Number.isInteger(seed)) {
  console.error(
    `usage: npm run fuzz -- [--seconds N] [--seed S] [--only ${FUZZERS.map(({ name }) => name).join(" | ")}]`,
  );
  process.exit(2);
}

console.log(`seed ${seed}, ${Math.round(seconds)} s for each of ${wanted.length}`);
let findings = 0;
for (const fuzzer of wanted) {
  const report = await fuzz(fuzzer, { seed, seconds });
  console.log(describe(fuzzer.name, report));
  if (report.finding !== null) findings++;
}
console.log(findings === 0 ? "nothing was found" : `${findings} of ${wanted.length} have found something`);
process.exitCode = findings === 0 ? 0 : 1;
