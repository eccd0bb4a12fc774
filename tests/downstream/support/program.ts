/** Runs a program of somebody else in a process of its own, over our packages. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { after } from "node:test";
import { root } from "../../../tools/setup.mjs";
import { copiedPrograms } from "./copied-programs.ts";
import { assertOurs, installation, type Found } from "./installation.ts";

/** A program that does not come up, or does not answer, in this time is stopped, in ms. */
const PATIENCE_MS = 60_000;

export interface Program<Facts> {
  readonly facts: Facts;
  /** Has the program do something and gives its answer. */
  ask<Answer = unknown>(command: string, ...args: unknown[]): Promise<Answer>;
}

interface Message {
  readonly ready?: { facts: unknown; found: Found[]; loaded: Found[] };
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
  /** Name of a limit that a server of the program has reached. */
  readonly limit?: string;
}

/** What ends by and by: a test, or a suite. */
export interface Scope {
  after(end: () => void): void;
}

/** That of the suite in whose body this is called. (`after` in a hook would count for the hook.) */
export function suiteScope(): Scope {
  const ends: (() => void)[] = [];
  after(() => ends.forEach((end) => end()));
  return { after: (end) => void ends.push(end) };
}

/**
 * Starts tests/downstream/programs/<file> and waits until it is up. What its packages find and what runs in it is ours, or the
 * test fails.
 *
 * @param running names of ours that have to run in it
 */
export async function startProgram<Facts>(
  scope: Scope,
  file: string,
  running: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Program<Facts>> {
  const home = installation();
  // The loader that the tests run under is not to help the program, nor is it one of the runner's.
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...inherited } = process.env;
  const programs = copiedPrograms(join(root, "tests/downstream/programs"), home);
  const child = fork(join(programs, file), [], {
    cwd: home,
    env: { ...inherited, ...env },
    execArgv: [],
    // A group of its own: what it starts, such as a browser, ends with it.
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let printed = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text: Buffer) => (printed += text));
  const limits: string[] = [];
  scope.after(() => {
    const ended = child.exitCode ?? child.signalCode;
    end(child);
    assert.equal(ended, null, `${file} has ended by itself:\n${printed}`);
    assert.deepEqual(limits, [], `limits that ${file} has reached`);
  });

  const waiting = new Map<number | "ready", (message: Message | Error) => void>();
  child.on("message", (message: Message) => {
    if (message.limit === undefined) waiting.get(message.id ?? "ready")?.(message);
    else limits.push(message.limit);
  });
  child.on("exit", (code, signal) => {
    for (const settle of waiting.values()) settle(new Error(`${file} ended with ${code ?? signal}:\n${printed}`));
  });
  const next = (id: number | "ready", what: string): Promise<Message> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${file}: no answer to ${what}:\n${printed}`)), PATIENCE_MS);
      waiting.set(id, (message) => {
        clearTimeout(late);
        waiting.delete(id);
        if (message instanceof Error) reject(message);
        else resolve(message);
      });
    });

  const { ready } = await next("ready", "the start");
  assert.ok(ready !== undefined);
  assertOurs([...ready.found, ...ready.loaded]);
  assert.deepEqual(
    running.filter((name) => !ready.loaded.some((found) => found.name === name)),
    [],
    `what ${file} should run on`,
  );

  let lastId = 0;
  return {
    facts: ready.facts as Facts,
    async ask<Answer>(command: string, ...args: unknown[]): Promise<Answer> {
      const id = ++lastId;
      child.send({ id, command, args });
      const { value, error } = await next(id, command);
      if (error !== undefined) throw new Error(`${file}: ${command}: ${error}\n${printed}`);
      return value as Answer;
    },
  };
}

function end(child: ChildProcess): void {
  if (process.platform === "win32") child.kill("SIGKILL");
  // The group may be gone already, all of it.
  else if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
}

/** The packages that every server consists of. */
export const SERVER = ["socket.io", "engine.io", "engine.io-parser", "socket.io-parser", "socket.io-adapter"] as const;
