import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { Namespace } from "socket.io";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Stage } from "../stage.ts";

/** All that an EventEmitter offers to users. */
const REDIRECTED = [
  "setMaxListeners",
  "getMaxListeners",
  "emit",
  "addListener",
  "on",
  "prependListener",
  "once",
  "prependOnceListener",
  "removeListener",
  "off",
  "removeAllListeners",
  "listeners",
  "rawListeners",
  "listenerCount",
  "eventNames",
] as const;

/** What can be read of a server. */
export const properties: Behaviours = {
  "the server is an EventEmitter whose methods hand on to the main namespace and return what that returns": (stage) => {
    const io = stage.create();
    assert.ok(io instanceof EventEmitter);
    for (const name of REDIRECTED) {
      const answer = {};
      const calls: unknown[][] = [];
      Object.defineProperty(io.sockets, name, {
        configurable: true,
        value(this: unknown, ...args: unknown[]) {
          assert.equal(this, io.sockets);
          calls.push(args);
          return answer;
        },
      });
      assert.equal(insides(io)[name]("a", 2, "three"), answer, name);
      assert.deepEqual(calls, [["a", 2, "three"]], name);
    }
  },

  "on and its relatives return the namespace, not the server": (stage) => {
    const io = stage.create();
    const listener = (): void => {};
    for (const name of ["on", "addListener", "once", "prependListener", "prependOnceListener", "off"]) {
      assert.equal(insides(io)[name]("x", listener), io.sockets, name);
    }
    assert.equal(io.removeAllListeners("x"), io.sockets);
    assert.equal(io.setMaxListeners(3), io.sockets);
    assert.equal(io.sockets.getMaxListeners(), 3);
    io.on("connection", listener);
    assert.deepEqual([io.listenerCount("connection"), io.eventNames()], [1, ["connection"]]);
    assert.deepEqual(io.sockets.listeners("connection"), [listener]);
  },

  "sockets is the namespace /, a property of the server's own that can be written": (stage) => {
    const io = stage.create();
    assert.equal(io.sockets, io.of("/"));
    const { writable } = Object.getOwnPropertyDescriptor(io, "sockets")!;
    assert.equal(writable, true);
  },

  "once sockets is another namespace, all methods of the server are that one's": async (stage) => {
    const io = await stage.serve();
    const other = io.of("/other");
    insides(io).sockets = other;
    const listener = (): void => {};
    assert.equal(io.on("connection", listener), other);
    assert.deepEqual(other.listeners("connection"), [listener]);
    assert.equal(io.of("/").listenerCount("connection"), 0);
    const main = await stage.join(io.of("/"));
    const { peer } = await stage.join(other);
    io.emit("hi");
    io.to("nowhere").emit("unheard");
    io.except("nowhere").emit("ho");
    assert.deepEqual(await peer.receive(2), ['2/other,["hi"]', '2/other,["ho"]']);
    assert.deepEqual(await main.peer.sofar(), []);
  },

  "engine and httpServer are undefined until something is attached, and then the last that was": async (stage) => {
    const io = stage.create();
    assert.deepEqual([io.engine, io.httpServer, insides(io).eio], [undefined, undefined, undefined]);
    const [first, second] = [await stage.http(), await stage.http()];
    io.attach(first);
    const { engine } = io;
    stage.defer(() => engine.close());
    assert.equal(engine.constructor.name, "Server");
    assert.ok(engine instanceof stage.cell.engine.Server);
    assert.equal(insides(io).eio, engine);
    assert.equal(io.httpServer, first);
    io.attach(second);
    assert.notEqual(io.engine, engine);
    assert.equal(insides(io).eio, io.engine);
    assert.equal(io.httpServer, second);
  },

  "bind sets the engine, and neither httpServer nor eio": (stage) => {
    const io = stage.create();
    const engine = new stage.cell.engine.Server();
    io.bind(engine);
    assert.equal(io.engine, engine);
    assert.deepEqual([io.httpServer, insides(io).eio], [undefined, undefined]);
  },

  "_nsps holds the namespaces by their names, dynamic ones too, but no parents": async (stage) => {
    const io = await stage.serve();
    assert.deepEqual([...io._nsps.keys()], ["/"]);
    const admin = io.of("/admin");
    io.of(/^\/dyn-/);
    await stage.join(io, undefined, await joined(stage, "/dyn-1"));
    assert.ok(io._nsps instanceof Map);
    assert.deepEqual([...io._nsps.keys()], ["/", "/admin", "/dyn-1"]);
    assert.equal(io._nsps.get("/"), io.sockets);
    assert.equal(io._nsps.get("/admin"), admin);
  },

  "the parents are kept by their functions and by their regular expressions": (stage) => {
    const io = stage.create();
    const matcher = (_name: string, _auth: object, next: (error: null, allow: boolean) => void): void =>
      next(null, true);
    const regex = /^\/x$/;
    const [byFunction, byRegex] = [io.of(matcher), io.of(regex)];
    const { parentNsps, parentNamespacesFromRegExp } = insides(io) as Record<string, Map<unknown, Namespace>>;
    assert.equal(parentNsps!.get(matcher), byFunction);
    assert.deepEqual([...parentNsps!.values()], [byFunction, byRegex]);
    assert.deepEqual([...parentNamespacesFromRegExp!], [[regex, byRegex]]);
  },

  "opts and _opts are the options of the constructor, under the names that adapters read": (stage) => {
    const options = { path: "/x", connectTimeout: 3 };
    for (const io of [stage.create(options), stage.create(createServer(), options)]) {
      assert.equal(insides(io).opts, options);
      assert.equal(io._opts, options);
      assert.equal(insides(io).opts.connectionStateRecovery, undefined);
    }
    assert.equal(typeof insides(stage.create()).opts, "object");
  },

  "opts holds the settings of recovery, with their defaults, where it is on": (stage) => {
    const { maxDisconnectionDuration, skipMiddlewares } = insides(
      stage.create({ connectionStateRecovery: { skipMiddlewares: false } }),
    ).opts.connectionStateRecovery;
    assert.deepEqual([maxDisconnectionDuration, skipMiddlewares], [120_000, false]);
  },

  "_parser is the module of the parser, encoder an Encoder of it": (stage) => {
    const io = stage.create();
    const { Encoder, Decoder, protocol } = stage.cell.parser;
    assert.equal(io._parser.Encoder, Encoder);
    assert.equal(io._parser.Decoder, Decoder);
    assert.equal(io._parser.protocol, protocol);
    assert.ok(io.encoder instanceof Encoder);
    assert.equal(io.sockets.server.encoder, io.encoder);
  },

  "the settings are kept under the known names": (stage) => {
    const io = stage.create({ path: "/x", connectTimeout: 3, serveClient: false });
    const { _adapter, _serveClient, _path, _connectTimeout } = insides(io);
    assert.deepEqual([_adapter, _serveClient, _path, _connectTimeout], [stage.cell.adapter.Adapter, false, "/x", 3]);
  },

  "the middleware of the cors option is kept under a known name": (stage) => {
    const io = stage.create(createServer(), { cors: { origin: "*" } });
    assert.equal(typeof insides(io)._corsMiddleware, "function");
    assert.equal(insides(stage.create())._corsMiddleware, undefined);
  },
};

async function joined(stage: Stage, nsp: string): ReturnType<Stage["peer"]> {
  const peer = await stage.peer();
  await peer.join(nsp);
  return peer;
}
