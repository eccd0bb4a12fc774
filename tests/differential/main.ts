import process from "node:process";

/*
 * `npm run differential -- server|client|engine|clusters …`: the same programs, drawn from a seed, with ours and with upstream's. Each part says in its
 * main.ts what else it takes.
 */
const [part = "", ...rest] = process.argv.slice(2);
if (!["server", "client", "engine", "clusters"].includes(part)) {
  console.error("usage: npm run differential -- server|client|engine|clusters [--programs N] [--seed S]");
  process.exit(2);
}
process.argv.splice(2, Infinity, ...rest);
await import(`./${part}/main.ts`);
