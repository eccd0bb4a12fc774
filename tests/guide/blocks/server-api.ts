import assert from "node:assert/strict";
import { inspect } from "node:util";
import { mock } from "node:test";
import type { Server, Socket } from "socket.io";
import { Adapter, type Room, type SocketId } from "socket.io-adapter";
import type { Socket as ClientSocket } from "socket.io-client";
import type { Stage } from "../../interop/stage.js";
import { portOf } from "../../support/listening.ts";
import * as lines from "../support/lines-parser.js";
import type { Bench } from "./bench.js";
import { Observed } from "./observed.js";
import type { BlockPlan } from "./plan.js";

/** What a snippet prints, as it stood at that moment. */
export function printer(): { console: { log(...values: unknown[]): void }; printed: string[] } {
  const printed: string[] = [];
  return { printed, console: { log: (...values) => printed.push(values.map((value) => inspect(value)).join(" ")) } };
}

/** Names of the events that reach a client until it has heard of everything that was sent before now. */
export async function heard(
  stage: Stage,
  clients: ClientSocket[],
  io: Server,
  act: () => unknown,
): Promise<string[][]> {
  const logs = clients.map((client) => {
    const log: string[] = [];
    client.onAny((name: string) => name === "fence" || log.push(name));
    return log;
  });
  const fences = clients.map((client) => stage.event(client, "fence"));
  await act();
  io.emit("fence");
  await Promise.all(fences);
  return logs;
}

