import { processErrors } from "../../../packages/socket.io/test/support/process-errors.ts";
import { compare, type Difference, shrink } from "./compare.ts";
import { Log } from "./log.ts";
import { Network } from "./network.ts";

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

/** Does what the steps of a program say, with one maker's engine. */
export interface Player<Act> {
  do(act: Act): void | Promise<void>;
  /** Notes what can be read of everything, where it is not what it was. */
  view(): void;
  close(): void;
}

/** The side whose engines are compared. */
export interface Role<Library, Setting, Act> {
  load(maker: "ours" | "upstream"): Library;
  draw(seed: number): Program<Setting, Act>;
  start(library: Library, setting: Setting, log: Log, network: Network): Promise<Player<Act>>;
}

/** So long the last step lasts: heartbeats come and go, and what they find dead ends. */
const FINALLY_MS = 2400;

/** So many lines tell enough. */
const SHOWN = 14;

/** What is seen when an engine does what a program says. */
export async function play<Library, Setting, Act>(
  role: Role<Library, Setting, Act>,
  library: Library,
  { setting, steps }: Program<Setting, Act>,
): Promise<Log> {
  const log = new Log();
  await processErrors(async (errors) => {
    const network = new Network(log);
    log.begin();
    const player = await role.start(library, setting, log, network);
    const take = (): void => {
      for (const error of [...errors.uncaught.splice(0), ...errors.rejected.splice(0)])
        log.add("process", String(error));
      player.view();
    };
    try {
      for (const { act, settles } of steps) {
        log.begin();
        await player.do(act);
        await new Promise(process.nextTick);
        if (settles) await network.settle();
        take();
      }
      log.begin();
      await network.pass(FINALLY_MS);
      take();
      log.end();
    } finally {
      player.close();
      await network.close();
      errors.uncaught.length = errors.rejected.length = 0;
    }
  });
  return log;
}

/** The same program with both: null if nobody can tell them apart. */
export async function differenceOf<Library, Setting, Act>(
  role: Role<Library, Setting, Act>,
  libraries: readonly [Library, Library],
  program: Program<Setting, Act>,
): Promise<Difference | null> {
  const [one, other] = [await play(role, libraries[0], program), await play(role, libraries[1], program)];
  return compare(one.steps, other.steps);
}

/** A program as short as it can be made that still shows a difference. */
export async function shrunk<Library, Setting, Act>(
  role: Role<Library, Setting, Act>,
  libraries: readonly [Library, Library],
  program: Program<Setting, Act>,
): Promise<Program<Setting, Act>> {
  const steps = await shrink(program.steps, async (shorter) => {
    return (await differenceOf(role, libraries, { ...program, steps: shorter })) !== null;
  });
  return { ...program, steps };
}

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
