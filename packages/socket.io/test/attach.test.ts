import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get as httpGet, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import test from "node:test";
import { Adapter } from "socket.io-adapter";
import * as imported from "socket.io";
import { listen, portOf } from "../../../tests/support/listening.ts";
import { RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { FakeEngine, serve, ticks } from "./support/fake-engine.ts";

const { Server } = imported;
const require = createRequire(import.meta.url);

test("the CommonJS module is a function that makes a server, with three classes on it", () => {
  const io = require("socket.io") as ((srv?: unknown, opts?: unknown) => imported.Server) & Record<string, unknown>;
  assert.equal(typeof io, "function");
  assert.equal(io.length, 2);
  assert.deepEqual(Object.keys(io), ["Server", "Namespace", "Socket"]);
  assert.equal(io().constructor, Server);
  assert.equal(io({ path: "/x" }).path(), "/x");
});

test("the ES module has the same three classes and no default", async () => {
  const cjs = require("socket.io") as Record<string, unknown>;
  const esm = (await import("socket.io")) as Record<string, unknown>;
  assert.deepEqual(Object.keys(esm).sort(), ["Namespace", "Server", "Socket"]);
  for (const [name, value] of Object.entries(esm)) assert.equal(value, cjs[name]);
});

test("without an HTTP server nothing is attached", () => {
  for (const io of [
    new Server(),
    new Server({ path: "/x" }),
    new Server(undefined, {}),
    new Server(null as never, {}),
  ]) {
    assert.equal(io.engine, undefined);
    assert.equal(io.httpServer, undefined);
  }
});

test("a function is refused with the known message", () => {
  const app = (() => {}) as never;
  const expected = {
    message:
      "You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.",
  };
  assert.throws(() => new Server(app), expected);
  assert.throws(() => new Server().attach(app), expected);
  assert.throws(() => new Server().listen(app), expected);
});

test("other things than servers are type errors", () => {
  for (const junk of [undefined, null, {}, "", "a", { listen: true }]) {
    assert.throws(() => new Server().attach(junk as never), {
      name: "TypeError",
      message:
        /^attach\(\) takes a server of node:http, https or http2, or a port, and not (null|this (undefined|string|object))$/,
    });
  }
});

test("options are read back by methods; the path loses one trailing slash", () => {
  const io = new Server({ path: "/chat/", connectTimeout: 5, serveClient: false });
  assert.equal(io.path(), "/chat");
  assert.equal(io.connectTimeout(), 5);
  assert.equal(io.serveClient(), false);
  assert.equal(io.adapter(), Adapter);
  assert.equal(io.path("/a/"), io);
  assert.equal(io.connectTimeout(7), io);
  assert.equal(io.serveClient(true), io);
  assert.deepEqual([io.path(), io.connectTimeout(), io.serveClient()], ["/a", 7, true]);
  const defaults = new Server();
  assert.deepEqual([defaults.path(), defaults.connectTimeout(), defaults.serveClient()], ["/socket.io", 45_000, true]);
});

test("options stay what the caller gave, under the names that adapters read", () => {
  const options = { path: "/x", unknown: 1 } as Partial<imported.ServerOptions>;
  const io = new Server(options);
  assert.equal(io["opts"], options);
  assert.equal(io._opts, options);
  assert.deepEqual(options, { path: "/x", unknown: 1 });
});

test("an adapter may be a class, a function or an arrow function", () => {
  class MyAdapter extends Adapter {}
  for (const adapter of [
    MyAdapter,
    function (nsp: unknown) {
      return new MyAdapter(nsp);
    },
    (nsp: unknown) => new MyAdapter(nsp),
  ]) {
    const io = new Server({ adapter: adapter as typeof Adapter });
    assert.ok(io.of("/").adapter instanceof MyAdapter);
    assert.equal(io.of("/").adapter.nsp, io.of("/"));
  }
});

test("setting the adapter makes new ones for all namespaces, and each is started", () => {
  let started = 0;
  class MyAdapter extends Adapter {
    override init(): Promise<void> {
      started++;
      return Promise.reject(new Error("only logged"));
    }
  }
  const io = new Server();
  io.of("/a");
  assert.equal(io.adapter(MyAdapter), io);
  assert.ok(io.of("/").adapter instanceof MyAdapter);
  assert.ok(io.of("/a").adapter instanceof MyAdapter);
  assert.equal(started, 2);
  io.of("/b");
  assert.equal(started, 3);
});

test("bind listens to any engine and keeps it", async () => {
  const { io, engine } = serve();
  assert.equal(io.engine, engine as never);
  assert.equal(io.httpServer, undefined);
  const second = new FakeEngine();
  assert.equal(io.bind(second as never), io);
  assert.equal(io.engine, second as never);
  await engine.connect().join();
  await second.connect().join();
  assert.equal(io.sockets.sockets.size, 2);
});

test("a port makes an HTTP server of our own, which answers 404 to other requests", async () => {
  for (const port of [0, "0"]) {
    const io = new Server(port as number);
    const http = io.httpServer as HttpServer;
    if (!http.listening) await once(http, "listening");
    const [response] = await once(httpGet({ port: portOf(http), path: "/elsewhere", agent: false }), "response");
    assert.equal(response.statusCode, 404);
    response.resume();
    await io.close();
    assert.equal(http.listening, false);
  }
});

test("closing a server attached to an HTTP server closes it, then calls back, then resolves", async () => {
  const http = createServer();
  const io = new Server(http);
  assert.equal(io.httpServer, http);
  await listen(http);
  const log: string[] = [];
  http.on("close", () => log.push("http"));
  await io.close((error) => log.push(`callback ${String(error)}`));
  log.push("promise");
  assert.deepEqual(log, ["http", "callback undefined", "promise"]);
});

test("closing twice, or before listening, gives the callback an error and resolves", async () => {
  const io = new Server(createServer());
  for (let i = 0; i < 2; i++) {
    let code: string | undefined;
    await io.close((error) => {
      code = (error as NodeJS.ErrnoException).code;
    });
    assert.equal(code, "ERR_SERVER_NOT_RUNNING");
  }
});

test("attach may be called several times, and engine and httpServer are the last", async () => {
  const io = new Server();
  const [first, second] = [createServer(), createServer()];
  assert.equal(io.attach(first), io);
  const { engine } = io;
  assert.equal(io.listen(second), io);
  assert.notEqual(io.engine, engine);
  assert.equal(io.httpServer, second);
  await io.close();
  engine.close();
});

test("close ends the sessions of all engines that were attached or bound", async () => {
  const { io, engine } = serve();
  const second = new FakeEngine();
  io.bind(second);
  const peers = [engine.connect(), second.connect()];
  for (const peer of peers) await peer.join();
  await io.close();
  assert.deepEqual(
    peers.map((peer) => peer.readyState),
    ["closed", "closed"],
  );
  // Those of the past are forgotten, the last one may be in use again.
  await io.close();
  assert.deepEqual([engine.closed, second.closed], [1, 2]);
});

test("close while it is closing, and a callback that throws or rejects, reject nothing", async () => {
  const http = createServer();
  await listen(http);
  const io = new Server(http);
  const reports: unknown[] = [];
  io.on("listener_error", (error, socket, event) => reports.push([(error as Error).message, socket, event]));
  const codes: unknown[] = [];
  const remember = (error?: NodeJS.ErrnoException): void => void codes.push(error?.code);
  await Promise.all([io.close(remember), io.close(remember)]);
  assert.deepEqual(new Set(codes), new Set(["ERR_SERVER_NOT_RUNNING", undefined]));
  await io.close(() => {
    throw new Error("thrown");
  });
  // oxlint-disable-next-line typescript/no-misused-promises -- what the test is about
  await io.close(async () => {
    throw new Error("rejected");
  });
  await ticks();
  assert.deepEqual(reports, [
    ["thrown", undefined, "close"],
    ["rejected", undefined, "close"],
  ]);
});

test("after close the HTTP server may listen again, and others may be attached", async (t) => {
  const io = new Server();
  t.after(() => io.close());
  const first = createServer((_req, res) => res.end("elsewhere"));
  for (const http of [first, first, createServer((_req, res) => res.end("elsewhere"))]) {
    if (io.httpServer !== http) io.attach(http);
    const port = await listen(http);
    const peer = await new RawWebSocket(port).opened();
    peer.send("40");
    assert.match(String((await peer.receive(2))[1]), /^40\{"sid"/);
    const [response] = await once(httpGet({ port, path: "/elsewhere", agent: false }), "response");
    assert.equal(response.statusCode, 200);
    response.resume();
    await io.close((error) => assert.equal(error, undefined));
    assert.match(String((await peer.receive(1))[0]), /^closed/);
    assert.equal(http.listening, false);
  }
});

test("options of the constructor win over those given to attach", () => {
  const io = new Server({ pingInterval: 1234 });
  io.attach(createServer(), { pingInterval: 1, pingTimeout: 567 });
  const { opts } = io.engine as unknown as { opts: { pingInterval: number; pingTimeout: number } };
  assert.deepEqual([opts.pingInterval, opts.pingTimeout], [1234, 567]);
  io.engine.close();
});

test("what is old or was never there stays absent", () => {
  const io = new Server() as unknown as Record<string, unknown>;
  for (const name of ["set", "origins", "clients"]) assert.equal(io[name], undefined);
  const nsp = new Server().of("/") as unknown as Record<string, unknown>;
  for (const name of ["connected", "clients"]) assert.equal(nsp[name], undefined);
});

test("tracing tools find the classes in files of their own", () => {
  const folder = require.resolve("socket.io/package.json").replace("package.json", "dist/");
  assert.equal((require(`${folder}socket.js`) as { Socket: unknown }).Socket, imported.Socket);
  const { BroadcastOperator, RemoteSocket } = require(`${folder}broadcast-operator.js`) as Record<string, unknown>;
  assert.equal(new Server().to("x").constructor, BroadcastOperator);
  assert.equal(typeof RemoteSocket, "function");
  assert.equal(
    typeof (require(`${folder}typed-events.js`) as Record<string, unknown>)["StrictEventEmitter"],
    "function",
  );
});
