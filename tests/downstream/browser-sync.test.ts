import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { browserTest } from "../browser/support/chromium.ts";
import { freePort } from "../support/free-port.ts";
import { clientOf, MAKERS } from "./support/clients.ts";
import { next } from "./support/events.ts";
import { SERVER, startProgram, suiteScope, type Program, type Scope } from "./support/program.ts";

/** Where browser-sync's own client connects to. */
const PATH = { path: "/browser-sync/socket.io" };

for (const maker of MAKERS) {
  describe(`browser-sync over our server, ${maker === "ours" ? "our" : "upstream's"} client`, () => {
    const client = clientOf(maker);
    const scope = suiteScope();
    let site: Site;
    before(async () => {
      site = await browserSync(scope);
    });

    test("what one page does is told to the others, not to itself", async (t) => {
      const { url } = site;
      const [one, other] = [1, 2].map(() => client.connect(t, `${url}/browser-sync`, PATH));
      await Promise.all([next(one, "connection"), next(other, "connection")]);
      one!.on("scroll", () => assert.fail("told to itself"));
      const told = next(other, "scroll");
      one!.emit("scroll", { position: { raw: 5 } });
      assert.deepEqual(await told, [{ position: { raw: 5 } }]);
      const back = next(one, "click");
      other!.emit("click", { tagName: "P" });
      assert.deepEqual(await back, [{ tagName: "P" }]);
    });

    test("its control panel has a namespace of its own, and its proxy serves the same", async (t) => {
      const { url, proxyUrl, uiUrl } = site;
      const panel = client.connect(t, `${url}/browser-sync-cp`, PATH);
      const [state] = await next<[{ urls: { ui: string } }]>(panel, "connection");
      assert.equal(state.urls.ui, uiUrl);
      assert.equal((await fetch(uiUrl)).status, 200);
      const proxied = client.connect(t, `${proxyUrl}/browser-sync`, PATH);
      const [options] = await next<[{ mode: string }]>(proxied, "connection");
      assert.equal(options.mode, "proxy");
      assert.match(await (await fetch(proxyUrl)).text(), /<p>first<\/p>/);
    });

    test("a client gets an event named `connection`, and one for each file that changes", async (t) => {
      const { url, program } = site;
      const socket = client.connect(t, `${url}/browser-sync`, PATH);
      const [options] = await next<[{ mode: string; version: string }]>(socket, "connection");
      assert.equal(options.mode, "server");

      const injected = next<[{ basename: string; ext: string }]>(socket, "file:reload");
      await program.ask("write", "style.css", "p { color: rgb(2, 2, 2) }");
      const [file] = await injected;
      assert.equal(file.basename, "style.css");
      const reloaded = next(socket, "browser:reload");
      await program.ask("write", "index.html", "<!doctype html><html><body><p>second</p></body></html>");
      await reloaded;
      // `io.sockets` is by then another namespace than "/".
      assert.equal(await program.ask("isReassigned"), "/browser-sync");
    });

    test("every origin is allowed, with credentials", async () => {
      const { url } = site;
      const answer = await fetch(`${url}/browser-sync/socket.io/?EIO=4&transport=polling`, {
        headers: { Origin: "http://elsewhere.example" },
      });
      assert.equal(answer.headers.get("access-control-allow-origin"), "http://elsewhere.example");
      assert.equal(answer.headers.get("access-control-allow-credentials"), "true");
      await answer.text();
    });

    // The last one: nothing runs any more then.
    test("its end ends the connections", async (t) => {
      const { url, program } = site;
      const socket = client.connect(t, `${url}/browser-sync`, { ...PATH, reconnection: false });
      await next(socket, "connection");
      const end = next(socket, "disconnect");
      assert.equal(await program.ask("exit"), false);
      await end;
    });
  });
}

browserTest(
  "browser-sync: a page in Chromium gets new styles without a load, and loads anew for new text",
  async ({ open, t }) => {
    const { url, program } = await browserSync(t);
    const page = await open(url);
    const color = async (wanted: string) =>
      page.waitForFunction((wanted) => getComputedStyle(document.querySelector("p")!).color === wanted, wanted);
    await color("rgb(1, 1, 1)");
    await page.waitForFunction(
      () =>
        (window as unknown as { ___browserSync___?: { socket: { connected: boolean } } }).___browserSync___?.socket
          .connected,
    );
    await page.evaluate(() => void (document.title = "not loaded since"));
    await program.ask("write", "style.css", "p { color: rgb(2, 2, 2) }");
    await color("rgb(2, 2, 2)");
    assert.equal(await page.title(), "not loaded since");
    await program.ask("write", "index.html", "<!doctype html><html><body><p>second</p></body></html>");
    await page.locator("p", { hasText: "second" }).waitFor();
    assert.equal(await page.title(), "");
  },
);

interface Site {
  readonly program: Program<unknown>;
  readonly url: string;
  readonly uiUrl: string;
  readonly proxyUrl: string;
}

async function browserSync(scope: Scope): Promise<Site> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), "browser-sync-"));
  const env = { PORTS: JSON.stringify(ports), FOLDER: folder };
  const program = await startProgram(scope, "browser-sync.mjs", SERVER, env);
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  const [url, uiUrl, proxyUrl] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string, string];
  return { program, url, uiUrl, proxyUrl };
}
