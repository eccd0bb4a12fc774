/** Applications that are built over our tarballs with the bundlers of today, and opened in Chromium. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browserTest } from "../browser/support/chromium.ts";
import { application, build, BUNDLERS, type Built } from "./support/bundlers.ts";
import { ourFile } from "./support/installation.ts";
import { conversation, serveEcho, type EchoServer } from "./support/server.ts";

/** What the entry `socket.io-client/websocket` is there to leave out. */
const LEFT_OUT = ["XMLHttpRequest", "WebTransport", "text/plain;charset=UTF-8"];
/** Marks of CommonJS in a script that was built, as the bundlers wrap it. */
const COMMONJS = /\brequire\(|\bmodule\.exports\b|__esModule|\bexports\./;

for (const bundler of BUNDLERS) {
  describe(`an application built with ${bundler}`, () => {
    let app: ReturnType<typeof application>;
    let main: Built;
    let websocket: Built;
    let server: EchoServer;

    before(async () => {
      app = application();
      main = await build(bundler, app.folder, "main");
      websocket = await build(bundler, app.folder, "websocket");
      const files = new Map([
        ["/main.js", main.script],
        ["/websocket.js", websocket.script],
      ]);
      server = await serveEcho(files);
    });
    after(async () => {
      app.remove();
      await server.close();
    });

    test("holds ES modules of ours alone: no CommonJS, no logs, and nothing of others", () => {
      for (const { script, modules } of [main, websocket]) {
        const own = modules.filter((path) => path.startsWith(app.folder));
        const ours = modules.filter((path) => !own.includes(path));
        assert.ok(own.length >= 2, own.join());
        assert.ok(ours.length > 10, ours.join());
        for (const path of ours) assert.match(ourFile(path)?.file ?? path, /^build\/esm\//);
        assert.doesNotMatch(script, COMMONJS);
        assert.ok(!script.includes("engine.io-client:"), "no names of logs");
      }
    });

    test("has all transports by the entry of the package, and what it does not use falls away", () => {
      for (const mark of LEFT_OUT) assert.ok(main.script.includes(mark), mark);
      // The transport over fetch is for those who pass it as an option.
      assert.ok(!main.script.includes("fetch read error"));
    });

    test("has WebSocket alone by the entry of that name", () => {
      assert.ok(websocket.script.includes("WebSocket"));
      for (const mark of LEFT_OUT) assert.ok(!websocket.script.includes(mark), mark);
      assert.ok(websocket.script.length < main.script.length - 5_000, `${websocket.script.length} bytes`);
    });

    browserTest(`connects from Chromium and has bytes acknowledged: ${bundler}`, async ({ open }) => {
      for (const [entry, transports] of [
        ["main", ["polling", "websocket"]],
        ["main", ["polling"]],
        ["websocket", ["websocket"]],
      ] as const) {
        const page = await open(server.url);
        await page.addScriptTag({ url: `/${entry}.js`, type: "module" });
        await page.waitForFunction("'converse' in globalThis");
        const heard = await page.evaluate(`converse(location.origin, ${JSON.stringify(transports)})`);
        assert.deepEqual(heard, conversation(transports.at(-1)!), entry);
        assert.equal(server.began.pop(), transports[0]);
        await page.context().close();
      }
    });
  });
}
