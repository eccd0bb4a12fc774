import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { rolldown } from "rolldown";
import type { Server } from "socket.io";
import type { Socket } from "socket.io-client";
import { root } from "../../../tools/setup.mjs";
import type { BrowserTest } from "../../browser/support/chromium.js";
import { loadClient } from "../../interop/implementations.js";
import type { Stage } from "../../interop/stage.js";
import { type GuideBlock, parts } from "../source.js";

export type Way = "CommonJS" | "ES module" | "TypeScript" | "Chromium";

/** Snippets lie here while they run: below the repository, so that they find its packages by name as users do. */
const FOLDER = join(root, ".cache", `guide-${process.pid}`);

export function clearFolder(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}

/** What one block needs to run: files, servers, pages. All that it opens is closed when the block is done. */
export class Bench {
  /** How the block has been run so far. */
  readonly ways = new Set<Way>();
  readonly #open: BrowserTest["open"] | undefined;
  readonly #closing: (() => Promise<unknown> | void)[] = [];
  #files = 0;

  constructor(
    readonly block: GuideBlock,
    readonly stage: Stage,
    open?: BrowserTest["open"],
  ) {
    this.#open = open;
  }

  get code(): string {
    return this.block.text;
  }

  /** See {@link parts}: as many as the harness knows. */
  parts(count: number): string[] {
    const found = parts(this.block);
    assert.equal(found.length, count, "parts of the block");
    return found;
  }

  /**
   * Runs code as the body of a CommonJS module.
   * @param scope names that the code leaves open, with what they stand for here
   * @param gives names that the code declares and that the caller wants
   */
  commonJs<T extends object>(code: string, scope: object = {}, gives: (keyof T & string)[] = []): Promise<T> {
    this.ways.add("CommonJS");
    // The code is the body of a function, as every CommonJS module is; this one is async, for "await" in a snippet.
    const names = Object.keys(scope).join(", ");
    const file = this.#write(
      "cjs",
      `module.exports = async (${names}) => {\n${code}\nreturn { ${gives.join(", ")} };\n};\n`,
    );
    const run = createRequire(file)(file) as (...values: unknown[]) => Promise<T>;
    return run(...Object.values(scope));
  }

  /** Runs code as an ES module. */
  async esModule<T extends object>(code: string, gives: (keyof T & string)[] = []): Promise<T> {
    this.ways.add("ES module");
    const file = this.#write("mjs", `${code}\nexport { ${gives.join(", ")} };\n`);
    return (await import(pathToFileURL(file).href)) as T;
  }

  /** Checks code against our types, as a strict user would, and gives the file that the compiler makes of it. */
  async compile(code: string, kind: "mts" | "cts", gives: string[]): Promise<string> {
    this.ways.add("TypeScript");
    const file = this.#write(kind, `${code}\nexport { ${gives.join(", ")} };\n`);
    const config = this.#write("json", JSON.stringify({ compilerOptions: STRICT, files: [file] }));
    await promisify(execFile)(process.execPath, [TSC, "-p", config]).catch((error: { stdout: string }) => {
      assert.fail(`the compiler says: ${error.stdout}`);
    });
    return file.replace(/ts$/, "js");
  }

  /** Loads a module that {@link compile} made. */
  async load<T extends object>(file: string): Promise<T> {
    return (await import(pathToFileURL(file).href)) as T;
  }

  /** An HTTP server on a free port, whose pages are empty. */
  async httpServer(): Promise<HttpServer> {
    const http = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
    http.listen(0, "127.0.0.1");
    await this.stage.event(http, "listening");
    this.closeLater(() => {
      http.close();
      http.closeAllConnections();
    });
    return http;
  }

  /** A server that the block made. */
  adopt(io: Server): Server {
    this.closeLater(() => io.close());
    return io;
  }

  /** A page at a server of the block or of the stage: this text in place of what that serves at `/`. */
  async page(port: number, html: string): Promise<{ page: Page; printed: string[]; requests: URL[] }> {
    this.ways.add("Chromium");
    assert.ok(this.#open, "the block is run with Chromium");
    const url = `http://127.0.0.1:${port}/`;
    const printed: string[] = [];
    const requests: URL[] = [];
    const prepare = async (page: Page): Promise<void> => {
      page.on("console", (message) => printed.push(message.text()));
      page.on("request", (request) => requests.push(new URL(request.url())));
      await page.route(url, (route) => route.fulfill({ contentType: "text/html", body: html }));
    };
    const page = await this.#open(url, { prepare });
    this.closeLater(() => page.context().close());
    return { page, printed, requests };
  }

  /** A page that loads the client as the guide says, then runs code as a script. Names that it declares can be evaluated. */
  script(port: number, code: string, { before = "", bundle = "socket.io.js" } = {}): ReturnType<Bench["page"]> {
    const html = `<!doctype html><script src="/socket.io/${bundle}"></script><script>${before}</script><script>${code}</script>`;
    return this.page(port, html);
  }

  /** A page with code as an ES module, "socket.io-client" being the served bundle. What it gives is in `window.given`. */
  moduleScript(port: number, code: string, gives: string[], from = ""): ReturnType<Bench["page"]> {
    const imports = JSON.stringify({ imports: { "socket.io-client": `${from}/socket.io/socket.io.esm.min.js` } });
    const html = `<!doctype html><script type="importmap">${imports}</script><script type="module">${code}\nwindow.given = { ${gives.join(", ")} };</script>`;
    return this.page(port, html);
  }

  /** CommonJS code for a page, as a bundler makes it fit. What it gives is in `window.given`. */
  async bundle(code: string, gives: string[]): Promise<string> {
    this.ways.add("CommonJS");
    const input = this.#write("cjs", `${code}\nglobalThis.given = { ${gives.join(", ")} };\n`);
    const bundle = await rolldown({ input, platform: "browser", logLevel: "silent" });
    const { output } = await bundle.generate({ format: "iife" });
    await bundle.close();
    return output[0].code;
  }

  /** The client of 2.x at a port, over one transport. */
  client2(port: number, transport: "polling" | "websocket" = "websocket"): Socket {
    const { io } = loadClient("upstream 2.5.0");
    const options = { forceNew: true, reconnection: false, transports: [transport] };
    return this.stage.track(io(`http://127.0.0.1:${port}`, options));
  }

  closeLater(close: () => Promise<unknown> | void): void {
    this.#closing.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
  }

  #write(extension: string, text: string): string {
    mkdirSync(FOLDER, { recursive: true });
    const file = join(FOLDER, `block-${this.block.number}-${this.#files++}.${extension}`);
    writeFileSync(file, text);
    return file;
  }
}

/** Where a snippet finds a package. */
export function foundBySnippets(name: string): string {
  return realpathSync(createRequire(FOLDER + sep).resolve(name));
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

const TSC = join(root, "node_modules/typescript/bin/tsc");

const STRICT = {
  ...{ target: "es2022", module: "nodenext", moduleResolution: "nodenext", rootDir: "." },
  ...{ lib: ["es2022", "dom"], types: ["node"], strict: true, skipLibCheck: false },
};
