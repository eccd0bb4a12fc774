import { parseArgs } from "node:util";
import { client } from "./client/role.ts";
import { describe, differenceOf, type Role, shrunk } from "./run.ts";
import { server } from "./server/role.ts";

/*
 * `npm run differential -- engine --role server --seed 7 --programs 500`: the programs of these seeds with our engine.io (or
 * engine.io-client, --role client) and with upstream's. What differs is made smaller and printed; --whole prints it as it was drawn.
 * With --maker upstream there are two of upstream's, which nobody can tell apart unless the tester itself is at fault.
 */
const { values } = parseArgs({
  options: {
    role: { type: "string", default: "server" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    programs: { type: "string", default: "100" },
    maker: { type: "string", default: "ours" },
    whole: { type: "boolean", default: false },
  },
});

async function run<Library, Setting, Act>(role: Role<Library, Setting, Act>): Promise<number> {
  const libraries = [role.load(values.maker as "ours" | "upstream"), role.load("upstream")] as const;
  const first = Number(values.seed);
  let found = 0;
  for (let seed = first; seed < first + Number(values.programs); seed++) {
    const drawn = role.draw(seed);
    const difference = await differenceOf(role, libraries, drawn);
    if (difference === null) continue;
    found++;
    const program = values.whole ? drawn : await shrunk(role, libraries, drawn);
    // What is not found again stands as it was.
    const again = await differenceOf(role, libraries, program);
    console.log(
      again === null
        ? `seed ${seed}, once:\n${describe(drawn, difference)}`
        : `seed ${seed}:\n${describe(program, again)}`,
    );
  }
  console.log(`seeds from ${first}: ${found} of ${values.programs} programs tell the two apart`);
  return found;
}

process.exit((await (values.role === "client" ? run(client) : run(server))) === 0 ? 0 : 1);
