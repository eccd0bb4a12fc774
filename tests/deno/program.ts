import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ARGS = ["run", "--allow-all", "--unstable-net", "--node-modules-dir=manual", "--no-check"];

/** A program of this folder in Deno, which says what happens as lines of JSON. */
export class DenoProgram {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown[]>;
  #complaints = "";

  constructor(deno: string, file: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    this.#child = spawn(deno, [...ARGS, path, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...env, NO_COLOR: "1" },
    });
    this.#exit = once(this.#child, "exit");
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#complaints += text));
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line. Fails with what the program complained of if there is none. */
  async next(): Promise<Record<string, unknown>> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`the program has ended: ${this.#complaints}`);
    return JSON.parse(value) as Record<string, unknown>;
  }

  /** What it complained of so far. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Its exit status, once it has ended by itself. */
  async ended(): Promise<unknown> {
    return (await this.#exit)[0];
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill("SIGTERM");
    await this.#exit;
  }
}
