import { parseArgs } from "node:util";
import { describe, differenceOf, shrunk, type Subject } from "./programs.ts";

/**
 * The programs of as many seeds as the command line says, with ours and with upstream's: `--seed 7 --programs 500`. What differs is made
 * smaller and printed; `--whole` prints it as it was drawn. With `--maker upstream` there are two of upstream's, which nobody can tell
 * apart unless the tester itself is at fault.
 * @returns how many told the two apart
 */
export async function runSeeds<Library, Setting, Act, Maker extends string>(
  subject: Subject<Library, Setting, Act, Maker | "upstream">,
  args: readonly string[],
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      programs: { type: "string", default: "100" },
      maker: { type: "string", default: "ours" },
      whole: { type: "boolean", default: false },
    },
  });
  const libraries = [subject.load(values.maker as Maker), subject.load("upstream")] as const;
  const first = Number(values.seed);
  let found = 0;
  for (let seed = first; seed < first + Number(values.programs); seed++) {
    const drawn = subject.draw(seed);
    const difference = await differenceOf(subject, libraries, drawn);
    if (difference === null) continue;
    found++;
    const program = values.whole ? drawn : await shrunk(subject, libraries, drawn);
    // What is not found again stands as it was.
    const again = await differenceOf(subject, libraries, program);
    console.log(
      again === null
        ? `seed ${seed}, once:\n${describe(drawn, difference)}`
        : `seed ${seed}:\n${describe(program, again)}`,
    );
  }
  console.log(`seeds from ${first}: ${found} of ${values.programs} programs tell the two apart`);
  return found;
}
