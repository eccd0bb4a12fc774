import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Server } from "socket.io";
import { Observed } from "./observed.js";
import type { BlockPlan } from "./plan.js";

/** A client of a page that is connected, before the page's snippet runs. */
const CONNECTED = "const socket = io({ reconnection: false });";

export const pages: readonly BlockPlan[] = [
  {
    number: 30,
    hash: "e9230533",
    heading: "Client bundles",
    kind: "before",
    ways: ["Chromium"],
    shows: "the bundle of that name is still served, and connects",
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const { page, requests } = await bench.page(io.httpServer, `<!doctype html>${bench.code}`);
      await connects(page, io);
      assert.deepEqual(bundlesIn(requests), ["socket.io.js"]);
    },
  },
  {
    number: 31,
    hash: "f77fe83b",
    heading: "Client bundles",
    kind: "after",
    ways: ["Chromium"],
    shows: "both bundles are served to one page, and the last one connects",
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const { page, requests } = await bench.page(io.httpServer, `<!doctype html>${bench.code}`);
      await connects(page, io);
      assert.deepEqual(bundlesIn(requests), ["socket.io.js", "socket.io.min.js"]);
    },
  },
  {
    number: 40,
    hash: "43c95f8a",
    heading: "Catch-all listeners",
    kind: "example",
    ways: ["CommonJS", "Chromium"],
    shows: "all five methods exist on both sides, and no listener is left at the end",
    inChromium: async (bench) => {
      const [serverSide, clientSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      const seen = new Observed();
      const listener = (): void => assert.fail("it was never added");
      await bench.commonJs(serverSide, { io: seen.watch(io, "io"), listener });
      const connection = bench.stage.event<[{ listenersAny(): unknown[] }]>(io, "connection");
      const { page } = await bench.script(io.httpServer, clientSide, "const listener = () => {};");
      const [socket] = await connection;
      const methods = ["onAny", "prependAny", "offAny", "offAny", "listenersAny"];
      assert.deepEqual(seen.calls, ["io.on(connection)", ...methods.map((name) => `socket.${name}()`)]);
      assert.deepEqual(socket.listenersAny(), []);
      await page.waitForFunction("socket.connected");
      assert.deepEqual(await page.evaluate("[listeners, socket.listenersAny()]"), [[], []]);
    },
  },
  {
    number: 41,
    hash: "7c15acc0",
    heading: "Volatile events (client)",
    kind: "example",
    ways: ["CommonJS", "Chromium"],
    shows: "the event arrives from a client that is connected and is dropped by one that is not",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const client = bench.stage.client("/", { autoConnect: false });
      const log: unknown[] = [];
      io.on("connection", (socket) => socket.onAny((...event) => log.push(event)));
      await bench.commonJs(bench.code, { socket: client });
      client.connect();
      await bench.stage.connected(client);
      client.emit("connected");
      await bench.commonJs(bench.code, { socket: client });
      await bench.stage.event(bench.stage.serverHalf(io, client), "volatile event");
      assert.deepEqual(log, [["connected"], ["volatile event", "might or might not be sent"]]);
    },
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const connection = bench.stage.event(io, "connection");
      const { page } = await bench.script(io.httpServer, CONNECTED);
      const [socket] = await connection;
      const arrival = bench.stage.event(socket, "volatile event");
      await page.waitForFunction("socket.connected && socket.io.engine.transport.writable");
      await page.evaluate(bench.code);
      assert.deepEqual(await arrival, ["might or might not be sent"]);
    },
  },
  {
    number: 42,
    hash: "4a266180",
    heading: "Official bundle with the msgpack parser",
    kind: "example",
    ways: ["CommonJS", "Chromium"],
    shows: "a page with that bundle and no configuration sends bytes in one frame",
    inChromium: async (bench) => {
      const httpServer = await bench.httpServer();
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, { httpServer }, ["io"]);
      bench.adopt(io);
      const html = `<!doctype html><script src="/socket.io/socket.io.msgpack.min.js"></script>`;
      const { page } = await bench.page(httpServer, html);
      const frames: (string | Buffer)[] = [];
      page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => frames.push(payload)));
      const bytes = new Promise((resolve) => {
        io.on("connection", (socket) => {
          socket.on("bytes", (value, answer) => {
            resolve(value);
            answer();
          });
        });
      });
      await page.evaluate(`new Promise((resolve) => {
        io({ transports: ["websocket"] }).on("connect", function () {
          this.emit("bytes", new Uint8Array([1, 2, 3]), resolve);
        });
      })`);
      assert.deepEqual(await bytes, Buffer.from([1, 2, 3]));
      // CONNECT is the first.
      assert.equal(frames.filter((frame) => typeof frame !== "string").length, 2);
      assert.equal(frames.length, 2);
    },
  },
];

/** The page's `io` connects to the server, whatever bundle it comes from. */
async function connects(page: Page, io: Server): Promise<void> {
  const connection = new Promise<{ id: string }>((resolve) => io.on("connection", resolve));
  const id = await page.evaluate("new Promise((resolve) => io().on('connect', function () { resolve(this.id); }))");
  assert.equal((await connection).id, id);
}

function bundlesIn(requests: readonly URL[]): string[] {
  return requests.map(({ pathname }) => pathname.split("/").at(-1) ?? "").filter((name) => name.endsWith(".js"));
}
