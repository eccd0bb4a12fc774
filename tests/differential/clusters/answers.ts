import type { HowToAnswer } from "./program.ts";

type Answer = (...args: unknown[]) => void;

/** Somebody who answers questions, in the way that the program says. */
export class Answers {
  readonly #who: number;
  readonly #kept: Answer[] = [];
  how: HowToAnswer = "at once";

  /** @param who what it says about itself */
  constructor(who: number) {
    this.#who = who;
  }

  /** @param more what else it says if it answers at once */
  give(ack: Answer, ...more: unknown[]): void {
    const own = `of ${this.#who}`;
    switch (this.how) {
      case "at once":
        return ack(own, ...more);
      case "twice":
        ack(own);
        return ack("again");
      case "bytes":
        return ack({ [own]: Buffer.from([1, this.#who]) });
      case "nothing":
        return ack();
      case "late":
        this.#kept.push(ack);
        return;
      case "never":
    }
  }

  /** Answers all questions that wait. */
  giveLate(): void {
    for (const answer of this.#kept.splice(0)) answer("late", this.#who);
  }
}
