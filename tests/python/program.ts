/** A program of this folder in the Python that has python-socketio. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { findTool, TOOLS } from "../../tools/find-tool.mjs";

const python = findTool("python-socketio");

/** Why tests with python-socketio are skipped, or false. With CI=true a missing one ends the run before any test. */
export const withoutPython: string | false =
  python === null ? `python-socketio is missing. ${TOOLS["python-socketio"].howTo}` : false;

export interface PythonProgram {
  /** What it says next. Fails with what it complained of if it ends before. */
  next(): Promise<unknown>;
  /** Its exit status, once it has ended by itself. */
  ended(): Promise<unknown>;
}

/** Ends with the test. */
export function startPython(t: TestContext, file: string, ...args: readonly string[]): PythonProgram {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(python!, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  t.after(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return {
    async next() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`${file} has ended: ${complaints}`);
      return JSON.parse(value) as unknown;
    },
    ended: async () => ((await exit) as unknown[])[0],
  };
}
