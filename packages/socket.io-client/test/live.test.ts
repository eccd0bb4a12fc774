import assert from "node:assert/strict";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { freePort } from "../../../tests/support/free-port.ts";
import { serveUpstream, upstream } from "./support/upstream-server.ts";

// The client over its real engine against upstream's server: what fake engines can't show.

const root = realpathSync(fileURLToPath(new URL("../../..", import.meta.url)));
const ours = createRequire(import.meta.url);

interface Served {
  // oxlint-disable-next-line typescript/no-explicit-any -- upstream's Server
  readonly server: any;
  readonly connect: (path?: string, options?: Partial<ManagerOptions & SocketOptions>) => Socket;
}

async function serve(t: TestContext, options: object = {}): Promise<Served> {
  const clients: Socket[] = [];
  t.after(() => {
    for (const client of clients) client.disconnect();
  });
  const { server, url } = await serveUpstream(t, options);
  return {
    server,
    connect(path = "/", clientOptions = {}) {
      const client = io(url + path, { forceNew: true, reconnectionDelay: 1, ...clientOptions });
      clients.push(client);
      return client;
    },
  };
}

function next(emitter: { once(event: string, listener: (...args: unknown[]) => void): unknown }, event: string) {
  return new Promise<unknown[]>((resolve) => emitter.once(event, (...args) => resolve(args)));
}

test("the client and its engine are ours, the server is upstream's 4.8.4", () => {
  const at = (require: NodeJS.Require, name: string) => realpathSync(require.resolve(name));
  assert.equal(at(ours, "socket.io-client"), join(root, "packages/socket.io-client/build/cjs/index.js"));
  assert.equal(at(ours, "engine.io-client"), join(root, "packages/engine.io-client/build/cjs/index.js"));
  const server = at(upstream, "socket.io");
  assert.ok(server.startsWith(join(root, "peers", "node_modules")));
  const manifest = JSON.parse(readFileSync(join(dirname(server), "..", "package.json"), "utf8")) as { version: string };
  assert.equal(manifest.version, "4.8.4");
});

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]] as const) {
  test(`events, answers and bytes cross over ${transports.join(" and ")}`, async (t) => {
    const { server, connect } = await serve(t);
    server.of("/chat").on("connection", (peer: Socket) => {
      peer.on("echo", (value: unknown, answer: (value: unknown) => void) => answer(value));
    });
    const socket = connect("/chat", { transports: [...transports] });
    const value = { text: "ä", list: [1, null], bytes: Buffer.from([0, 1, 255]) };
    assert.deepEqual(await socket.timeout(5000).emitWithAck("echo", value), value);
  });
}

test("the query of the URL goes to the engine, in place of the option", async (t) => {
  const { server, connect } = await serve(t);
  const seen = next(server, "connection");
  connect("/?token=url", { query: { token: "option", more: "1" } });
  const [peer] = (await seen) as [{ handshake: { query: Record<string, string> } }];
  assert.deepEqual([peer.handshake.query["token"], peer.handshake.query["more"]], ["url", undefined]);
});

test("a query changed between attempts is used by the next", async (t) => {
  const { server, connect } = await serve(t);
  const socket = connect("/", { query: { token: "old" } });
  await next(socket, "connect");
  socket.io.opts.query = { token: "new" };
  const again = next(server, "connection");
  socket.io.engine.close();
  const [peer] = (await again) as [{ handshake: { query: Record<string, string> } }];
  assert.equal(peer.handshake.query["token"], "new");
});

test("a server that is not there brings connect_error with the transport's error, attempt by attempt", async () => {
  const port = await freePort();
  const expected = [
    ["polling", "xhr poll error"],
    ["websocket", "websocket error"],
  ] as const;
  for (const [transport, message] of expected) {
    const socket = io(`http://127.0.0.1:${port}`, {
      transports: [transport],
      forceNew: true,
      reconnectionAttempts: 1,
      reconnectionDelay: 1,
    });
    const errors: (Error & { type?: string })[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    await next(socket.io, "reconnect_failed");
    assert.deepEqual(
      errors.map((error) => [error.message, error.type]),
      [
        [message, "TransportError"],
        [message, "TransportError"],
      ],
    );
  }
});

test("an empty list of transports brings connect_error later, with a string", async () => {
  const socket = io("http://localhost:1", { transports: [], forceNew: true, reconnection: false });
  assert.deepEqual(await next(socket, "connect_error"), ["No transports available"]);
});

test("a connection that broke is recovered with its id, and what was missed arrives before connect", async (t) => {
  const { server, connect } = await serve(t, { connectionStateRecovery: {} });
  const socket = connect("/", { transports: ["websocket"] });
  await next(socket, "connect");
  const { id } = socket;
  server.emit("news", 1);
  await next(socket, "news");
  const log: unknown[] = [];
  socket.on("news", (value) => log.push(value));
  const gone = next(socket, "disconnect");
  socket.io.engine.close();
  await gone;
  server.emit("news", 2);
  await next(socket, "connect");
  assert.deepEqual([socket.recovered, socket.id, log], [true, id, [2]]);
});

test("an event emitted while disconnected arrives after the reconnection", async (t) => {
  const { server, connect } = await serve(t);
  const socket = connect();
  await next(socket, "connect");
  const gone = next(socket, "disconnect");
  socket.io.engine.close();
  await gone;
  const arrived = new Promise((resolve) =>
    server.on("connection", (peer: Socket) => void peer.on("late", (value) => resolve(value))),
  );
  socket.emit("late", 7);
  assert.equal(await arrived, 7);
});
