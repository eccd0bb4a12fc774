import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Member } from "../support/member.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { OURS, prove, UPSTREAM, type Kind } from "./kinds.ts";
import { ClusterNode } from "./node.ts";

/*
 * Two servers on one Redis: ours, and one of each kind that is out there. What one of them emits, the clients of the other
 * are to hear, in both directions.
 */

const OLDEST = UPSTREAM.find(({ generation }) => generation === 2)!;

const PAIRS: readonly (readonly [other: Kind, socketIo2: boolean])[] = [
  [OURS, false],
  ...UPSTREAM.map((kind) => [kind, false] as const),
  [OLDEST, true],
  [OURS, true],
];

for (const [other, socketIo2] of PAIRS) {
  const option = socketIo2 ? ", with the option for it" : "";
  describe(`ours and ${other.name} on one Redis${option}`, { skip: withoutRedis }, () => {
    let redis: RedisServer;
    let ours: ClusterNode;
    let theirs: ClusterNode;
    let here: Member;
    let there: Member;

    before(async () => {
      redis = await RedisServer.start();
      ours = await ClusterNode.start(OURS, redis.port, { socketIo2 });
      theirs = await ClusterNode.start(other, redis.port, other === OURS ? { socketIo2 } : {});
      here = await ours.connect("/", ["room", "ours", "a#b", "#", 7]);
      there = await theirs.connect("/", ["room", "theirs", "a#b", "#", 7]);
    });
    after(async () => {
      await Promise.all([ours.stop(), theirs.stop()]);
      await redis.stop();
    });

    test("the packages are those, by real path and version", () => {
      prove(OURS);
      prove(other);
    });

    for (const direction of ["from ours", "to ours"] as const) {
      const from = (): ClusterNode => (direction === "from ours" ? ours : theirs);
      const receiver = (): Member => (direction === "from ours" ? there : here);
      const sender = (): Member => (direction === "from ours" ? here : there);
      const roomOfReceiver = direction === "from ours" ? "theirs" : "ours";

      describe(direction, () => {
        test("a broadcast to all arrives, with what JSON can say", async () => {
          const name = `all ${direction}`;
          from().io.emit(name, 1, "€", null, { a: [true, { b: 1.5 }] });
          assert.deepEqual(await receiver().hears(name), [1, "€", null, { a: [true, { b: 1.5 }] }]);
          await sender().hears(name);
        });

        test("a broadcast to a room arrives there alone", async () => {
          const name = `room ${direction}`;
          from().io.to(roomOfReceiver).emit(name, 1);
          from().io.emit(`${name}, after`);
          await Promise.all([receiver().hears(`${name}, after`), sender().hears(`${name}, after`)]);
          assert.deepEqual(await receiver().hears(name), [1]);
          assert.ok(!sender().names.includes(name));
        });

        test("a socket's broadcast leaves that socket out", async () => {
          const name = `broadcast ${direction}`;
          sender().socket.broadcast.emit(name);
          sender().socket.to("room").emit(`${name} to a room`);
          from().io.emit(`${name}, after`);
          await Promise.all([receiver().hears(`${name}, after`), sender().hears(`${name}, after`)]);
          assert.ok(receiver().names.includes(name));
          assert.ok(receiver().names.includes(`${name} to a room`));
          assert.deepEqual(sender().named(name), [`${name}, after`]);
        });

        // Servers of Socket.IO 2 read bytes in a form of their own.
        if (direction === "to ours" || other.generation > 2 || socketIo2) {
          test("bytes arrive as bytes, wherever they are", async () => {
            const name = `bytes ${direction}`;
            const bytes = Buffer.from([0, 1, 0xff]);
            from().io.emit(name, bytes, { deep: [{ bytes }] }, "end");
            from().io.to(roomOfReceiver).emit(`${name} to a room`, bytes);
            from().io.emit(`${name}, after`);
            for (const member of [receiver(), sender()]) {
              const [first, { deep }, end] = (await member.hears(name)) as [
                Buffer,
                { deep: [{ bytes: Buffer }] },
                string,
              ];
              assert.ok(Buffer.isBuffer(first) && Buffer.isBuffer(deep[0].bytes));
              assert.deepEqual([first, deep[0].bytes, end], [bytes, bytes, "end"]);
            }
            assert.deepEqual(await receiver().hears(`${name} to a room`), [bytes]);
            await sender().hears(`${name}, after`);
            assert.ok(!sender().names.includes(`${name} to a room`));
          });
        }

        test("rooms whose names are numbers, or have the sign in them that channels are built with", async () => {
          const name = `odd rooms ${direction}`;
          // socket.io-redis 6 takes all names of channels for text.
          const rooms = other.generation === 3 && direction === "from ours" ? ["a#b", "#"] : [7, "a#b", "#"];
          for (const room of rooms) from().io.to(room).emit(`${name} ${room}`);
          from().io.to("a").emit(`${name}, not to hear`);
          from().io.emit(`${name}, after`);
          await receiver().hears(`${name}, after`);
          assert.deepEqual(receiver().named(name), [...rooms.map((room) => `${name} ${room}`), `${name}, after`]);
        });

        test("namespaces are apart, those too whose names mean something in a pattern", async () => {
          const names = ["/chat", "/other"];
          // Servers of other makes hear twice, or nothing, where patterns overlap or do not match themselves.
          if (other === OURS || direction === "to ours") names.push("/c*", "/[c]hat");
          const members: Member[] = [];
          for (const namespace of names) {
            from().io.of(namespace);
            const to = direction === "from ours" ? theirs : ours;
            members.push(await to.connect(namespace, ["room"]));
            await to.listening(namespace, 2);
          }
          for (const namespace of names) {
            from().io.of(namespace).to("room").emit(`to ${namespace}`);
            from().io.of(namespace).emit("after");
          }
          await Promise.all(members.map((member) => member.hears("after")));
          assert.deepEqual(
            members.map((member) => member.names),
            names.map((namespace) => [`to ${namespace}`, "after"]),
          );
        });

        if (other.generation === 4) {
          test("except leaves out rooms and single sockets, wherever they are", async () => {
            const name = `except ${direction}`;
            from().io.except(roomOfReceiver).emit(name, "room");
            from().io.to("room").except(receiver().id).emit(name, "id");
            from().io.to("room").except("nobody").emit(name, "nobody");
            from().io.emit(`${name}, after`);
            await Promise.all([receiver().hears(`${name}, after`), sender().hears(`${name}, after`)]);
            const reasons = (member: Member): unknown[] =>
              member.heard.filter(([event]) => event === name).map(([, why]) => why);
            assert.deepEqual([reasons(receiver()), reasons(sender())], [["nobody"], ["room", "id", "nobody"]]);
          });

          test("sockets of both join and leave rooms and are disconnected", async () => {
            const members = [await ours.connect("/", ["moved"]), await theirs.connect("/", ["moved"])] as const;
            const { io } = from();
            io.in("moved").socketsJoin(["new", "old"]);
            io.in("moved").except("nobody").socketsLeave("old");
            await both(members, ({ socket }) => socket.rooms.has("new") && !socket.rooms.has("old"));
            const reasons = members.map(
              ({ client }) => new Promise((resolve) => client.once("disconnect", (reason: string) => resolve(reason))),
            );
            io.in("moved").disconnectSockets();
            assert.deepEqual(await Promise.all(reasons), ["io server disconnect", "io server disconnect"]);
            assert.ok(here.client.connected && there.client.connected);
          });
        }

        if (other === OURS || other.adapter === "sio-redis-6" || (socketIo2 && direction === "from ours")) {
          test("single sockets join and leave rooms and are disconnected by their ids, from afar", async () => {
            const to = direction === "from ours" ? theirs : ours;
            const { client, socket, id } = await to.connect();
            const adapter = from().io.of("/").adapter;
            // In Socket.IO 2, rooms are an object.
            const isIn = (room: string): boolean =>
              to.kind.generation === 2 ? room in socket.rooms : socket.rooms.has(room);
            await adapter.remoteJoin(id, "far");
            assert.ok(isIn("far"));
            await adapter.remoteLeave(id, "far");
            assert.ok(!isIn("far"));
            const reason = new Promise((resolve) => client.once("disconnect", (why: string) => resolve(why)));
            await adapter.remoteDisconnect(id, false);
            assert.equal(await reason, "io server disconnect");
          });
        }

        test("many broadcasts arrive in the order in which they were sent", async () => {
          const name = `order ${direction}`;
          for (let at = 0; at < 200; at++) from().io.to("room").emit(name, at);
          from().io.emit(`${name}, after`);
          await receiver().hears(`${name}, after`);
          const heard = receiver().heard.filter(([event]) => event === name);
          assert.deepEqual(
            heard.map(([, at]) => at),
            Array.from({ length: 200 }, (_, at) => at),
          );
        });
      });
    }

    if (other.generation === 4) {
      test("an answer of each client, wherever it is", async () => {
        for (const member of [here, there])
          member.client.once("ask", (answer: (value: string) => void) => answer("yes"));
        assert.deepEqual(await ours.io.timeout(5000).emitWithAck("ask"), ["yes", "yes"]);
        for (const member of [here, there])
          member.client.once("ask", (answer: (value: string) => void) => answer("no"));
        assert.deepEqual(await theirs.io.timeout(5000).emitWithAck("ask"), ["no", "no"]);
      });

      test("fetchSockets finds the sockets of both", async () => {
        there.socket.data.name = "there";
        const found = await ours.io.in("room").fetchSockets();
        assert.deepEqual(found.map(({ id }: { id: string }) => id).sort(byName), [here.id, there.id].sort(byName));
        const remote = found.find(({ id }: { id: string }) => id === there.id);
        assert.deepEqual([remote.data, [...remote.rooms]], [{ name: "there" }, [...there.socket.rooms]]);
        assert.equal((await theirs.io.fetchSockets()).length, 2);
      });

      test("serverSideEmit reaches the other, and its answer comes back", async () => {
        for (const [from, to] of [
          [ours, theirs],
          [theirs, ours],
        ] as const) {
          const heard = new Promise<unknown[]>((resolve) => to.io.once("hello", (...args: unknown[]) => resolve(args)));
          from.io.serverSideEmit("hello", 1, { a: 2 });
          assert.deepEqual(await heard, [1, { a: 2 }]);
          to.io.once("sum", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
          assert.deepEqual(await from.io.serverSideEmitWithAck("sum", 1, 2), [3]);
        }
      });
    }

    if (other.generation >= 3) {
      test("allSockets tells the ids of both", async () => {
        // Version 8 asks its own sockets only.
        const asking = other.versions[1].startsWith("8.") ? [ours] : [ours, theirs];
        for (const node of asking) {
          assert.deepEqual([...(await node.io.allSockets())].sort(byName), [here.id, there.id].sort(byName));
          assert.deepEqual([...(await node.io.in("theirs").allSockets())], [there.id]);
        }
      });

      test("allRooms tells the rooms of both, and changes none", async () => {
        const before = [...there.socket.rooms];
        const rooms = await ours.io.of("/").adapter.allRooms();
        assert.ok(rooms.has("ours") && rooms.has("theirs"));
        ours.io.emit("asked for rooms");
        await there.hears("asked for rooms");
        assert.deepEqual([[...there.socket.rooms], there.client.connected], [before, true]);
      });
    } else {
      test("allSockets and allRooms tell the ids and rooms of both", async () => {
        assert.deepEqual([...(await ours.io.in("room").allSockets())].sort(byName), [here.id, there.id].sort(byName));
        assert.ok((await ours.io.allSockets()).has(there.id));
        assert.deepEqual([...(await ours.io.in("theirs").allSockets())], [there.id]);
        const rooms = await ours.io.of("/").adapter.allRooms();
        assert.ok(rooms.has("ours") && rooms.has("theirs"));
      });

      test("requests of Socket.IO 2 whose numbers mean something else to us do what they mean there", async () => {
        const { adapter } = theirs.io.of("/");
        const asked = (method: string, ...args: unknown[]): Promise<unknown> =>
          new Promise((resolve, reject) => {
            adapter[method](...args, (error: Error | null, result: unknown) =>
              error ? reject(error) : resolve(result),
            );
          });
        const member = await ours.connect();
        await asked("remoteJoin", member.id, "from 2");
        assert.ok(member.socket.rooms.has("from 2"));
        assert.deepEqual(await asked("clientRooms", member.id), [member.id, "from 2"]);
        await asked("remoteLeave", member.id, "from 2");
        assert.ok(!member.socket.rooms.has("from 2"));
        assert.deepEqual(await asked("customRequest", "anything"), [null, null]);
        const reason = new Promise((resolve) => member.client.once("disconnect", resolve));
        await asked("remoteDisconnect", member.id, false);
        assert.equal(await reason, "io server disconnect");
      });

      test("what we ask of servers that we share with Socket.IO 2 changes nothing there", async () => {
        const rooms = Object.keys(there.socket.rooms);
        ours.io.in("theirs").socketsJoin("new");
        ours.io.in("theirs").socketsLeave("room");
        ours.io.in("theirs").disconnectSockets(true);
        ours.io.serverSideEmit("anything", 1);
        ours.io.emit("asked");
        await there.hears("asked");
        assert.deepEqual([Object.keys(there.socket.rooms), there.client.connected], [rooms, true]);
      });

      test("servers of Socket.IO 2 get our clients and rooms too", async () => {
        const ids = await new Promise<string[]>((resolve, reject) => {
          theirs.io
            .of("/")
            .adapter.clients(["room"], (error: Error | null, found: string[]) =>
              error ? reject(error) : resolve(found),
            );
        });
        assert.deepEqual(ids.sort(byName), [here.id, there.id].sort(byName));
        const rooms = await new Promise<string[]>((resolve, reject) => {
          theirs.io
            .of("/")
            .adapter.allRooms((error: Error | null, found: string[]) => (error ? reject(error) : resolve(found)));
        });
        assert.ok(rooms.includes("ours") && rooms.includes("theirs"));
      });
    }
  });
}

/** Resolves once this is true of both: whoever moves sockets of another server is not told when it is done. */
async function both(members: readonly Member[], isSo: (member: Member) => boolean): Promise<void> {
  await until(() => members.every(isSo));
}

function byName(one: string, other: string): number {
  return one < other ? -1 : 1;
}
