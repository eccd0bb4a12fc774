import { compare, type Difference, shrink } from "./compare.ts";
import type { StepLog } from "./log.ts";

/* A program is plain data, so that it can be printed, kept and made smaller. Indices are taken modulo what there is. */

export interface Program<Setting, Act> {
  readonly setting: Setting;
  readonly steps: readonly Step<Act>[];
}

/** One thing to do, and whether everything that it causes comes to an end before the next. */
export interface Step<Act> {
  readonly act: Act;
  readonly settles: boolean;
}

/** What is compared. */
export interface Subject<Library, Setting, Act, Maker extends string = "ours" | "upstream"> {
  load(maker: Maker): Library;
  /** The program of a seed. */
  draw(seed: number): Program<Setting, Act>;
  /** What is seen when a library does what a program says: a step for the beginning, and one for each of the program's. */
  play(library: Library, program: Program<Setting, Act>): Promise<StepLog>;
}

/** The same program with both: null if nobody can tell them apart. */
export async function differenceOf<Library, Setting, Act>(
  { play }: Pick<Subject<Library, Setting, Act>, "play">,
  libraries: readonly [Library, Library],
  program: Program<Setting, Act>,
): Promise<Difference | null> {
  const [one, other] = [await play(libraries[0], program), await play(libraries[1], program)];
  return compare(one.steps, other.steps);
}

/** A program as short as it can be made that still shows a difference. */
export async function shrunk<Library, Setting, Act>(
  subject: Pick<Subject<Library, Setting, Act>, "play">,
  libraries: readonly [Library, Library],
  program: Program<Setting, Act>,
): Promise<Program<Setting, Act>> {
  const steps = await shrink(program.steps, async (shorter) => {
    return (await differenceOf(subject, libraries, { ...program, steps: shorter })) !== null;
  });
  return { ...program, steps };
}

/** So many lines tell enough. */
const SHOWN = 14;

/** A program and what it shows, for who has to find out why. */
export function describe<Setting, Act>(program: Program<Setting, Act>, { step, observer, sides }: Difference): string {
  return [
    JSON.stringify(program.setting),
    ...program.steps.map(({ act, settles }, at) => `${at + 1}${settles ? "." : "+"} ${JSON.stringify(act)}`),
    `step ${step}, ${observer}:`,
    ...["ours", "upstream"].flatMap((name, side) => [
      `  ${name}:`,
      ...sides[side]!.slice(0, SHOWN).map((line) => `    ${line}`),
    ]),
  ].join("\n");
}
