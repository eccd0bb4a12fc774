/**
 * Firefox by its own remote port, WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): playwright-core drives only a Firefox of
 * its own making. FIREFOX_PATH names one that is not on PATH.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { WebSocket } from "ws";
import { findTool, TOOLS } from "../../../tools/find-tool.mjs";

const MISSING = `Firefox is missing. ${TOOLS.firefox.howTo}`;
/** One stuck browser must not stop everything: a test that takes longer fails. */
const DEADLINE_MS = 120_000;

export interface FirefoxTest {
  firefox: Firefox;
  t: TestContext;
}

/** A test in a Firefox of its own. Without Firefox it is skipped, with the reason, but fails where CI=true. */
export function firefoxTest(name: string, body: (tools: FirefoxTest) => Promise<void>): void {
  const path = findTool("firefox");
  const skip = path === null && process.env["CI"] !== "true" ? MISSING : false;
  test(name, { skip, timeout: DEADLINE_MS }, async (t) => {
    assert.ok(path, MISSING);
    const firefox = await Firefox.start(path);
    try {
      await body({ firefox, t });
    } finally {
      await firefox.close();
    }
  });
}

interface Answer {
  readonly id?: number;
  readonly error?: string;
  readonly message?: string;
  readonly result?: unknown;
}

interface Evaluated {
  readonly type: "success" | "exception";
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string };
}

export class Firefox {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.on("message", (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
    socket.on("close", () => {
      for (const settle of this.#waiting.values()) settle({ error: "closed", message: "Firefox has ended" });
    });
  }

  static async start(path: string): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), "firefox-"));
    const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
    // HOME: it writes to other places than the profile too.
    const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: profile } });
    const address = await new Promise<string>((resolve, reject) => {
      let printed = "";
      child.stderr.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        const url = /WebDriver BiDi listening on (ws:\S+)/.exec(printed)?.[1];
        if (url !== undefined) resolve(url);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`Firefox ended with ${code}: ${printed}`)));
    });
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const firefox = new Firefox(child, profile, socket);
    await firefox.#command("session.new", { capabilities: {} });
    return firefox;
  }

  /** A new page, loaded. */
  async open(url: string): Promise<FirefoxPage> {
    const { context } = (await this.#command("browsingContext.create", { type: "tab" })) as { context: string };
    await this.#command("browsingContext.navigate", { context, url, wait: "complete" });
    return {
      evaluate: async (body, argument) => {
        // tsx marks named functions by this, also those that a test hands to the page.
        const expression = `globalThis.__name = (value) => value; (async () => JSON.stringify((await (${String(body)})(${JSON.stringify(argument)})) ?? null))()`;
        const answer = (await this.#command("script.evaluate", {
          expression,
          target: { context },
          awaitPromise: true,
        })) as Evaluated;
        if (answer.type === "exception") throw new Error(`in the page: ${answer.exceptionDetails!.text}`);
        return JSON.parse(answer.result!.value as string) as never;
      },
    };
  }

  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) resolve();
      else this.child.once("exit", () => resolve());
    });
    this.socket.terminate();
    this.child.kill("SIGKILL");
    await ended;
    // Its other processes may still be writing.
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }

  async #command(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
    this.#waiting.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error}: ${answer.message}`);
    return answer.result;
  }
}

export interface FirefoxPage {
  /** Runs a function in the page, as Playwright does: it may use nothing but its argument, which, like what it returns, travels as JSON. */
  evaluate<Argument, Result>(body: (argument: Argument) => Result, argument: Argument): Promise<Awaited<Result>>;
}
