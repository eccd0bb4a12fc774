/** The client in React Native: resolved and bundled by Metro, run with the globals of a phone. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { application, type Built } from "./support/bundlers.ts";
import { ourFile } from "./support/installation.ts";
import { runOnPhone, withMetro, type Phone } from "./support/react-native.ts";
import { conversation, serveEcho, type EchoServer } from "./support/server.ts";

const HEADERS = { "x-phone": "yes" };

describe("an application of React Native", () => {
  let app: ReturnType<typeof application>;
  let main: Built;
  let server: EchoServer;
  let phone: Phone;
  const heard: unknown[] = [];

  before(async () => {
    app = application();
    main = await withMetro(app.folder, "main");
    server = await serveEcho();
    server.io.on("connection", ({ handshake, client }) => {
      heard.push(handshake.headers["x-phone"], handshake.query["from"]);
      client.conn.on("upgrade", (_transport: unknown) => heard.push("upgrade"));
    });
  });
  after(async () => {
    app.remove();
    await server.close();
  });

  test("gets ES modules of ours alone from Metro", () => {
    const ours = main.modules.filter((path) => ourFile(path) !== null);
    assert.ok(ours.length > 40, main.modules.join());
    for (const path of ours) assert.match(ourFile(path)!.file, /^build\/esm\//);
    const others = main.modules.filter((path) => ourFile(path) === null && !path.startsWith(app.folder));
    assert.deepEqual(
      others.filter((path) => !path.includes("node_modules/metro-runtime/")),
      [],
    );
  });

  test("loads without a page, without Node's modules and without TextEncoder and TextDecoder", () => {
    phone = runOnPhone(main.script);
  });

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    test(`connects over ${transports.join(", then ")}, with headers and query, and has bytes acknowledged`, async () => {
      heard.length = 0;
      const options = { extraHeaders: HEADERS, query: { from: "a phone & more" } };
      const seen = await phone.converse(server.url, transports, options);
      assert.deepEqual(seen, conversation(transports.at(-1)!));
      assert.deepEqual(heard, ["yes", "a phone & more", ...(transports.length > 1 ? ["upgrade"] : [])]);
      assert.deepEqual(phone.unknownOptions, []);
    });
  }
});
