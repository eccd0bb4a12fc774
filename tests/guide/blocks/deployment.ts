import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock } from "node:test";
import type { Server, Socket } from "socket.io";
import { portOf } from "../../support/listening.ts";
import { http } from "../../support/raw-peer.js";
import { freePort } from "./client-api.js";
import { Observed } from "./observed.js";
import type { BlockPlan } from "./plan.js";

export const deployment: readonly BlockPlan[] = [
  {
    number: 43,
    hash: "a450505e",
    heading: "The Socket.IO codebase has been rewritten to TypeScript",
    kind: "example",
    ways: ["TypeScript"],
    shows: "it compiles with our types, as an ES and as a CommonJS module, and prints who comes and goes",
    inNode: async (bench) => {
      for (const kind of ["mts", "cts"] as const) {
        const file = await bench.compile(freePort(bench.code), kind, ["io"]);
        const { io } = await bench.load<{ io: Server }>(file);
        bench.adopt(io);
        await bench.stage.event(io.httpServer, "listening");
        const log = mock.method(console, "log", () => {});
        try {
          const connection = bench.stage.event<[Socket]>(io, "connection");
          const client = bench.stage.client("/", { port: portOf(io.httpServer) });
          const [socket] = await connection;
          await bench.stage.connected(client);
          const end = bench.stage.event(socket, "disconnect");
          client.disconnect();
          await end;
          const printed = log.mock.calls.map(({ arguments: [text] }) => text as unknown);
          assert.deepEqual(printed, [`connect ${socket.id}`, `disconnect ${socket.id}`]);
        } finally {
          log.mock.restore();
        }
      }
    },
  },
  {
    number: 44,
    hash: "2aa482c2",
    heading: "The Socket.IO codebase has been rewritten to TypeScript",
    kind: "example",
    ways: ["TypeScript", "Chromium"],
    shows: "it compiles with our types, and in a page it prints its id",
    inChromium: async (bench) => {
      const io = await bench.stage.serve();
      const connection = bench.stage.event<[Socket]>(io, "connection");
      const script = readFileSync(await bench.compile(bench.code, "mts", ["socket"]), "utf8");
      const { page, printed } = await bench.moduleScript(io.httpServer, script, ["socket"]);
      const [socket] = await connection;
      await page.waitForFunction("given.socket.connected");
      assert.deepEqual(printed, [`connect ${socket.id}`]);
    },
  },
  {
    number: 45,
    hash: "c3b4d610",
    heading: "How to upgrade an existing production deployment",
    kind: "example",
    ways: ["CommonJS"],
    shows: "a client of 2.5.0 and one of today connect",
    inNode: async (bench) => {
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, {}, ["io"]);
      const httpServer = await bench.httpServer();
      bench.adopt(io).attach(httpServer);
      const port = portOf(httpServer);
      await bench.stage.connected(bench.client2(port), bench.stage.client("/", { port }));
      assert.equal(io.sockets.sockets.size, 2);
    },
  },
  {
    number: 46,
    hash: "f5588de0",
    heading: "How to upgrade an existing production deployment",
    kind: "example",
    ways: ["CommonJS"],
    shows: "what the listener reads is 3 for a client of 2.5.0 and 4 for one of today, as EIO in their requests",
    inNode: async (bench) => {
      const io = await bench.stage.serve({ allowEIO3: true });
      const seen = new Observed();
      await bench.commonJs(bench.code, { io: seen.watch(io, "io") });
      const versions: unknown[] = [];
      io.on("connection", ({ conn, handshake }) => versions.push([conn.protocol, handshake.query["EIO"]]));
      await bench.stage.connected(bench.client2(bench.stage.port));
      await bench.stage.connected(bench.stage.client());
      assert.deepEqual(versions, [
        [3, "3"],
        [4, "4"],
      ]);
      assert.equal(seen.reads.filter((name) => name === "socket.conn.protocol").length, 2);
    },
  },
  {
    number: 47,
    hash: "ba94d98c",
    heading: "How to upgrade an existing production deployment",
    kind: "example",
    ways: ["CommonJS"],
    shows: "the request of a client of 2.5.0 gets 400 and the text; a client of today connects",
    inNode: async (bench) => {
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, {}, ["io"]);
      const httpServer = await bench.httpServer();
      bench.adopt(io).attach(httpServer);
      const port = portOf(httpServer);
      const { status, body } = await http(port, "GET", "/socket.io/?EIO=3&transport=polling");
      assert.equal(status, 400);
      assert.equal((JSON.parse(body) as { message: string }).message, "Unsupported protocol version");
      await bench.stage.event(bench.client2(port, "polling"), "connect_error");
      await bench.stage.connected(bench.stage.client("/", { port }));
    },
  },
  {
    number: 48,
    hash: "b4e5b515",
    heading: "Known migration issues",
    kind: "text",
    ways: [],
    shows: "an error message of Node.js 8, no code",
  },
  {
    number: 49,
    hash: "77b09256",
    heading: "Known migration issues",
    kind: "text",
    ways: [],
    shows: "a compiler's message about 3.0.0, no code",
  },
  {
    number: 50,
    hash: "04060fab",
    heading: "Known migration issues",
    kind: "example",
    ways: ["CommonJS"],
    shows: "a message of 3 MB arrives",
    inNode: async (bench) => {
      const httpServer = await bench.httpServer();
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, { httpServer }, ["io"]);
      bench.adopt(io);
      const arrival = new Promise<string>((resolve) => {
        io.on("connection", (socket) => socket.on("big", resolve));
      });
      const client = bench.stage.client("/", { port: portOf(httpServer) });
      client.emit("big", "x".repeat(3e6));
      assert.equal((await bench.stage.until("message", arrival)).length, 3e6);
      assert.equal(client.connected, true);
    },
  },
  {
    number: 51,
    hash: "203dca76",
    heading: "Known migration issues",
    kind: "example",
    ways: ["ES module"],
    shows: "that origin, and no other, is allowed, with credentials",
    inNode: async (bench) => {
      const front = "http://front.test";
      const code = otherHost(bench.code, "https://front.domain.com", front);
      const { io } = await bench.esModule<{ io: Server }>(code, ["io"]);
      const httpServer = await bench.httpServer();
      bench.adopt(io).attach(httpServer);
      for (const [origin, allowed] of [
        [front, front],
        ["http://elsewhere.test", undefined],
      ] as const) {
        const path = "/socket.io/?EIO=4&transport=polling";
        const { headers } = await http(portOf(httpServer), "GET", path, undefined, { origin });
        assert.equal(headers["access-control-allow-origin"], allowed);
        assert.equal(headers["access-control-allow-credentials"], "true");
      }
    },
  },
  {
    number: 52,
    hash: "ca91242c",
    heading: "Known migration issues",
    kind: "example",
    ways: ["ES module", "Chromium"],
    shows: "a page of another origin sends the server's cookie back",
    inChromium: async (bench) => {
      const front = await bench.httpServer();
      const cors = { origin: [`http://127.0.0.1:${portOf(front)}`], credentials: true };
      const io = await bench.stage.serve({ cors, cookie: true });
      const cookie = new Promise<string>((resolve) => {
        io.engine.on(
          "headers",
          (_, request) => request.headers.cookie === undefined || resolve(request.headers.cookie),
        );
      });
      const backend = `http://127.0.0.1:${bench.stage.port}`;
      const connection = bench.stage.event<[Socket]>(io, "connection");
      const code = otherHost(bench.code, "https://backend.domain.com", backend);
      bench.ways.add("ES module");
      await bench.moduleScript(front, code, ["socket"], backend);
      const [{ conn }] = await connection;
      assert.equal(await bench.stage.until("cookie", cookie), `io=${(conn as unknown as { id: string }).id}`);
    },
  },
];

/** The guide's host, exchanged for one of this machine. */
function otherHost(code: string, host: string, own: string): string {
  assert.ok(code.includes(host), "the guide's host");
  return code.replaceAll(host, own);
}
