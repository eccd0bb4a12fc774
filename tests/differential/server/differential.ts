import { inspect } from "node:util";
import fc from "fast-check";
import { processErrors } from "../../../packages/socket.io/test/support/process-errors.ts";
import { program } from "./arbitraries/program.ts";
import { compare, type Plant } from "./compare.ts";
import type { Program } from "./program.ts";

export interface Budget {
  readonly seed: number;
  readonly programs: number;
  /**
   * Whether a difference is made smaller.
   * @default true
   */
  readonly shrinks?: boolean;
}

export interface Difference {
  readonly program: Program;
  readonly error: Error;
}

/**
 * Runs so many programs on both servers, until one tells them apart.
 *
 * @param plant changes our server before each
 * @returns the smallest program that does, null if none does
 */
export async function findDifference(
  { seed, programs, shrinks = true }: Budget,
  plant?: Plant,
): Promise<Difference | null> {
  let found: Difference | null = null;
  await processErrors(async (errors) => {
    const run = async (candidate: Program): Promise<void> => {
      await compare(candidate, plant);
      const [error] = [...errors.uncaught.splice(0), ...errors.rejected.splice(0)];
      if (error !== undefined) throw new Error("an error has reached the process", { cause: error });
    };
    const { counterexample, errorInstance } = await fc.check(fc.asyncProperty(program, run), {
      seed,
      numRuns: programs,
      endOnFailure: !shrinks,
    });
    if (counterexample !== null) found = { program: counterexample[0], error: errorInstance as Error };
  });
  return found;
}

/** A difference, and all that it takes to find it again. */
export function describe({ program: { setup, steps }, error }: Difference, { seed, programs }: Budget): string {
  return [
    `the servers differ. Again: npm run differential -- server --seed ${seed} --programs ${programs}`,
    `setup: ${JSON.stringify(setup)}`,
    ...steps.map((step, at) => `step ${at + 1}: ${JSON.stringify(step)}`),
    error.message,
    ...(error.cause === undefined ? [] : [inspect(error.cause)]),
  ].join("\n");
}
