import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { copiedPrograms } from "../support/copied-programs.ts";
import { home, load } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- the client of the tree has no types here */

/** The process that has the port and the workers. */
export class Primary {
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: { value?: unknown; error?: string }) => void>();

  private constructor(
    readonly process: ChildProcess,
    readonly port: number,
  ) {
    process.on("message", (message: { id: number; value?: unknown; error?: string }) =>
      this.#waiting.get(message.id)?.(message),
    );
  }

  /** @param args of programs/cluster.cjs */
  static async start(args: readonly string[]): Promise<Primary> {
    const programs = copiedPrograms(join(import.meta.dirname, "programs"), home());
    // The loader that the tests run under is not to help the program.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
    const child = fork(join(programs, "cluster.cjs"), args, { cwd: home(), env, execArgv: [] });
    const port = await new Promise<number>((resolve, reject) => {
      child.once("message", ({ ready }: { ready: number }) => resolve(ready));
      child.once("exit", (code) => reject(new Error(`the primary ended with ${code}`)));
    });
    return new Primary(child, port);
  }

  /** @param worker number of a worker; "primary": the primary itself, which closes its adapter */
  ask<Value = unknown>(worker: number | "primary", command: string, args: object = {}): Promise<Value> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(value as Value);
        else reject(new Error(`${command}: ${error}`));
      });
      this.process.send({ worker, id, command, args });
    });
  }

  /** A client, which begins with polling unless told otherwise. */
  async connect(options: object = {}): Promise<any> {
    const client = load("socket.io-client").io(`http://127.0.0.1:${this.port}`, { forceNew: true, ...options });
    await new Promise((resolve) => client.once("connect", resolve));
    return client;
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.disconnect();
    await ended;
  }
}
