import assert from "node:assert/strict";
import { realpathSync } from "node:fs";
import { createServer, type RequestListener, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import { sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { rolldown } from "rolldown";
import type { Server } from "socket.io";
import type { Socket } from "socket.io-client";
import type { BrowserTest } from "../../browser/support/chromium.js";
import { loadClient } from "../../interop/implementations.js";
import type { Stage } from "../../interop/stage.js";
import { listen, portOf } from "../../support/listening.ts";
import { type GuideBlock, parts } from "../source.js";
import { compilerSays, FOLDER, writeInFolder } from "../support/compiler.js";

export type Way = "CommonJS" | "ES module" | "TypeScript" | "Chromium";

/** What one block needs to run: files, servers, pages. All that it opens is closed when the block is done. */
export class Bench {
  /** How the block has been run so far. */
  readonly ways = new Set<Way>();
  readonly #open: BrowserTest["open"] | undefined;
  readonly #closing: (() => Promise<unknown> | void)[] = [];

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
    assert.equal(await compilerSays(file), "");
    return file.replace(/ts$/, "js");
  }

  /** Loads a module that {@link compile} made. */
  async load<T extends object>(file: string): Promise<T> {
    return (await import(pathToFileURL(file).href)) as T;
  }

  /** An HTTP server on a free port, whose pages are empty. */
  async httpServer(): Promise<HttpServer> {
    const http = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
    await listen(http);
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

  /** A page at an HTTP server of the block or of the stage, in place of what that answers at `/`. */
  async page(server: object, html: string): Promise<OpenPage> {
    const http = server as HttpServer; // a server of Socket.IO tells of four kinds
    this.ways.add("Chromium");
    assert.ok(this.#open, "the block is run with Chromium");
    servePage(http, html);
    const printed: string[] = [];
    const requests: URL[] = [];
    const prepare = async (page: Page): Promise<void> => {
      page.on("console", (message) => message.type() === "log" && printed.push(message.text()));
      page.on("request", (request) => requests.push(new URL(request.url())));
    };
    const page = await this.#open(`http://127.0.0.1:${portOf(http)}/`, { prepare });
    this.closeLater(() => page.context().close());
    return { page, printed, requests };
  }

  /** A page that loads the client as the guide says, then runs code as a script. Names that it declares can be evaluated. */
  script(server: object, code: string, before = ""): Promise<OpenPage> {
    const scripts = [
      `<script src="/socket.io/socket.io.js"></script>`,
      ...[before, code].map((text) => `<script>${text}</script>`),
    ];
    return this.page(server, `<!doctype html>${scripts.join("")}`);
  }

  /**
   * A page with code as an ES module, "socket.io-client" being the served bundle. What it gives is in `window.given`.
   * @param from the origin that serves the bundle, if it is not the page's
   */
  moduleScript(server: object, code: string, gives: string[], from = ""): Promise<OpenPage> {
    const imports = JSON.stringify({ imports: { "socket.io-client": `${from}/socket.io/socket.io.esm.min.js` } });
    const whole = `${code}\nwindow.given = { ${gives.join(", ")} };`;
    const scripts = `<script type="importmap">${imports}</script><script type="module">${whole}</script>`;
    return this.page(server, `<!doctype html>${scripts}`);
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

  /** Safe to call twice. */
  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).toReversed()) await close();
  }

  #write(extension: string, text: string): string {
    return writeInFolder(`block-${this.block.number}`, extension, text);
  }
}

/** Where a snippet finds a package. */
export function foundBySnippets(name: string): string {
  return realpathSync(createRequire(FOLDER + sep).resolve(name));
}

export interface OpenPage {
  readonly page: Page;
  /** What the page has logged. */
  readonly printed: string[];
  /** What it has asked for, WebSockets aside. */
  readonly requests: URL[];
}

/** The page has to come from the server itself: Chromium takes an answer made up in the test for one of the internet. */
function servePage(server: HttpServer, html: string): void {
  const others = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (request.url === "/") response.setHeader("content-type", "text/html").end(html);
    else if (request.url === "/favicon.ico") response.writeHead(204).end();
    else for (const other of others) other(request, response);
  });
}
