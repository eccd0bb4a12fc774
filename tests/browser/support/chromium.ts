/**
 * Debian's Chromium (or any other on this machine), driven by playwright-core. CHROMIUM_PATH names one that is not on PATH.
 */
import assert from "node:assert/strict";
import test, { after, type TestContext } from "node:test";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { findTool, TOOLS } from "../../../tools/find-tool.mjs";

const ARGS = [
  "--no-sandbox", // as root Chromium refuses to start with it; the pages are our own
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const MISSING = `Chromium is missing. ${TOOLS.chromium.howTo}`;
/** One stuck browser must not stop everything: a test that takes longer fails. */
const DEADLINE_MS = 120_000;

export interface BrowserTest {
  browser: Browser;
  /** A page of its own: no storage is shared with other ones. Errors in it fail the test. */
  open(url: string, options?: OpenOptions): Promise<Page>;
  t: TestContext;
}

export interface OpenOptions extends BrowserContextOptions {
  /** Runs before anything loads. */
  prepare?: (page: Page) => Promise<void>;
}

/** The browser of this file's tests: to start one takes longer than most of them. */
let running: Promise<Browser> | null = null;

after(quit);

/** A test whose pages share no storage with those of others. Without Chromium it is skipped, with the reason, but fails where CI=true. */
export function browserTest(name: string, body: (tools: BrowserTest) => Promise<void>): void {
  const executablePath = findTool("chromium");
  const skip = executablePath === null && process.env["CI"] !== "true" ? MISSING : false;
  test(name, { skip, timeout: DEADLINE_MS }, async (t) => {
    assert.ok(executablePath, MISSING);
    const browser = await (running ??= chromium.launch({ executablePath, args: ARGS }));
    const faults: string[] = [];
    const open = async (url: string, { prepare, ...options }: OpenOptions = {}): Promise<Page> => {
      const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
      // tsx marks named functions by this, also those that a test hands to the page.
      await context.addInitScript("globalThis.__name = (value) => value");
      const page = await context.newPage();
      watch(page, faults);
      await prepare?.(page);
      await page.goto(url);
      return page;
    };
    try {
      await body({ browser, open, t });
    } catch (error) {
      // Who knows in what state it is: the next test gets another.
      await quit();
      throw error;
    }
    for (const context of browser.contexts()) await context.close();
    assert.deepEqual(faults, [], "errors in the pages");
  });
}

/** Exceptions that nobody caught, and whatever the content security policy stopped. */
export function watch(page: Page, faults: string[]): void {
  page.on("pageerror", (error) => faults.push(String(error.stack ?? error)));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) faults.push(message.text());
  });
}

async function quit(): Promise<void> {
  const browser = await running;
  running = null;
  await browser?.close();
}
