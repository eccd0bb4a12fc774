/** What a question to a cluster fails with when not all have answered; adapters of other makes give only some of it. */
export interface PartialError extends Error {
  /** What came. */
  responses?: unknown;
  /** Ids of the servers that did not answer, where they are known. */
  missing?: readonly string[];
}

/** Questions to a cluster that may end with what has come (`partialAnswers`), and who was missing then. */
export class PartialAnswers {
  readonly #isOn: boolean;
  readonly #missing = new WeakMap<object, readonly string[]>();

  constructor(isOn = false) {
    this.#isOn = isOn;
  }

  /**
   * The answers of all, or what came of them.
   *
   * @param fromResponses makes of the answers what the question promises
   * @throws (rejects) as `answers`, unless it is to be partial and the error says what came
   */
  of<Answers extends object>(
    answers: Promise<Answers>,
    fromResponses: (responses: unknown[]) => Answers = (responses) => responses as Answers,
  ): Promise<Answers> {
    if (!this.#isOn) return answers;
    return answers.catch((error: PartialError) => {
      if (!Array.isArray(error.responses)) throw error;
      const partial = fromResponses(error.responses);
      this.#missing.set(partial, error.missing ?? []);
      return partial;
    });
  }

  missingFrom(answers: object): readonly string[] | undefined {
    return this.#missing.get(answers);
  }
}
