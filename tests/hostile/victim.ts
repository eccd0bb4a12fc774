import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { join, sep } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Server as Engine } from "engine.io";
import type { Server } from "socket.io";
import { homes, type Maker } from "../interop/implementations.ts";
import { DEADLINE } from "./attack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What functions that run in the process of the victim get. They see nothing else of the test. */
export interface World {
  readonly http: HttpServer;
  readonly io: Server;
  readonly engine: Engine;
  /** `require` of whoever loads the package. */
  readonly load: NodeJS.Require;
  /** For what the functions want to remember. */
  readonly seen: unknown[];
  /** HTTP requests without an end of their answer. */
  readonly open: number;
  /** A WebTransport session that the engine is given; the methods are its client's. */
  webTransport(ready?: Promise<void>): VictimSession;
  /** Called once the server is there. */
  ready?: (world: World) => void;
}

interface VictimSession {
  /** Resolves once either side has ended the session. */
  readonly closed: Promise<unknown>;
  /** Opens the stream. */
  open(): void;
  /** Says that no stream will come. */
  openNone(): void;
  /** A packet of less than 126 bytes. */
  send(text: string): void;
  /** Ends its half of the stream. */
  end(): void;
  /** The session is gone. */
  lose(): void;
}

/** A package of one maker; of upstream's under the name that it has in peers/package.json. */
export interface Release {
  readonly maker: Maker;
  readonly name: string;
  readonly kind: "socket.io" | "engine.io";
  readonly version: RegExp;
}

/** A server that runs in a process of its own. */
export class Victim {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #printed: string[];
  #asked = 0;

  constructor(child: ChildProcess, port: number, printed: string[]) {
    this.#child = child;
    this.port = port;
    this.#printed = printed;
  }

  /** Its exit code; null while it runs. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Runs a function there. Fails the test if the process has ended, or ends over it. */
  ask<Answer>(question: (world: World) => Answer | Promise<Answer>): Promise<Answer> {
    return this.#ask(question.toString()) as Promise<Answer>;
  }

  /** Bytes of its heap and of buffers outside it that are in use, after collection. */
  memory(): Promise<number> {
    return this.#ask("memory") as Promise<number>;
  }

  async #ask(ask: string): Promise<unknown> {
    const child = this.#child;
    const id = ++this.#asked;
    const over = new AbortController();
    try {
      if (!child.connected) throw this.#fallen();
      return await new Promise((resolve, reject) => {
        const onMessage = (message: { id?: number; answer?: unknown; error?: string }): void => {
          if (message.id !== id) return;
          child.off("message", onMessage);
          if (message.error === undefined) resolve(message.answer);
          else reject(new Error(message.error));
        };
        child.on("message", onMessage);
        once(child, "exit", { signal: over.signal }).then(
          () => reject(this.#fallen()),
          () => {},
        );
        child.send({ id, ask }, (error) => {
          if (error !== null) reject(this.#fallen());
        });
      });
    } finally {
      over.abort();
    }
  }

  #fallen(): assert.AssertionError {
    const message = `the process has ended: ${this.#printed.join("").slice(0, 1000)}`;
    return new assert.AssertionError({ message });
  }
}

type Run = (victim: Victim, t: TestContext) => Promise<void>;

export type SetUp = (world: World) => object | void; // oxlint-disable-line no-invalid-void-type -- a function without options is one

/**
 * Two tests: ours withstands an attack, and the releases in which the fault was published do not, which shows that the test can
 * fail.
 * @param releases such as "engine.io 6.4.1"; with a function of its own where that is how it comes to the fault
 * @param setUp runs in the process of the victim, gives its options
 */
export function published(
  title: string,
  releases: readonly (string | [release: string, setUp: SetUp])[],
  setUp: SetUp,
  run: Run,
): void {
  const kind = String(releases[0]).startsWith("socket.io") ? "socket.io" : "engine.io";
  test(`${title}: ours withstands`, DEADLINE, (t) => attackOurs(t, kind, setUp, run));
  for (const entry of releases) {
    const [release, configure] = typeof entry === "string" ? [entry, setUp] : entry;
    const library = /ws-[\d.]+/.exec(configure.toString())?.[0].replace("ws-", " with ws ") ?? "";
    const [name, version] = release.split(" ") as [string, string];
    // 4.8.4 and its engine stand in peers/ under their own names.
    const alias = version === "4.8.4" || version === "6.6.12" ? name : `${name}-${version}`;
    const victim: Release = { maker: "upstream", name: alias, kind, version: new RegExp(`^${version}$`) };
    test(`${title}: ${release}${library} does not`, DEADLINE, async (t) => {
      const server = await start(t, victim, configure);
      await assert.rejects(run(server, t), assert.AssertionError);
    });
  }
}

/** Our server alone, in a process of its own; how the test is known to be able to fail is said in its file. */
export function unfelled(title: string, kind: Release["kind"], setUp: SetUp, run: Run): void {
  test(title, DEADLINE, (t) => attackOurs(t, kind, setUp, run));
}

async function attackOurs(t: TestContext, kind: Release["kind"], setUp: SetUp, run: Run): Promise<void> {
  const victim = await start(t, { maker: "ours", name: kind, kind, version: /^/ }, setUp);
  await run(victim, t);
  // Whatever the attack was, it is still there.
  await victim.ask(() => true);
}

/** @param t ends it */
export async function start(t: Pick<TestContext, "after">, release: Release, setUp: SetUp): Promise<Victim> {
  const manifest = join(root, release.maker === "ours" ? "" : "peers", "package.json");
  const args = [release.name, manifest, release.kind, setUp.toString()];
  const child = fork(fileURLToPath(new URL("victim.cjs", import.meta.url)), args, {
    silent: true,
    execArgv: ["--expose-gc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const printed: string[] = [];
  child.stderr!.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  const exited = once(child, "exit").then(() => assert.fail(`did not start: ${printed.join("")}`));
  exited.catch(() => {});
  const [started] = (await Promise.race([once(child, "message"), exited])) as [
    { port: number; entry: string; version: string },
  ];
  assert.ok(started.entry.startsWith(homes[release.maker] + sep), started.entry);
  assert.match(started.version, release.version);
  return new Victim(child, started.port, printed);
}
