import { parseArgs } from "node:util";
import { loadClient, type Maker } from "../../interop/implementations.ts";
import { draw } from "./draw.ts";
import { describe, differenceOf, shrunk } from "./run.ts";

/*
 * `npm run differential -- client --seed 7 --programs 500`: the programs of these seeds with our client and with upstream's,
 * as they were built. What differs is made smaller and printed; --whole prints it as it was drawn. With --maker upstream there are
 * two of upstream's, which nobody can tell apart unless the tester itself is at fault.
 */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    programs: { type: "string", default: "100" },
    maker: { type: "string", default: "ours" },
    whole: { type: "boolean", default: false },
  },
});
const libraries = [loadClient(values.maker as Maker), loadClient("upstream")] as const;
const first = Number(values.seed);
let found = 0;
for (let seed = first; seed < first + Number(values.programs); seed++) {
  const drawn = draw(seed);
  const difference = await differenceOf(libraries, drawn);
  if (difference === null) continue;
  found++;
  const program = values.whole ? drawn : await shrunk(libraries, drawn);
  // What is not found again stands as it was.
  const again = await differenceOf(libraries, program);
  console.log(
    again === null
      ? `seed ${seed}, once:\n${describe(drawn, difference)}`
      : `seed ${seed}:\n${describe(program, again)}`,
  );
}
console.log(`seeds from ${first}: ${found} of ${values.programs} programs tell the two apart`);
process.exit(found === 0 ? 0 : 1);
