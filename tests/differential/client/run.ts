import { processErrors } from "../../../packages/socket.io/test/support/process-errors.ts";
import { type ClientLibrary } from "../../interop/implementations.ts";
import { compare, type Difference, shrink } from "./compare.ts";
import { Log } from "./log.ts";
import { Player } from "./player.ts";
import type { Program } from "./program.ts";
import { World } from "./world.ts";

/** So many lines tell enough. */
const SHOWN = 12;

/** What is seen when a client does what a program says. */
export async function play(library: ClientLibrary, program: Program): Promise<Log> {
  const log = new Log();
  await processErrors(async (errors) => {
    const take = (): void => {
      for (const error of [...errors.uncaught.splice(0), ...errors.rejected.splice(0)])
        log.add("process", String(error));
    };
    const world = await World.start(program.setting, log);
    const player = new Player(library, program, world, log);
    try {
      await player.run();
      take();
      log.end();
    } finally {
      player.close();
      await world.close();
    }
  });
  return log;
}

/** The same program with both clients: null if nobody can tell them apart. */
export async function differenceOf(
  libraries: readonly [ClientLibrary, ClientLibrary],
  program: Program,
): Promise<Difference | null> {
  const [one, other] = [await play(libraries[0], program), await play(libraries[1], program)];
  return compare(one.steps, other.steps);
}

/** A program as short as it can be made that still shows a difference of this kind. */
export async function shrunk(libraries: readonly [ClientLibrary, ClientLibrary], program: Program): Promise<Program> {
  const steps = await shrink(program.steps, async (shorter) => {
    return (await differenceOf(libraries, { ...program, steps: shorter })) !== null;
  });
  return { ...program, steps };
}

/** A program and what it shows, for who has to find out why. */
export function describe(program: Program, { step, observer, sides }: Difference): string {
  return [
    JSON.stringify(program.setting),
    ...program.steps.map(({ act, settles }, at) => `${at}${settles ? "." : "+"} ${JSON.stringify(act)}`),
    `step ${step}, ${observer}:`,
    ...["ours", "upstream"].flatMap((name, side) => [
      `  ${name}:`,
      ...sides[side]!.slice(0, SHOWN).map((line) => `    ${line}`),
    ]),
  ].join("\n");
}
