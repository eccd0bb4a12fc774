import { asSent, type Log } from "./log.ts";
import type { Node } from "./node.ts";

/** Questions to a cluster, each an observer of its own. */
export class Questions {
  readonly #log: Log;
  #count = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** How it is told what becomes of one. When its server is closed, ours says so at once (docs/differences.md). */
  ask(what: string, node: Node): Telling {
    const observer = `${what} ${this.#count++}`;
    const tell = (text: string): void => {
      if (node.isOpen) this.#log.add(observer, text);
    };
    return {
      answered: (error, answers) => tell(`${error?.message ?? ""} ${this.#log.showSet((answers ?? []).map(asSent))}`),
      promised: (promise, shown) => {
        promise.then(
          (value) => tell(shown(value)),
          (error: Error) => tell(`rejects: ${error.message}`),
        );
      },
    };
  }
}

interface Telling {
  readonly answered: (error: Error | null, answers?: readonly unknown[]) => void;
  readonly promised: <T>(promise: Promise<T>, shown: (value: T) => string) => void;
}
