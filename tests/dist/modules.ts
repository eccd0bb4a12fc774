import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { packages } from "../../tools/packages.ts";
import { consumer } from "./consumer.ts";

/** What upstream's users import (rows S-1, S-2, C-1 to C-4, E-1, E-2, E-67, E-93, A-1, A-15), and what our own packages share. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "socket.io": ["Namespace", "Server", "Socket"],
  "socket.io-client": [
    ...["Fetch", "Manager", "NodeWebSocket", "NodeXHR", "Socket", "WebSocket", "WebTransport", "XHR"],
    ...["connect", "default", "io", "protocol"],
  ],
  "engine.io": ["Server", "Socket", "Transport", "attach", "listen", "parser", "protocol", "transports"],
  "engine.io-client": [
    ...[
      "Fetch",
      "NodeWebSocket",
      "NodeXHR",
      "Socket",
      "Transport",
      "TransportError",
      "WebSocket",
      "WebTransport",
      "XHR",
    ],
    ...["installTimerFunctions", "nextTick", "parse", "protocol", "transports"],
  ],
  "engine.io-parser": [
    ...["createPacketDecoderStream", "createPacketEncoderStream", "decodePacket", "decodePayload"],
    ...["encodePacket", "encodePayload", "protocol"],
  ],
  "socket.io-parser": ["Decoder", "Encoder", "PacketType", "isPacketValid", "protocol"],
  "socket.io-msgpack-parser": ["Decoder", "Encoder", "PacketType", "protocol"],
  "socket.io-adapter": [
    "Adapter",
    "ClusterAdapter",
    "ClusterAdapterWithHeartbeat",
    "MessageType",
    "SessionAwareAdapter",
  ],
  "socket.io-redis": [
    "RedisAdapter",
    "createAdapter",
    "createSessionBus",
    "createShardedAdapter",
    "createStreamsAdapter",
  ],
};

const SUBPATHS = [
  "socket.io/cluster",
  "socket.io-client/debug",
  "engine.io-client/debug",
  "engine.io-parser/session",
  "engine.io-parser/emitter",
  "engine.io-parser/v3",
  "engine.io-parser/websocket",
  "socket.io-parser/acks",
  "socket.io-parser/events",
];

interface Loaded {
  imported: string[];
  functions: string[];
  different: string[];
}

async function load(specifier: string): Promise<Loaded> {
  const app = await consumer();
  const file = `load-${specifier.replaceAll("/", "-")}.cjs`;
  return (await app.run(
    file,
    `const required = require(${JSON.stringify(specifier)});
     import(${JSON.stringify(specifier)}).then((module) => {
       const imported = Object.keys(module).filter((name) => name !== "module.exports").sort();
       const functions = imported.filter((name) => typeof module[name] === "function");
       const counterpart = (name) => name === "default" ? required : required[name];
       // The CommonJS value of socket.io-client lacks names that its types list (row C-1); there is nothing to compare then.
       const different = functions.filter((name) => counterpart(name) !== undefined && counterpart(name) !== module[name]);
       console.log(JSON.stringify({ imported, functions, different }));
     });`,
  )) as Loaded;
}

describe("modules of the installed packages", () => {
  for (const [name, expected] of Object.entries(NAMES)) {
    test(`${name} can be imported with the names that its users know`, async () => {
      const { imported } = await load(name);
      const missing = expected.filter((wanted) => !imported.includes(wanted));
      assert.deepEqual(missing, []);
    });
  }

  for (const name of ["socket.io", "socket.io-client"]) {
    test(`${name} has no other names by import`, async () => {
      assert.deepEqual((await load(name)).imported, NAMES[name]);
    });
  }

  for (const specifier of [...Object.keys(NAMES), ...SUBPATHS]) {
    test(`${specifier} gives the same instance of every class by import and by require`, async () => {
      const { functions, different } = await load(specifier);
      if (specifier !== "socket.io-parser/events") assert.ok(functions.length > 0, "it has classes or functions");
      assert.deepEqual(different, []);
    });
  }

  test("the table above has every package that carries code", () => {
    const withCode = packages.filter((pkg) => pkg.kind !== "manifest").map((pkg) => pkg.name);
    assert.deepEqual(Object.keys(NAMES).toSorted(), withCode.toSorted());
  });

  test("the ES classes of server and clients are those of the CommonJS build in one program that uses all", async () => {
    const app = await consumer();
    const printed = await app.run(
      "all.mjs",
      `import { createRequire } from "node:module";
       import { Server, Namespace, Socket } from "socket.io";
       import io, { io as named, Manager, Socket as ClientSocket } from "socket.io-client";
       import { Server as Engine } from "engine.io";
       import { Socket as EngineClient } from "engine.io-client";
       import { Adapter } from "socket.io-adapter";
       import { Decoder } from "socket.io-parser";
       const require = createRequire(import.meta.url);
       const server = require("socket.io"), client = require("socket.io-client");
       console.log(JSON.stringify([
         server.Server === Server, server.Namespace === Namespace, server.Socket === Socket,
         client === io, client.io === named, io === named, client.Manager === Manager, client.Socket === ClientSocket,
         require("engine.io").Server === Engine, require("engine.io-client").Socket === EngineClient,
         require("socket.io-adapter").Adapter === Adapter, require("socket.io-parser").Decoder === Decoder,
       ]));`,
    );
    assert.deepEqual(
      printed,
      Array.from({ length: 12 }, () => true),
    );
  });

  test("require('socket.io') is a function of a server and options that makes a Server", async () => {
    const app = await consumer();
    const printed = await app.run(
      "legacy-call.cjs",
      `const http = require("node:http");
       const sio = require("socket.io");
       const httpServer = http.createServer();
       const io = sio(httpServer, { path: "/chat" });
       const { Server } = require("socket.io");
       console.log(JSON.stringify({
         keys: Object.keys(sio).sort(), length: sio.length, esModule: "__esModule" in sio,
         server: io instanceof Server, path: io.path(), attached: io.httpServer === httpServer,
       }));
       io.close();`,
    );
    assert.deepEqual(printed, {
      keys: ["Namespace", "Server", "Socket"],
      length: 2,
      esModule: false,
      server: true,
      path: "/chat",
      attached: true,
    });
  });

  test("require('socket.io-client') is io itself, with Manager, Socket, io and connect as its only keys", async () => {
    const app = await consumer();
    const printed = await app.run(
      "client-value.cjs",
      `const io = require("socket.io-client");
       console.log(JSON.stringify({
         keys: Object.keys(io).sort(), io: io.io === io, connect: io.connect === io,
         esModule: "__esModule" in io, withDefault: "default" in io,
       }));`,
    );
    assert.deepEqual(printed, {
      keys: ["Manager", "Socket", "connect", "io"],
      io: true,
      connect: true,
      esModule: false,
      withDefault: false,
    });
  });

  test("a server and a client from the tarballs talk to each other, one by require and one by import", async () => {
    const app = await consumer();
    app.write(
      "server.cjs",
      `const { createServer } = require("node:http");
       const { Server } = require("socket.io");
       const httpServer = createServer();
       const io = new Server(httpServer);
       io.on("connection", (socket) => socket.on("add", (a, b, done) => done(a + b)));
       exports.start = () => new Promise((resolve) => httpServer.listen(0, "127.0.0.1", () => resolve({ io, port: httpServer.address().port })));`,
    );
    const printed = await app.run(
      "talk.mjs",
      `import server from "./server.cjs";
       import { io as connect } from "socket.io-client";
       const { io, port } = await server.start();
       const client = connect("http://127.0.0.1:" + port);
       const sum = await client.timeout(10_000).emitWithAck("add", 1, 2);
       client.close();
       await io.close();
       console.log(JSON.stringify(sum));`,
    );
    assert.equal(printed, 3);
  });
});
