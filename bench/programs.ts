import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "../tools/setup.mjs";

/*
 * Processes of their own, and what these say. Measured programs are made into JavaScript first: no loader and no source map is to
 * take part in what they take.
 */
const FOLDER = join(root, ".cache", "bench-programs");

const PROGRAMS = {
  server: "server/main.ts",
  load: "load/main.ts",
  require: "server/require.ts",
  client: "client/main.ts",
  membership: "curves/membership-main.ts",
  memory: "curves/memory-main.ts",
} as const;

export type ProgramName = keyof typeof PROGRAMS;

export async function buildPrograms(): Promise<void> {
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(PROGRAMS).map(([name, file]) => [name, join(root, "bench", file)])),
    platform: "node",
    // Types alone: what is measured is loaded by the path that it was installed to.
    external: (id) => !id.startsWith(".") && !id.startsWith("/") && !/^[A-Za-z]:/.test(id),
    transform: { target: "es2022" },
  });
  await build.write({ dir: FOLDER, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" });
  await build.close();
}

/** @param flags of Node, beyond `--expose-gc` */
export function startProgram(name: ProgramName, args: readonly string[], flags: readonly string[] = []): ChildProcess {
  // No flags from outside either.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return fork(join(FOLDER, `${name}.mjs`), args, { env, execArgv: ["--expose-gc", ...flags] });
}

/** The child's next message. It has to come before the child ends. */
export function heard<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a process ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as Message);
    });
  });
}

/** Sends a message and waits for the answer. */
export function asked<Answer>(child: ChildProcess, question: unknown): Promise<Answer> {
  const answer = heard<Answer>(child);
  child.send(question as object);
  return answer;
}
