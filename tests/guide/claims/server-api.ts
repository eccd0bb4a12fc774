import assert from "node:assert/strict";
import type { Socket } from "socket.io";
import { Adapter, type Room, type SocketId } from "socket.io-adapter";
import { directions } from "../../interop/stage.js";
import * as lines from "../support/lines-parser.js";
import { type Claims, heardBy, lacks, upstreamClient } from "./claims.js";
import { V3, withTwoServers } from "../support/two-servers.js";

export const serverApi: Claims = {
  "io.set() is removed": {
    "the server has neither `set` nor its shorthands": async (stage) => {
      lacks(await stage.serve(), "set", "get", "enable", "disable", "enabled", "disabled");
    },

    "a middleware finds the handshake's request, and lets in or refuses": async (stage) => {
      const io = await stage.serve();
      io.use((socket, next) => {
        const { searchParams } = new URL(socket.request.url ?? "", "http://server.test");
        next(searchParams.get("token") === "abc" ? undefined : new Error("not authorized"));
      });
      await stage.connected(stage.client("/", { query: { token: "abc" } }));
      const refused = stage.client("/", { query: { token: "def" } });
      const [error] = await stage.event<[Error]>(refused, "connect_error");
      assert.equal(error.message, "not authorized");
      assert.equal(io.sockets.sockets.size, 1);
    },
  },

  "No more implicit connection to the default namespace": {
    "a client of another namespace triggers nothing of the main one": async (stage) => {
      const io = await stage.serve();
      io.use(() => assert.fail("middleware of /"));
      io.on("connection", () => assert.fail("connection to /"));
      const log: string[] = [];
      io.of("/admin").use((_, next) => {
        log.push("middleware of /admin");
        next();
      });
      const { server } = await stage.pair(io, "/admin");
      assert.equal(server.nsp.name, "/admin");
      assert.deepEqual(log, ["middleware of /admin"]);
      assert.equal(io.sockets.sockets.size, 0);
    },

    "a client of 2.x still connects to it, for its protocol says so": async (stage) => {
      const io = await stage.serve({ allowEIO3: true });
      io.of("/admin");
      const main = stage.event(io, "connection");
      await stage.connected(upstreamClient(stage, "upstream 2.5.0", {}, "/admin"));
      await main;
      assert.equal(io.sockets.sockets.size, 1);
    },
  },

  "Namespace.connected is renamed to Namespace.sockets and is now a Map": {
    "`sockets` is a Map of the connected sockets by id, in each namespace": async (stage) => {
      const io = await stage.serve();
      const admin = io.of("/admin");
      const one = await stage.pair(io);
      const two = await stage.pair(io);
      const ofAdmin = await stage.pair(io, "/admin");
      for (const [nsp, sockets] of [
        [io.of("/"), [one.server, two.server]],
        [admin, [ofAdmin.server]],
      ] as const) {
        assert.ok(nsp.sockets instanceof Map);
        assert.equal(nsp.sockets.size, sockets.length);
        for (const socket of sockets) assert.equal(nsp.sockets.get(socket.id), socket);
        const walked: Socket[] = [];
        for (const [id, socket] of nsp.sockets) {
          assert.equal(socket.id, id);
          walked.push(socket);
        }
        assert.deepEqual(walked, sockets);
      }
    },

    "a socket leaves it when it disconnects": async (stage) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      const end = stage.event(server, "disconnect");
      client.disconnect();
      await end;
      assert.equal(io.of("/").sockets.size, 0);
    },

    "no namespace has `connected`": async (stage) => {
      const io = await stage.serve();
      lacks(io.of("/"), "connected");
      lacks(io.of("/admin"), "connected");
    },
  },

  "Socket.rooms is now a Set": {
    "it holds the socket's own id, and what it joins until it leaves": async (stage) => {
      const { server } = await stage.pair(await stage.serve());
      assert.ok(server.rooms instanceof Set);
      assert.deepEqual([...server.rooms], [server.id]);
      void server.join("room1");
      void server.join(["room2", "room3"]);
      assert.deepEqual([...server.rooms], [server.id, "room1", "room2", "room3"]);
      void server.leave("room2");
      assert.deepEqual([...server.rooms], [server.id, "room1", "room3"]);
    },

    "it is no object with the rooms as its keys": async (stage) => {
      const { server } = await stage.pair(await stage.serve());
      void server.join("room1");
      assert.deepEqual(Object.keys(server.rooms), []);
      lacks(server.rooms, "room1", server.id);
    },
  },

  "Socket.binary() is removed": {
    "neither sockets of either side nor namespaces nor the server have it": async (stage) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      for (const object of [io, io.of("/"), io.to("room"), server, client]) lacks(object, "binary");
    },

    "events with and without binary data need no hint": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      const arrivals = stage.events(client, "news", 2);
      server.emit("news", "text", [1]);
      server.emit("news", { bytes: Buffer.from([1, 2]) });
      assert.deepEqual(await arrivals, [["text", [1]], [{ bytes: Buffer.from([1, 2]) }]]);
    },

    "the `parser` option takes a parser of one's own on both sides": async (stage) => {
      const io = await stage.serve({ parser: lines });
      const { client, server } = await stage.pair(io, "/", { parser: lines });
      const sent: unknown[] = [];
      server.conn.on("packetCreate", ({ data }: { data?: unknown }) => sent.push(data));
      const arrival = stage.event(client, "hello");
      server.emit("hello", "text", { deep: [null] });
      assert.deepEqual(await arrival, ["text", { deep: [null] }]);
      assert.deepEqual(sent, ['lines\n2\n/\n\n["hello","text",{"deep":[null]}]']);
      server.on("question", (answer: (text: string) => void) => answer("by that parser too"));
      assert.equal(await client.emitWithAck("question"), "by that parser too");
    },
  },

  "Socket.join() and Socket.leave() are now synchronous": {
    "with the Redis adapter as well": async () => {
      await withTwoServers(V3, async (ours) => {
        const { socket } = await ours.connect();
        assert.equal(socket.join("room1"), undefined);
        assert.deepEqual([...socket.rooms], [socket.id, "room1"]);
        assert.equal(socket.leave("room1"), undefined);
        assert.deepEqual([...socket.rooms], [socket.id]);
      });
    },

    "both have taken effect when they return": async (stage) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io);
      const [log] = await heardBy(
        stage,
        [client],
        () => server.emit("fence"),
        () => {
          assert.equal(server.join("room1"), undefined);
          assert.ok(server.rooms.has("room1"));
          io.to("room1").emit("hello");
          assert.equal(server.leave("room1"), undefined);
          assert.ok(!server.rooms.has("room1"));
          io.to("room1").emit("bye");
        },
      );
      assert.deepEqual(log, [["hello"]]);
    },

    "a callback after the room is never called": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      const callback = (): void => assert.fail("called");
      const [log] = await heardBy(
        stage,
        [client],
        () => server.emit("fence"),
        () => {
          Reflect.apply(server.join, server, ["room1", callback]);
          assert.ok(server.rooms.has("room1"));
          Reflect.apply(server.leave, server, ["room1", callback]);
          assert.ok(!server.rooms.has("room1"));
        },
      );
      assert.deepEqual(log, []);
    },

    "with an adapter whose methods return Promises, both can be awaited": async (stage) => {
      class Slow extends Adapter {
        override async addAll(id: SocketId, rooms: Set<Room>): Promise<void> {
          await new Promise(setImmediate);
          void super.addAll(id, rooms);
        }

        override async del(id: SocketId, room: Room): Promise<void> {
          await new Promise(setImmediate);
          void super.del(id, room);
        }
      }
      const io = await stage.serve({ adapter: Slow });
      const { client, server } = await stage.pair(io);
      const [log] = await heardBy(
        stage,
        [client],
        () => io.emit("fence"),
        async () => {
          const joined = server.join("room1");
          assert.ok(joined instanceof Promise);
          assert.ok(!server.rooms.has("room1"));
          await joined;
          io.to("room1").emit("hello");
          const left = server.leave("room1");
          assert.ok(left instanceof Promise);
          await left;
          io.to("room1").emit("bye");
        },
      );
      assert.deepEqual(log, [["hello"]]);
    },
  },

  "~~Socket.use() is removed~~": {
    "it is there: it sees each event's array and decides whether listeners do": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      const packets: unknown[] = [];
      server.use((packet, next) => {
        packets.push([...packet]);
        next(packet[0] === "no" ? new Error("refused") : undefined);
      });
      server.on("no", () => assert.fail("a refused event"));
      const refusal = stage.event<[Error]>(server, "error");
      const arrival = stage.event(server, "yes");
      client.emit("no", 1);
      client.emit("yes", 2);
      assert.equal((await refusal)[0].message, "refused");
      assert.deepEqual(await arrival, [2]);
      assert.deepEqual(packets, [
        ["no", 1],
        ["yes", 2],
      ]);
    },

    "`onAny` hears every event with its arguments": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      const log: unknown[] = [];
      server.onAny((...event) => log.push(event));
      const fence = stage.event(server, "fence");
      client.emit("a", 1, [2]);
      client.emit("fence");
      await fence;
      assert.deepEqual(log, [["a", 1, [2]], ["fence"]]);
    },
  },

  "Namespace.clients() is renamed to Namespace.allSockets() and now returns a Promise": {
    "`allSockets` gives a Promise of a Set of ids: of the server, a namespace, its rooms": async (stage) => {
      const io = await stage.serve();
      io.of("/chat");
      const main = await stage.pair(io);
      const one = await stage.pair(io, "/chat");
      const two = await stage.pair(io, "/chat");
      void two.server.join("general");
      const promise = io.allSockets();
      assert.ok(promise instanceof Promise);
      const ids = await promise;
      assert.ok(ids instanceof Set);
      assert.deepEqual(ids, new Set([main.client.id]));
      assert.deepEqual(await io.of("/chat").allSockets(), new Set([one.client.id, two.client.id]));
      assert.deepEqual(await io.of("/chat").in("general").allSockets(), new Set([two.client.id]));
      assert.deepEqual(await io.in("empty").allSockets(), new Set());
    },

    "with the Redis adapter, `allSockets` answers for all servers, in rooms too": async () => {
      await withTwoServers(V3, async (ours, theirs) => {
        const here = await ours.connect("/", ["general"]);
        const there = await theirs.connect("/", ["general", "theirs"]);
        for (const { io } of [ours, theirs]) {
          assert.deepEqual(await io.allSockets(), new Set([here.id, there.id]));
          assert.deepEqual(await io.in("general").allSockets(), new Set([here.id, there.id]));
          assert.deepEqual(await io.in("theirs").allSockets(), new Set([there.id]));
        }
      });
    },

    "`clients` is gone from all three": async (stage) => {
      const io = await stage.serve();
      for (const object of [io, io.of("/chat"), io.of("/chat").in("general")]) lacks(object, "clients");
    },
  },

  "`emit()` chains are not possible anymore": {
    "`emit` returns true on the server, namespaces and sockets": async (stage) => {
      const io = await stage.serve();
      const { server } = await stage.pair(io);
      for (const emitter of [io, io.of("/"), io.of("/admin"), server]) assert.equal(emitter.emit("event1", 1), true);
    },

    "and on the operators that narrow a broadcast": async (stage) => {
      const io = await stage.serve();
      const { server } = await stage.pair(io);
      const operators = {
        to: io.to("room"),
        in: io.in(["room", "other"]),
        except: io.except("room"),
        volatile: io.volatile,
        compress: io.compress(false),
        local: io.local,
        timeout: io.timeout(10_000),
        "to of a namespace": io.of("/admin").to("room"),
        broadcast: server.broadcast,
        "to of a socket": server.to("room"),
        "volatile of a socket": server.volatile,
        "compress of a socket": server.compress(true),
      };
      for (const [name, operator] of Object.entries(operators)) {
        // A name that nobody has to acknowledge: with `timeout` an acknowledgement would be asked for.
        assert.equal(operator.emit("event1", 1, ...(name === "timeout" ? [(): void => {}] : [])), true, name);
      }
    },

    "and on the client: connected or not, volatile, compressed, with a timeout, with an acknowledgement": async (
      stage,
    ) => {
      const io = await stage.serve();
      io.on("connection", (socket) => {
        socket.onAny((...event) => {
          const answer: unknown = event.at(-1);
          if (typeof answer === "function") answer();
        });
      });
      const client = stage.client("/", { autoConnect: false });
      const emits = (): boolean[] => [
        client.emit("event1", 1),
        client.emit("event1", (): void => {}),
        client.volatile.emit("event1"),
        client.compress(false).emit("event1"),
        client.timeout(10_000).emit("event1", (): void => {}),
      ];
      assert.deepEqual(emits(), [true, true, true, true, true]);
      client.connect();
      await stage.connected(client);
      assert.deepEqual(emits(), [true, true, true, true, true]);
    },

    "two calls in a row send two events": async (stage) => {
      const { client, server } = await stage.pair(await stage.serve());
      for (const [from, to] of directions(client, server)) {
        const [log] = await heardBy(
          stage,
          [to],
          () => from.emit("fence"),
          () => {
            from.emit("event1");
            from.emit("event2");
          },
        );
        assert.deepEqual(log, [["event1"], ["event2"]]);
      }
    },
  },

  "Room names are not coerced to string anymore": {
    "the number 42 and the text 42 are two rooms": async (stage) => {
      const io = await stage.serve();
      const [ofNumber, ofText] = [await stage.pair(io), await stage.pair(io)];
      const number = 42 as unknown as Room;
      const text = "42";
      void ofNumber.server.join(number);
      void ofText.server.join(text);
      assert.deepEqual([...ofNumber.server.rooms], [ofNumber.server.id, 42]);
      const logs = await heardBy(
        stage,
        [ofNumber.client, ofText.client],
        () => io.emit("fence"),
        () => {
          io.to(number).emit("to the number");
          io.to(text).emit("to the text");
        },
      );
      assert.deepEqual(logs, [[["to the number"]], [["to the text"]]]);
      void ofNumber.server.leave(text);
      assert.ok(ofNumber.server.rooms.has(number));
    },
  },
};
