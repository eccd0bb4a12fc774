import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Fetch, NodeWebSocket, type Socket, type SocketOptions } from "engine.io-client";
import { listening } from "../../../tests/support/listening.ts";
import { connect, event, messages } from "./support/events.ts";

const peers = fileURLToPath(new URL("../../../peers", import.meta.url));
const makers = {
  ours: createRequire(import.meta.url),
  "upstream's": createRequire(join(peers, "package.json")),
};

interface ServerSocket {
  readonly transport: { name: string };
  send(data: unknown): void;
  close(): void;
  on(name: string, listener: (...args: unknown[]) => void): void;
}

interface EngineServer {
  on(name: "connection", listener: (socket: ServerSocket) => void): void;
  close(): void;
}

/** A server, and the first session of it. */
async function serve(
  require: NodeJS.Require,
  t: TestContext,
  options: object = {},
): Promise<{ url: string; session: Promise<ServerSocket> }> {
  const library = require("engine.io") as { attach(http: unknown, options: object): EngineServer };
  const http = createServer();
  const engine = library.attach(http, options);
  const session = new Promise<ServerSocket>((resolve) => engine.on("connection", resolve));
  const port = await listening(t, http, engine);
  return { url: `http://127.0.0.1:${port}`, session };
}

const MODES: Record<string, SocketOptions> = {
  polling: { transports: ["polling"] },
  "polling by fetch": { transportImplementations: [Fetch] },
  websocket: { transports: ["websocket"] },
  upgrade: {},
  "upgrade from fetch": { transportImplementations: [Fetch, NodeWebSocket] },
};

test("the other make's server is upstream's engine.io 6.6.12, and our packages are the built ones", () => {
  const entry = realpathSync(makers["upstream's"].resolve("engine.io"));
  assert.ok(entry.startsWith(realpathSync(peers) + sep), entry);
  const manifest: unknown = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json"), "utf8"));
  const { name, version } = manifest as { name: string; version: string };
  assert.deepEqual([name, version], ["engine.io", "6.6.12"]);
  for (const ours of ["engine.io", "engine.io-client"]) {
    const path = realpathSync(makers.ours.resolve(ours));
    assert.ok(path.includes(join("packages", ours, "build")), path);
  }
});

for (const [maker, require] of Object.entries(makers)) {
  describe(`with a server, ${maker}`, { timeout: 60_000 }, () => {
    for (const [mode, options] of Object.entries(MODES)) {
      const start = async (
        t: TestContext,
        serverOptions: object = {},
      ): Promise<{ socket: Socket; session: ServerSocket }> => {
        const { url, session } = await serve(require, t, serverOptions);
        const socket = connect(t, url, options);
        return { socket, session: await session };
      };

      test(`${mode}: texts and bytes go both ways`, async (t) => {
        const { socket, session } = await start(t);
        const sent = ["hello", "€ \u0000", "", Buffer.from([0, 1, 255]), "x".repeat(100_000), Buffer.alloc(100_000, 7)];
        const there = messages(session, sent.length);
        const back = messages(socket, sent.length);
        session.on("message", (data) => session.send(data));
        for (const data of sent) socket.send(data);
        const expected = sent.map((data) => (data === "" ? undefined : data));
        assert.deepEqual(await there, expected);
        assert.deepEqual(await back, expected);
      });

      test(`${mode}: nothing is lost, doubled or reordered under load in both directions`, async (t) => {
        const { socket, session } = await start(t);
        const count = 2000;
        const numbers = Array.from({ length: count }, (_, n) => String(n));
        const there = messages(session, count);
        const back = messages(socket, count);
        // A few per turn of the event loop, so that the traffic lies before, in and after the upgrade.
        const pump = (n: number): void => {
          for (let i = n; i < n + 10; i++) {
            socket.send(String(i));
            session.send(String(i));
          }
          if (n + 10 < count) setImmediate(pump, n + 10);
        };
        pump(0);
        assert.deepEqual(await there, numbers);
        assert.deepEqual(await back, numbers);
        if (mode.startsWith("upgrade")) assert.equal(socket.transport.name, "websocket");
      });

      test(`${mode}: heartbeats keep it alive`, async (t) => {
        // The server pings again only if it was answered, so eight prove it; a busy machine has the time.
        const { socket } = await start(t, { pingInterval: 50, pingTimeout: 2000 });
        socket.on("close", (reason) => assert.fail(reason));
        for (let n = 0; n < 8; n++) await event(socket, "pong");
        socket.off("close");
      });

      test(`${mode}: close() is heard by the server`, async (t) => {
        const { socket, session } = await start(t);
        const closed = event(session, "close");
        const received = messages(session, 1);
        if (socket.readyState !== "open") await event(socket, "open");
        socket.send("last").close();
        assert.deepEqual(await received, ["last"]);
        assert.equal((await closed)[0], "transport close");
      });

      test(`${mode}: the server's close is 'transport close'`, async (t) => {
        const { socket, session } = await start(t);
        if (socket.readyState !== "open") await event(socket, "open");
        // Closed in the middle of an upgrade, upstream's waits for half a minute.
        if (mode.startsWith("upgrade") && session.transport.name === "polling") await event(session, "upgrade");
        session.close();
        assert.equal((await event(socket, "close"))[0], "transport close");
      });
    }

    test("payloads stay within the server's limit, so that none is refused", async (t) => {
      const { url, session } = await serve(require, t, { maxHttpBufferSize: 10_000 });
      const socket = connect(t, url, { transports: ["polling"] });
      const there = messages(await session, 100);
      for (let n = 0; n < 100; n++) socket.send(n % 2 ? "€".repeat(1000) : Buffer.alloc(2000, n));
      assert.equal((await there).length, 100);
    });
  });
}
