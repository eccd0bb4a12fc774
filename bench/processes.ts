import { fork, type ChildProcess } from "node:child_process";

/* What benches have in common: processes of their own, and what these say. */

/**
 * Starts a file of this folder.
 *
 * @param flags further ones of Node, with spaces between them
 */
export function start(file: string, args: readonly string[], flags?: string): ChildProcess {
  return fork(new URL(file, import.meta.url), args, { execArgv: ["--import", "tsx", ...(flags?.split(" ") ?? [])] });
}

/** The child's next message. It has to come before the child ends. */
export function heard(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
