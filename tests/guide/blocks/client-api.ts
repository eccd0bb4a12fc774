import assert from "node:assert/strict";
import type { Server } from "socket.io";
import { directions } from "../../interop/stage.js";
import type { Bench } from "./bench.js";
import { Observed } from "./observed.js";
import { printer } from "./server-api.js";
import type { BlockPlan } from "./plan.js";

/** A client of a page that is connected, before the page's snippet runs. */
const CONNECTED = "const socket = io({ reconnection: false });";

export const clientApi: readonly BlockPlan[] = [
  {
    number: 17,
    hash: "e8124f9b",
    heading: "~~Socket.use() is removed~~",
    kind: "before",
    ways: ["CommonJS"],
    shows:
      "restored: the middleware runs for the event, which then reaches its listener; a packet is an array without `data`",
    inNode: async (bench) => {
      const { client, server } = await bench.stage.pair(await bench.stage.serve());
      const { console, printed } = printer();
      const seen = new Observed();
      await bench.commonJs(bench.code, { socket: seen.watch(server, "socket"), console });
      const arrival = bench.stage.event(server, "news");
      client.emit("news", 1);
      assert.deepEqual(await arrival, [1]);
      assert.deepEqual([seen.runs, printed], [["socket.use()"], ["undefined"]]);
    },
  },
  {
    number: 18,
    hash: "de026e51",
    heading: "~~Socket.use() is removed~~",
    kind: "after",
    ways: ["CommonJS", "Chromium"],
    shows: "the event's name is printed, on the server, by the client in Node and by the one in Chromium",
    inNode: async (bench) => {
      const { client, server } = await bench.stage.pair(await bench.stage.serve());
      for (const [socket, peer] of directions(server, client)) {
        const { console, printed } = printer();
        await bench.commonJs(bench.code, { socket, console });
        const arrival = bench.stage.event(socket, "news");
        peer.emit("news", 1);
        await arrival;
        assert.deepEqual(printed, ["'news'"]);
      }
    },
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const { page, printed } = await bench.script(io.httpServer, bench.code, CONNECTED);
      await page.evaluate("new Promise((resolve) => socket.connected ? resolve() : socket.on('connect', resolve))");
      const arrival = page.evaluate("new Promise((resolve) => socket.on('news', resolve))");
      await page.evaluate("0"); // the listener is there
      io.emit("news", 1);
      assert.equal(await arrival, 1);
      assert.deepEqual(printed, ["news"]);
    },
  },
  {
    number: 19,
    hash: "f681d9c1",
    heading: "A middleware error will now emit an Error object",
    kind: "before",
    ways: ["CommonJS"],
    shows: "nobody emits `error` on our client's socket; a client of 2.5.0 still prints the message, or the object",
    inNode: async (bench) => {
      const [plain, printMessage, withData, printData] = bench.parts(4) as [string, string, string, string];
      for (const [serverSide, clientSide, expected] of [
        [plain, printMessage, "'not authorized'"],
        [withData, printData, "{ content: 'Please retry later' }"],
      ] as const) {
        const io = await bench.stage.serve({ allowEIO3: true });
        await bench.commonJs(serverSide, { io });

        const seen = new Observed();
        const client = bench.stage.client();
        const { console, printed } = printer();
        await bench.commonJs(clientSide, { socket: seen.watch(client, "socket"), console });
        await bench.stage.event(client, "connect_error");
        assert.deepEqual([seen.calls, seen.runs, printed], [["socket.on(error)"], [], []]);

        const old = bench.client2(bench.stage.port);
        const refused = bench.stage.event(old, "error");
        await bench.commonJs(clientSide, { socket: old, console });
        await refused;
        assert.deepEqual(printed, [expected]);
      }
    },
  },
  {
    number: 20,
    hash: "b81212c0",
    heading: "A middleware error will now emit an Error object",
    kind: "after",
    ways: ["CommonJS", "Chromium"],
    shows: "the client prints true, the message and the data",
    inNode: async (bench) => {
      const [serverSide, clientSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      await bench.commonJs(serverSide, { io });
      const socket = bench.stage.client();
      const { console, printed } = printer();
      await bench.commonJs(clientSide, { socket, console });
      await bench.stage.event(socket, "connect_error");
      assert.deepEqual(printed, ["true", "'not authorized'", "{ content: 'Please retry later' }"]);
    },
    inChromium: async (bench) => {
      const [serverSide, clientSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      await bench.commonJs(serverSide, { io });
      const { page, printed } = await bench.script(io.httpServer, clientSide, CONNECTED);
      await page.waitForFunction("socket.active === false");
      assert.deepEqual(printed.slice(0, 2), ["true", "not authorized"]);
      assert.match(printed[2] ?? "", /^\{content: Please retry later\}$/);
    },
  },
  {
    number: 21,
    hash: "af968e91",
    heading: "Add a clear distinction between the Manager query option and the Socket query option",
    kind: "example",
    ways: ["Chromium"],
    shows: "the query is in the page's requests and in the handshake, and nowhere else",
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const connection = bench.stage.event<[{ handshake: Handshake }]>(io, "connection");
      const { requests } = await bench.script(io.httpServer, bench.code);
      const [{ handshake }] = await connection;
      assert.equal(handshake.query["token"], "abc");
      assert.deepEqual(handshake.auth, {});
      assertQuery(requests, "abc");
    },
  },
  {
    number: 22,
    hash: "04feeade",
    heading: "Add a clear distinction between the Manager query option and the Socket query option",
    kind: "example",
    ways: ["CommonJS", "Chromium"],
    shows:
      "as CommonJS that is bundled for a page: the Manager's query is in the requests; the Socket's is not sent, its name is `auth` now",
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const connection = bench.stage.event<[{ handshake: Handshake }]>(io, "connection");
      const script = await bench.bundle(bench.code, ["manager", "socket"]);
      const { requests } = await bench.page(io.httpServer, `<!doctype html><script>${script}</script>`);
      const [{ handshake }] = await connection;
      assert.equal(handshake.query["token"], "abc");
      assert.deepEqual(handshake.auth, {});
      assertQuery(requests, "abc");
    },
  },
  {
    number: 23,
    hash: "ccb6529f",
    heading: "Add a clear distinction between the Manager query option and the Socket query option",
    kind: "example",
    ways: ["CommonJS", "Chromium"],
    shows: "one Manager, one query: both namespaces print abc",
    inChromium: async (bench) => {
      const [clientSide, serverSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      const { console, printed } = printer();
      await bench.commonJs(serverSide, { io, console });
      const both = [bench.stage.event(io, "connection"), bench.stage.event(io.of("/my-namespace"), "connection")];
      await bench.script(io.httpServer, clientSide);
      await Promise.all(both);
      assert.deepEqual(printed, ["'abc'", "'abc'"]);
    },
  },
  {
    number: 24,
    hash: "ff271899",
    heading: "Add a clear distinction between the Manager query option and the Socket query option",
    kind: "after",
    ways: ["CommonJS", "Chromium"],
    shows: "the server prints abc for the object and for the function; no request has a token",
    inChromium: async (bench) => {
      const [object, withFunction, serverSide] = bench.parts(3) as [string, string, string];
      const io = await bench.stage.serve();
      const { console, printed } = printer();
      await bench.commonJs(serverSide, { io, console });
      for (const [index, clientSide] of [object, withFunction].entries()) {
        const connection = bench.stage.event(io, "connection");
        const { requests } = await bench.script(io.httpServer, clientSide);
        await connection;
        assert.deepEqual(
          printed,
          Array.from({ length: index + 1 }, () => "'abc'"),
        );
        assertQuery(requests, null);
      }
    },
  },
  {
    number: 25,
    hash: "3a18d067",
    heading: "The Socket instance will no longer forward the events emitted by its Manager",
    kind: "before",
    ways: ["CommonJS"],
    shows: "the client reconnects and the socket's listener is not called",
    inNode: async (bench) => {
      assert.deepEqual((await reconnectWith(bench)).runs, []);
    },
  },
  {
    number: 26,
    hash: "746f55ee",
    heading: "The Socket instance will no longer forward the events emitted by its Manager",
    kind: "after",
    ways: ["CommonJS"],
    shows: "the client reconnects and the Manager's listener is called",
    inNode: async (bench) => {
      assert.deepEqual((await reconnectWith(bench)).runs, ["socket.io.on(reconnect_attempt)"]);
    },
  },
  {
    number: 27,
    hash: "816e8001",
    heading: "The Socket instance will no longer forward the events emitted by its Manager",
    kind: "after",
    ways: ["CommonJS", "Chromium"],
    shows: "it throws an Error, on the server, by the client in Node and by the one in Chromium",
    inNode: async (bench) => {
      const { client, server } = await bench.stage.pair(await bench.stage.serve());
      for (const socket of [client, server]) {
        await assert.rejects(bench.commonJs(bench.code, { socket }), { name: "Error", message: RESERVED });
      }
    },
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const { page } = await bench.script(io.httpServer, CONNECTED);
      await assert.rejects(page.evaluate(bench.code), (error: Error) => error.message.includes(`Error: ${RESERVED}`));
    },
  },
  {
    number: 32,
    hash: "d79c3cf5",
    heading: 'No more "pong" event for retrieving latency',
    kind: "before",
    ways: ["CommonJS"],
    shows: "heartbeats pass and the listener is not called",
    inNode: async (bench) => {
      const io = await bench.stage.serve({ pingInterval: 20 });
      const { client } = await bench.stage.pair(io);
      const seen = new Observed();
      await bench.commonJs(bench.code, { socket: seen.watch(client, "socket"), console: printer().console });
      await bench.stage.events(client.io, "ping", 3);
      assert.deepEqual([seen.calls, seen.runs], [["socket.on(pong)"], []]);
    },
  },
  {
    number: 33,
    hash: "c7cfe63a",
    heading: 'No more "pong" event for retrieving latency',
    kind: "after",
    ways: ["CommonJS", "Chromium"],
    shows:
      "every 5000 ms a ping is sent and its callback is called, in Node and in Chromium; none is sent while not connected",
    inNode: async (bench) => {
      const [serverSide, clientSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      const atServer = new Observed();
      await bench.commonJs(serverSide, { io: atServer.watch(io, "io") });
      const { client } = await bench.stage.pair(io);

      const atClient = new Observed();
      const timers: [() => void, number][] = [];
      const setInterval = (...timer: [() => void, number]): number => timers.push(timer);
      await bench.commonJs(clientSide, { socket: atClient.watch(client, "socket"), setInterval });
      const [[tick, interval]] = timers as [(typeof timers)[0]];
      assert.equal(interval, 5000);
      for (let times = 1; times <= 2; times++) {
        tick();
        await bench.stage.until("answer", atClient.ran("socket.volatile.emit(ping)", times));
      }
      client.disconnect();
      tick();
      client.connect();
      await bench.stage.connected(client);
      tick();
      await bench.stage.until("answer", atClient.ran("socket.volatile.emit(ping)", 3));
      assert.equal(atServer.runs.filter((run) => run === "socket.on(ping)").length, 3);
    },
    inChromium: async (bench) => {
      const [serverSide, clientSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      const seen = new Observed();
      await bench.commonJs(serverSide, { io: seen.watch(io, "io") });
      const before = `${CONNECTED}; let timer; setInterval = (...args) => (timer = args);`;
      const { page } = await bench.script(io.httpServer, clientSide, before);
      await page.waitForFunction("socket.connected");
      assert.equal(await page.evaluate("timer[1]"), 5000);
      await page.evaluate("timer[0]()");
      await bench.stage.until("ping at the server", seen.ran("socket.on(ping)"));
    },
  },
  {
    number: 34,
    hash: "18605f18",
    heading: "ES modules syntax",
    kind: "before",
    ways: ["ES module", "Chromium"],
    shows: "the server has no default export; the client still has one, in Chromium too",
    inNode: async (bench) => {
      const [serverSide] = bench.parts(2) as [string, string];
      const noDefault = { name: "SyntaxError", message: /does not provide an export named 'default'/ };
      await assert.rejects(bench.esModule(freePort(serverSide)), noDefault);
    },
    inChromium: async (bench) => {
      const [, clientSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      const connection = bench.stage.event(io, "connection");
      await bench.moduleScript(io.httpServer, clientSide, ["socket"]);
      await connection;
    },
  },
  {
    number: 35,
    hash: "f52140f0",
    heading: "ES modules syntax",
    kind: "after",
    ways: ["ES module", "Chromium"],
    shows: "the client of a page connects to the server that the block made",
    inChromium: async (bench) => {
      const [serverSide, clientSide] = bench.parts(2) as [string, string];
      const { io } = await bench.esModule<{ io: Server }>(freePort(serverSide), ["io"]);
      bench.adopt(io);
      const connection = bench.stage.event(io, "connection");
      const { page } = await bench.moduleScript(io.httpServer, clientSide, ["socket"]);
      await connection;
      await page.waitForFunction("given.socket.connected");
    },
  },
  {
    number: 36,
    hash: "94fde259",
    heading: "`emit()` chains are not possible anymore",
    kind: "before",
    ways: ["CommonJS"],
    shows: "on both sides event1 is sent, and true has no `emit`",
    inNode: async (bench) => {
      await bothWays(bench, ["event1"], (socket) =>
        assert.rejects(bench.commonJs(bench.code, { socket }), /^TypeError: .*emit is not a function/),
      );
    },
  },
  {
    number: 37,
    hash: "9efaa2d8",
    heading: "`emit()` chains are not possible anymore",
    kind: "after",
    ways: ["CommonJS"],
    shows: "on both sides event1 and event2 are sent",
    inNode: async (bench) => {
      await bothWays(bench, ["event1", "event2"], (socket) => bench.commonJs(bench.code, { socket }));
    },
  },
];

const RESERVED = '"connect_error" is a reserved event name';

interface Handshake {
  readonly query: Record<string, string | undefined>;
  readonly auth: object;
}

/** The guide's port, exchanged for one that is free. */
export function freePort(code: string): string {
  assert.ok(code.includes("8080"), "the guide's port");
  return code.replaceAll("8080", "0");
}

function assertQuery(requests: readonly URL[], token: string | null): void {
  const ofEngine = requests.filter((url) => url.searchParams.has("EIO"));
  assert.ok(ofEngine.length > 0, "the page has made requests");
  for (const url of ofEngine) assert.equal(url.searchParams.get("token"), token);
}

/** Runs the block for a client that then loses its connection and comes back. */
async function reconnectWith(bench: Bench): Promise<Observed> {
  const { stage } = bench;
  const io = await stage.serve();
  const { client, server } = await stage.pair(io, "/", { reconnection: true, reconnectionDelay: 5 });
  const seen = new Observed();
  await bench.commonJs(bench.code, { socket: seen.watch(client, "socket") });
  const back = stage.event(client, "connect");
  server.conn.close();
  await back;
  return seen;
}

/** What the other side hears of a snippet, run for either side's socket. */
async function bothWays(bench: Bench, expected: string[], run: (socket: object) => Promise<unknown>): Promise<void> {
  const { client, server } = await bench.stage.pair(await bench.stage.serve());
  for (const [socket, peer] of directions(server, client)) {
    const events: string[] = [];
    peer.onAny((name: string) => name === "fence" || events.push(name));
    const fence = bench.stage.event(peer, "fence");
    await run(socket);
    socket.emit("fence");
    await fence;
    assert.deepEqual(events, expected);
  }
}
