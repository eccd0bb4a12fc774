import assert from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createSecure } from "node:https";
import { createServer as createHttp2, createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Server, ServerOptions } from "socket.io";
import { freePort } from "../../../support/free-port.ts";
import { http } from "../../../support/raw-peer.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

const REFUSAL =
  "You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.";

/** Forms of `new Server(…)`. */
export const construction: Behaviours = {
  "without arguments, or with options alone, nothing is attached": (stage) => {
    for (const args of [[], [{}], [{ path: "/x" }], [{ path: "/x", listen: false }]]) {
      const io = stage.create(...(args as []));
      assert.deepEqual([io.engine, io.httpServer, insides(io).eio], [undefined, undefined, undefined]);
      assert.equal(io.path(), args.length === 1 && "path" in args[0]! ? "/x" : "/socket.io");
    }
  },

  "without a server but with options, the options hold and nothing is attached": (stage) => {
    for (const nothing of [undefined, null]) {
      const io = stage.create(nothing as undefined, { path: "/x", connectTimeout: 7 });
      assert.deepEqual([io.engine, io.httpServer, insides(io).eio], [undefined, undefined, undefined]);
      assert.deepEqual([io.path(), io.connectTimeout()], ["/x", 7]);
    }
  },

  "an HTTP server of any kind is attached at once": async (stage) => {
    const kinds = [createServer(), createSecure(), createHttp2(), createSecureServer()];
    for (const server of kinds) {
      const io = stage.create(server, { path: "/x" });
      assert.equal(io.httpServer, server);
      assert.ok(io.engine);
      assert.equal(server.listenerCount("upgrade"), 1);
    }
    const io = await stage.serve({ path: "/x" });
    const peer = await stage.peer("", stage.port(), "/x/");
    await stage.join(io, undefined, peer);
  },

  "whatever has a truthy `listen` is taken for a server": (stage) => {
    const like = Object.assign(createServer(), { listen: true }) as unknown as HttpServer;
    assert.equal(stage.create(like).httpServer, like);
  },

  "a port, 0 included, makes an HTTP server that listens everywhere and answers 404 to all else": async (stage) => {
    for (const port of [0, "0", "0x0", " 0 "] as number[]) {
      const io = stage.create(port);
      const server = io.httpServer as HttpServer;
      if (!server.listening) await stage.event(server, "listening");
      const { address, port: chosen } = server.address() as AddressInfo;
      assert.ok(["::", "0.0.0.0"].includes(address), address);
      const { status, body } = await http(chosen, "GET", "/elsewhere");
      assert.deepEqual([status, body], [404, ""]);
      await stage.join(io);
    }
  },

  "the number of the port is the one that is listened on": async (stage) => {
    const free = await freePort();
    const io = stage.create(String(free) as unknown as number, { path: "/x" });
    const server = io.httpServer as HttpServer;
    if (!server.listening) await stage.event(server, "listening");
    assert.equal(stage.port(server), free);
    assert.equal(io.path(), "/x");
  },

  "a function is refused by the constructor, by attach and by listen, with words that help": (stage) => {
    const app = (() => {}) as unknown as HttpServer;
    const io = stage.create();
    for (const pass of [() => new stage.library.Server(app), () => io.attach(app), () => io.listen(app)]) {
      assert.throws(pass, (error: Error) => error.constructor === Error && error.message === REFUSAL);
    }
  },

  "what is no server at all is a type error": (stage) => {
    const io = stage.create();
    for (const junk of [undefined, {}] as HttpServer[]) {
      assert.throws(() => io.attach(junk), TypeError);
      assert.throws(() => io.listen(junk), TypeError);
    }
  },

  "the adapter of / is built by the constructor, after the settings and before the engine": async (stage) => {
    let seen: Record<string, unknown> = {};
    let server: Server | undefined;
    class Watching extends stage.cell.adapter.Adapter {
      constructor(nsp: { server: Server; name: string }) {
        super(nsp);
        server = nsp.server;
        seen = {
          name: nsp.name,
          path: server.path(),
          connectTimeout: server.connectTimeout(),
          serveClient: server.serveClient(),
          Decoder: server._parser.Decoder,
          isEncoder: server.encoder instanceof stage.cell.parser.Encoder,
          options: insides(server).opts,
          adapter: server.adapter(),
          sockets: server.sockets,
          engine: server.engine,
          httpServer: server.httpServer,
        };
      }
    }
    const options = { path: "/x", connectTimeout: 5, serveClient: false, adapter: Watching } as Partial<ServerOptions>;
    const io = stage.create(await stage.http(), options);
    assert.equal(server, io);
    assert.deepEqual(seen, {
      name: "/",
      path: "/x",
      connectTimeout: 5,
      serveClient: false,
      Decoder: stage.cell.parser.Decoder,
      isEncoder: true,
      options,
      adapter: Watching,
      sockets: undefined,
      engine: undefined,
      httpServer: undefined,
    });
    assert.equal(seen["options"], options);
    assert.ok(io.engine);
  },

  "options that the server does not know are ignored": async (stage) => {
    const io = await stage.serve({ forceJSONP: true, log: true } as Partial<ServerOptions>);
    await stage.join(io);
  },

  "options of the constructor win over those given to attach, which win over the defaults": async (stage) => {
    const io = stage.create({ pingInterval: 1234, path: "/x/" });
    io.attach(await stage.http(), { pingInterval: 1, pingTimeout: 567, path: "/y" });
    const peer = await stage.peer("", stage.port(), "/x/");
    const { pingInterval, pingTimeout } = peer.opened as unknown as Record<string, number>;
    assert.deepEqual([pingInterval, pingTimeout], [1234, 567]);
  },
};
