import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { Adapter } from "socket.io-adapter";
import { loadClient } from "../../../tests/interop/implementations.ts";
import { http, normalised, RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { ScriptedApp } from "../../../tests/support/scripted-uws.ts";
import { appListening, skip, uWebSockets } from "../../../tests/support/uws.ts";

/** A server on an app of its own, with an event that acknowledges what it is given. */
async function listening(t: TestContext, options: Partial<ServerOptions> = {}): Promise<{ io: Server; port: number }> {
  const app = uWebSockets.App();
  const io = new Server(options);
  io.attachApp(app);
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => (args.pop() as (...answer: unknown[]) => void)(...args));
  });
  const port = await appListening(t, app);
  t.after(() => io.close());
  return { io, port };
}

test("attachApp: the engine is that of uWebSockets.js, below the path, with the options of the constructor first", (t) => {
  const app = new ScriptedApp();
  const io = new Server({ path: "/deep/", maxHttpBufferSize: 10 });
  t.after(() => io.close());
  const ofTheLibrary = { compression: 1, idleTimeout: 12, maxBackpressure: 3 };
  assert.equal(io.attachApp(app, { path: "/other", maxHttpBufferSize: 20, ...ofTheLibrary }), undefined);
  assert.equal(app.path, "/deep/");
  assert.equal(app.webSocketPath, "/deep/");
  const { maxPayloadLength, compression, idleTimeout, maxBackpressure } = app.behavior!;
  assert.deepEqual({ compression, idleTimeout, maxBackpressure }, ofTheLibrary);
  assert.equal(maxPayloadLength, 10);
  assert.equal(io.engine.constructor.name, "uServer");
  assert.equal(io.httpServer, undefined);
});

test("attachApp: without other wishes the path is /socket.io/, and bundles are served below it unless serveClient is off", (t) => {
  for (const serveClient of [true, false]) {
    const app = new ScriptedApp();
    const io = new Server({ serveClient });
    t.after(() => io.close());
    io.attachApp(app);
    assert.equal(app.path, "/socket.io/");
    assert.deepEqual(app.gets, serveClient ? ["/socket.io/*"] : []);
  }
});

test("attachApp: a client over a scripted app joins, and close() ends it without an HTTP server", async () => {
  const app = new ScriptedApp();
  const io = new Server();
  io.attachApp(app);
  const connected = new Promise<Socket>((resolve) => io.on("connection", resolve));
  const { webSocket } = app.upgrade("EIO=4&transport=websocket");
  webSocket!.receive("40");
  const socket = await connected;
  assert.equal(socket.handshake.address, "::1");
  assert.equal(socket.handshake.secure, false);
  const reasons: string[] = [];
  socket.on("disconnect", (reason) => reasons.push(reason));
  let isClosed = false;
  await io.close(() => (isClosed = true));
  assert.deepEqual([reasons, webSocket!.ended, isClosed], [["server shutting down"], "end", true]);
});

test("attachApp: broadcasts reach rooms but those left out, and adapters of other servers are as they were", async (t) => {
  const methods = Object.getOwnPropertyDescriptors(Adapter.prototype);
  const app = new ScriptedApp();
  const io = new Server();
  t.after(() => io.close());
  io.attachApp(app);
  assert.deepEqual(Object.getOwnPropertyDescriptors(Adapter.prototype), methods);
  const join = async (): Promise<{ socket: Socket; news: () => unknown[] }> => {
    const connected = new Promise<Socket>((resolve) => io.on("connection", resolve));
    const { webSocket } = app.upgrade("EIO=4&transport=websocket");
    webSocket!.receive("40");
    const socket = await connected;
    io.removeAllListeners("connection");
    const events = (): unknown[] => webSocket!.sent.map((sent) => (sent as unknown[])[0]);
    return { socket, news: () => events().filter((event) => String(event).startsWith("42")) };
  };
  const [a, b] = [await join(), await join()];
  await a.socket.join("room");
  io.emit("all");
  io.to("room").emit("room");
  a.socket.broadcast.emit("others");
  await new Promise(setImmediate);
  assert.deepEqual(a.news(), ['42["all"]', '42["room"]']);
  assert.deepEqual(b.news(), ['42["all"]', '42["others"]']);
  await io.close();
  assert.deepEqual(Object.getOwnPropertyDescriptors(Adapter.prototype), methods);
});

const WAYS: readonly ("polling" | "websocket")[][] = [["polling"], ["websocket"], ["polling", "websocket"]];

describe("attachApp on uWebSockets.js", { skip }, () => {
  for (const maker of ["ours", "upstream"] as const) {
    for (const transports of WAYS) {
      test(`the client of ${maker} over ${transports.join(" and ")}: acks, bytes, rooms`, async (t) => {
        const { io, port } = await listening(t);
        const { io: connect } = loadClient(maker);
        const joined = new Promise<Socket>((resolve) => io.on("connection", resolve));
        const client = connect(`http://127.0.0.1:${port}`, { transports, forceNew: true, reconnection: false });
        t.after(() => client.disconnect());
        const socket = await joined;
        if (transports.length === 2) await new Promise((resolve) => socket.conn.once("upgrade", resolve));
        const bytes = Buffer.alloc(70_000, 7);
        assert.deepEqual(await client.timeout(5_000).emitWithAck("echo", { bytes, text: "é" }), { bytes, text: "é" });
        await socket.join("room");
        const news = new Promise((resolve) => client.on("news", (...args: unknown[]) => resolve(args)));
        io.to("nowhere").emit("news", "for nobody");
        io.to("room").emit("news", 1, bytes);
        assert.deepEqual(await news, [1, bytes]);
        assert.equal(socket.conn.transport.name, transports.at(-1));
      });
    }
  }

  test("a broadcast reaches polling and WebSocket peers alike, but not those left out", async (t) => {
    const { io, port } = await listening(t);
    const socket = await new RawWebSocket(port).opened();
    socket.send("40");
    const [, joined = ""] = await socket.receive(2);
    const polling = new RawPolling(port);
    await polling.handshake();
    await polling.post("40");
    await polling.receive(1);
    io.except((JSON.parse(String(joined).slice(2)) as { sid: string }).sid).emit("one");
    io.emit("two");
    assert.deepEqual(await polling.receive(2), ['42["one"]', '42["two"]']);
    assert.deepEqual(normalised(await socket.receive(1)), ['42["two"]']);
    await polling.post("41");
    socket.close();
  });

  test("bundles are served as they are, with a tag by which they are known; other paths are the application's", async (t) => {
    const { port } = await listening(t);
    const folder = join(dirname(createRequire(import.meta.url).resolve("socket.io/package.json")), "client-dist");
    const content = readFileSync(join(folder, "socket.io.min.js"), "utf8");
    const path = "/socket.io/socket.io.min.js";
    const { status, headers, body } = await http(port, "GET", path, undefined, { "accept-encoding": "br" });
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "application/javascript; charset=utf-8");
    assert.equal(headers["cache-control"], "public, max-age=0");
    assert.equal(headers["content-encoding"], undefined);
    assert.equal(body, content);
    const { etag = "" } = headers;
    for (const known of [etag, `W/${etag}`]) {
      const again = await http(port, "GET", path, undefined, { "if-none-match": known });
      assert.deepEqual([again.status, again.body], [304, ""]);
    }
    for (const other of ["/socket.io/nope.js", "/socket.io/..%2fpackage.json", "/socket.io/x/socket.io.min.js"]) {
      assert.equal((await http(port, "GET", other)).status, 404);
    }
  });
});
