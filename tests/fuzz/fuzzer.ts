import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { processErrors, type ProcessErrors } from "../../packages/socket.io/test/support/process-errors.ts";
import { corpusOf } from "./corpus.ts";

/** Makes inputs by their structure, and says what must hold whatever they are. */
export interface Fuzzer<Input = unknown> {
  readonly name: string;
  /** Plain data, so that an input can be printed and kept in the corpus: what JSON has, and Buffers. */
  readonly inputs: fc.Arbitrary<Input>;
  /** Makes what is fuzzed: once, and again after each finding. */
  start(): Target<Input> | Promise<Target<Input>>;
}

export interface Target<Input> {
  /** Throws what must not be. */
  feed(input: Input): void | Promise<void>;
  /** After the last input: throws if something was left behind. */
  settle?(): void | Promise<void>;
  /** Lets go of all it has, whatever state it is in. */
  stop?(): void | Promise<void>;
}

export interface Budget {
  readonly seed: number;
  /** @default as many as there is time for */
  readonly inputs?: number;
  /** @default no end */
  readonly seconds?: number;
  /**
   * Whether the corpus is fed first.
   * @default true
   */
  readonly corpus?: boolean;
  /**
   * Whether a smaller input is looked for that is found as well.
   * @default true
   */
  readonly shrinks?: boolean;
}

export interface Report<Input = unknown> {
  readonly seed: number;
  /** How many were fed, without those by which a finding was made smaller. */
  readonly inputs: number;
  readonly finding: Finding<Input> | null;
}

export interface Finding<Input> {
  readonly error: Error;
  /** The smallest that was found; null if only the sum of all was too much. */
  readonly input: Input | null;
}

/** So long one input may take, in ms, before it counts as a hang. */
const INPUT_LIMIT_MS = 20_000;

/** After so many inputs timers and rejections have their turn, in fuzzers that never wait. */
const INPUTS_PER_TURN = 500;

/** Feeds the corpus, then new inputs until the budget is used up or something is found; what is found of these is made smaller. */
export async function fuzz<Input>(fuzzer: Fuzzer<Input>, budget: Budget): Promise<Report<Input>> {
  let report: Report<Input> | undefined;
  await processErrors(async (errors) => {
    const run = new Run(fuzzer, errors);
    report = (await feedCorpus(run, budget)) ?? (await feedNew(run, budget));
    const error = await run.end();
    if (report.finding === null && error !== null) report = { ...report, finding: { error, input: null } };
  });
  return report!;
}

/** @returns null if nothing was found */
async function feedCorpus<Input>(run: Run<Input>, { seed, corpus = true }: Budget): Promise<Report<Input> | null> {
  const entries = corpus ? corpusOf<Input>(run.fuzzer.name) : [];
  for (const [at, { input }] of entries.entries()) {
    try {
      await run.feed(input);
    } catch (error) {
      return { seed, inputs: at + 1, finding: { error: error as Error, input } };
    }
  }
  return null;
}

async function feedNew<Input>(
  run: Run<Input>,
  { seed, inputs, seconds, shrinks = true }: Budget,
): Promise<Report<Input>> {
  // What takes long to start is not to take it from the inputs.
  await run.prepare();
  const { numRuns, counterexample, errorInstance } = await fc.check(
    fc.asyncProperty(run.fuzzer.inputs, (input) => run.feed(input)),
    {
      seed,
      endOnFailure: !shrinks,
      numRuns: inputs ?? Number.MAX_SAFE_INTEGER,
      ...(seconds === undefined ? {} : { interruptAfterTimeLimit: seconds * 1000 }),
    },
  );
  if (counterexample === null) return { seed, inputs: numRuns, finding: null };
  return { seed, inputs: numRuns, finding: { error: errorInstance as Error, input: counterexample[0] } };
}

class Run<Input> {
  readonly fuzzer: Fuzzer<Input>;
  readonly #errors: ProcessErrors;
  #target: Target<Input> | undefined;
  #fed = 0;
  /** The last input: when time is up, nobody waits for its end but {@link end}. */
  #feeding: Promise<void> = Promise.resolve();

  constructor(fuzzer: Fuzzer<Input>, errors: ProcessErrors) {
    this.fuzzer = fuzzer;
    this.#errors = errors;
  }

  async prepare(): Promise<void> {
    this.#target ??= await this.fuzzer.start();
  }

  feed(input: Input): Promise<void> {
    this.#feeding = this.#feed(input);
    return this.#feeding;
  }

  async #feed(input: Input): Promise<void> {
    await this.prepare();
    try {
      await beforeLimit(this.#target!.feed(input));
      if (++this.#fed % INPUTS_PER_TURN === 0) await turn();
      this.#checkProcess();
    } catch (error) {
      // What has fallen once is no good for further inputs.
      await this.#target!.stop?.();
      this.#target = undefined;
      throw error;
    }
  }

  /** @returns what is wrong with what is left of all inputs */
  async end(): Promise<Error | null> {
    await this.#feeding.catch(() => {});
    try {
      await beforeLimit(this.#target?.settle?.());
      await turn();
      this.#checkProcess();
      return null;
    } catch (error) {
      return error as Error;
    } finally {
      await this.#target?.stop?.();
    }
  }

  #checkProcess(): void {
    const { uncaught, rejected } = this.#errors;
    const [error] = [...uncaught.splice(0), ...rejected.splice(0)];
    if (error !== undefined) throw new Error("an error has reached the process", { cause: error });
  }
}

async function beforeLimit(fed: Promise<void> | void): Promise<void> {
  // Most never wait, and are fed by the thousand.
  if (fed === undefined) return;
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${INPUT_LIMIT_MS} ms`)), INPUT_LIMIT_MS);
  });
  await Promise.race([fed, late]).finally(() => clearTimeout(timer));
}
