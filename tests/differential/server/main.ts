import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { describe, findDifference } from "./differential.ts";

/*
 * `npm run differential -- server [--programs N] [--seed S]`: N programs from a seed, against our server and upstream's. Some 10 a second.
 * Prints the smallest program that was found to tell them apart, and fails then.
 */
const { values } = parseArgs({ options: { programs: { type: "string", default: "500" }, seed: { type: "string" } } });
const budget = {
  seed: values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed),
  programs: Number(values.programs),
};
if (!Number.isInteger(budget.seed) || !(budget.programs > 0)) {
  console.error("usage: npm run differential -- server [--programs N] [--seed S]");
  process.exit(2);
}

console.log(`seed ${budget.seed}, ${budget.programs} programs`);
const difference = await findDifference(budget);
console.log(difference === null ? "no difference was found" : describe(difference, budget));
// Time stands still in this process, so that nothing but this ends it.
process.exit(difference === null ? 0 : 1);