export const serverApi: readonly BlockPlan[] = [
  {
    number: 5,
    hash: "05cd8abd",
    heading: "io.set() is removed",
    kind: "before",
    ways: ["CommonJS"],
    shows: "`io.set` is not a function",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      await assert.rejects(bench.commonJs(bench.code, { io }), /^TypeError: io\.set is not a function/);
    },
  },
  {
    number: 6,
    hash: "d801161f",
    heading: "io.set() is removed",
    kind: "after",
    ways: ["CommonJS"],
    shows: "the middleware runs once for a client, finds its request, and lets it in",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const seen = new Observed();
      await bench.commonJs(bench.code, { io: seen.watch(io, "io") });
      const { server } = await bench.stage.pair(io);
      assert.deepEqual(seen.runs, ["io.use()"]);
      assert.ok(seen.reads.includes("socket.request"));
      assert.match(server.request.url ?? "", /EIO=4/);
    },
  },
  {
    number: 7,
    hash: "dcdb3953",
    heading: "No more implicit connection to the default namespace",
    kind: "example",
    ways: ["CommonJS", "Chromium"],
    shows: "of the three listeners only the middleware of /admin is triggered",
    inChromium: async (bench) => {
      const [clientSide, serverSide] = bench.parts(2) as [string, string];
      const io = await bench.stage.serve();
      const seen = new Observed();
      await bench.commonJs(serverSide, { io: seen.watch(io, "io") });
      await bench.script(io.httpServer, clientSide);
      await bench.stage.until("middleware of /admin", seen.ran("io.of(/admin).use()"));
      assert.deepEqual(seen.calls, ["io.use()", "io.on(connection)", "io.of(/admin)", "io.of(/admin).use()"]);
      assert.deepEqual(seen.runs, ["io.of(/admin).use()"]);
      assert.equal(io.sockets.sockets.size, 0);
    },
  },
  {
    number: 8,
    hash: "6210653a",
    heading: "Namespace.connected is renamed to Namespace.sockets and is now a Map",
    kind: "before",
    ways: ["CommonJS"],
    shows: "`connected` is undefined: three of the four parts throw, the loop has nothing to go through",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const { server } = await bench.stage.pair(io);
      const [inMain, inAdmin, loop, count] = bench.parts(4) as [string, string, string, string];
      const scope = { io, socketId: server.id };
      for (const code of [inMain, inAdmin, count]) await assert.rejects(bench.commonJs(code, scope), TypeError);
      const { sockets } = await bench.commonJs<{ sockets: unknown }>(loop, scope, ["sockets"]);
      assert.equal(sockets, undefined);
    },
  },
  {
    number: 9,
    hash: "14c25186",
    heading: "Namespace.connected is renamed to Namespace.sockets and is now a Map",
    kind: "after",
    ways: ["CommonJS"],
    shows: "each part gets at the socket, the sockets, their number",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const admin = io.of("/admin");
      const { client, server } = await bench.stage.pair(io);
      const adminClient = bench.stage.track(client.io.socket("/admin"));
      await bench.stage.connected(adminClient);
      const serverOfAdmin = bench.stage.serverHalf(io, adminClient);
      const [inMain, inAdmin, loop, count] = bench.parts(4) as [string, string, string, string];

      type Found = { socket: Socket };
      assert.equal((await bench.commonJs<Found>(inMain, { io, socketId: server.id }, ["socket"])).socket, server);
      const found = await bench.commonJs<Found>(inAdmin, { io, socketId: serverOfAdmin.id }, ["socket"]);
      assert.equal(found.socket, serverOfAdmin);
      assert.equal(admin.sockets.size, 1);

      const { sockets } = io.of("/");
      const walk = mock.method(sockets, Symbol.iterator);
      await bench.commonJs(loop, { io });
      assert.equal(walk.mock.callCount(), 1);
      walk.mock.restore();

      assert.equal((await bench.commonJs<{ count: number }>(count, { io }, ["count"])).count, 1);
      await bench.stage.pair(io);
      assert.equal((await bench.commonJs<{ count: number }>(count, { io }, ["count"])).count, 2);
    },
  },
  {
    number: 10,
    hash: "8c46a2e6",
    heading: "Socket.rooms is now a Set",
    kind: "before",
    ways: ["CommonJS"],
    shows: "a Set has no keys of its own: both lines print an empty list",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const { console, printed } = printer();
      await bench.commonJs(bench.code, { io, console });
      await bench.stage.pair(io);
      assert.deepEqual(printed, ["[]", "[]"]);
    },
  },
  {
    number: 11,
    hash: "0b2c05aa",
    heading: "Socket.rooms is now a Set",
    kind: "after",
    ways: ["CommonJS"],
    shows: "both lines print the Set that their comments promise",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const { console, printed } = printer();
      await bench.commonJs(bench.code, { io, console });
      const { server } = await bench.stage.pair(io);
      assert.deepEqual(printed, [inspect(new Set([server.id])), inspect(new Set([server.id, "room1"]))]);
    },
  },
  {
    number: 12,
    hash: "d3654db5",
    heading: "Socket.binary() is removed",
    kind: "before",
    ways: ["CommonJS"],
    shows: "neither the server's nor the client's socket has `binary`",
    inNode: async (bench) => {
      const { client, server } = await bench.stage.pair(await bench.stage.serve());
      for (const socket of [server, client]) {
        await assert.rejects(bench.commonJs(bench.code, { socket }), /^TypeError: socket\.binary is not a function/);
      }
    },
  },
  {
    number: 13,
    hash: "d231ff9a",
    heading: "Socket.binary() is removed",
    kind: "after",
    ways: ["CommonJS"],
    shows: "a client with the same parser is understood and answered, in the parser's bytes",
    inNode: async (bench) => {
      const httpServer = await bench.httpServer();
      const scope = { httpServer, myCustomParser: lines };
      const { io } = await bench.commonJs<{ io: Server }>(bench.code, scope, ["io"]);
      bench.adopt(io);
      io.on("connection", (socket) => socket.on("hello", (text, answer) => answer(`${text}, too`)));
      const client = bench.stage.client("/", { port: portOf(httpServer), parser: lines });
      const frames: string[] = [];
      await bench.stage.connected(client);
      client.io.engine.on("packet", ({ data }) => frames.push(String(data)));
      assert.equal(await client.timeout(5000).emitWithAck("hello", "no binary"), "no binary, too");
      assert.deepEqual(
        frames.map((frame) => frame.split("\n", 1)[0]),
        ["lines"],
      );
    },
  },
  {
    number: 14,
    hash: "a070c58a",
    heading: "Socket.join() and Socket.leave() are now synchronous",
    kind: "before",
    ways: ["CommonJS"],
    shows: "the socket joins and leaves, but the callbacks are never called",
    inNode: async (bench) => {
      const { stage } = bench;
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      void server.join("room2");
      const seen = new Observed();
      const [events] = await heard(stage, [client], io, () =>
        bench.commonJs(bench.code, { socket: seen.watch(server, "socket"), io: seen.watch(io, "io") }),
      );
      assert.deepEqual(events, []);
      assert.deepEqual(seen.calls, ["socket.join(room1)", "socket.leave(room2)"]);
      assert.deepEqual(seen.runs, []);
      assert.deepEqual([...server.rooms], [server.id, "room1"]);
    },
  },
  {
    number: 15,
    hash: "598286a2",
    heading: "Socket.join() and Socket.leave() are now synchronous",
    kind: "after",
    ways: ["CommonJS"],
    shows: "the socket that has joined hears hello, the one that has left hears no bye, another one does",
    inNode: async (bench) => {
      const { stage } = bench;
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      const other = await stage.pair(io);
      void server.join("room2");
      void other.server.join("room2");
      const events = await heard(stage, [client, other.client], io, () =>
        bench.commonJs(bench.code, { socket: server, io }),
      );
      assert.deepEqual(events, [["hello"], ["bye"]]);
    },
  },
  {
    number: 16,
    hash: "f2354c51",
    heading: "Socket.join() and Socket.leave() are now synchronous",
    kind: "after",
    ways: ["CommonJS"],
    shows: "with an adapter that takes its time, hello still reaches the socket (in an async function)",
    inNode: async (bench) => {
      class Slow extends Adapter {
        override async addAll(id: SocketId, rooms: Set<Room>): Promise<void> {
          await new Promise(setImmediate);
          void super.addAll(id, rooms);
        }
      }
      const { stage } = bench;
      const io = await stage.serve({ adapter: Slow });
      const { client, server } = await stage.pair(io);
      const events = await heard(stage, [client], io, () => bench.commonJs(bench.code, { socket: server, io }));
      assert.deepEqual(events, [["hello"]]);
    },
  },
  {
    number: 28,
    hash: "4829129e",
    heading: "Namespace.clients() is renamed to Namespace.allSockets() and now returns a Promise",
    kind: "before",
    ways: ["CommonJS"],
    shows: "the server, its namespaces and rooms have no `clients`",
    inNode: async (bench) => {
      const io = await bench.stage.serve();
      const { console, printed } = printer();
      for (const code of bench.parts(3)) {
        await assert.rejects(bench.commonJs(code, { io, console }), /^TypeError: .*clients is not a function/);
      }
      assert.deepEqual(printed, []);
    },
  },
  {
    number: 29,
    hash: "5b0e092b",
    heading: "Namespace.clients() is renamed to Namespace.allSockets() and now returns a Promise",
    kind: "after",
    ways: ["CommonJS"],
    shows: "each part gives the ids of the sockets that it names",
    inNode: async (bench) => {
      const { stage } = bench;
      const io = await stage.serve();
      io.of("/chat");
      const main = await stage.pair(io);
      const [one, two] = [await stage.pair(io, "/chat"), await stage.pair(io, "/chat")];
      void two.server.join("general");
      const expected = [[main.server.id], [one.server.id, two.server.id], [two.server.id]];
      for (const [index, code] of bench.parts(3).entries()) {
        const { ids } = await bench.commonJs<{ ids: Set<string> }>(code, { io }, ["ids"]);
        assert.deepEqual(ids, new Set(expected[index]));
      }
    },
  },
  {
    number: 38,
    hash: "0187744c",
    heading: "Room names are not coerced to string anymore",
    kind: "before",
    ways: ["CommonJS"],
    shows: "no hello arrives: a number and its digits are two rooms",
    inNode: (bench) => heardByNumberAndDigits(bench, []),
  },
  {
    number: 39,
    hash: "d42167a0",
    heading: "Room names are not coerced to string anymore",
    kind: "after",
    ways: ["CommonJS"],
    shows: "hello arrives either way",
    inNode: (bench) => heardByNumberAndDigits(bench, ["hello"]),
  },
];

/** Runs each part of the block, which calls the room a number once and its digits once. */
async function heardByNumberAndDigits(bench: Bench, expected: readonly string[]): Promise<void> {
  const { stage } = bench;
  for (const code of bench.parts(2)) {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const events = await heard(stage, [client], io, () => bench.commonJs(code, { socket: server, io }));
    assert.deepEqual(events, [expected]);
  }
}
