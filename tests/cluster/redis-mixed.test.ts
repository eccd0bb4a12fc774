import assert from "node:assert/strict";
import { sep } from "node:path";
import { after, before, describe, test } from "node:test";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { OURS, OURS_FOLDER, PEERS_FOLDER, provenance, UPSTREAM, type Kind } from "./kinds.ts";
import { ClusterNode, type Member } from "./node.ts";

/*
 * Two servers on one Redis: ours, and one of each kind that is out there. What one of them emits, the clients of the other
 * are to hear, in both directions.
 */

for (const other of [OURS, ...UPSTREAM]) {
  describe(`ours and ${other.name} on one Redis`, { skip: withoutRedis }, () => {
    let redis: RedisServer;
    let ours: ClusterNode;
    let theirs: ClusterNode;
    let here: Member;
    let there: Member;

    before(async () => {
      redis = await RedisServer.start();
      ours = await ClusterNode.start(OURS, redis.port);
      theirs = await ClusterNode.start(other, redis.port);
      here = await ours.connect("/", ["room", "ours"]);
      there = await theirs.connect("/", ["room", "theirs"]);
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
          assert.deepEqual(
            sender().names.filter((heard) => String(heard).startsWith(name)),
            [`${name}, after`],
          );
        });

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
        assert.deepEqual([remote.data, [...remote.rooms]], [{ name: "there" }, [there.id, "room", "theirs"]]);
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
    } else {
      test("servers of Socket.IO 2 get our clients and rooms too", async () => {
        const ids = await new Promise<string[]>((resolve, reject) => {
          theirs.io
            .of("/")
            .adapter.clients([], (error: Error | null, found: string[]) => (error ? reject(error) : resolve(found)));
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

function prove(kind: Kind): void {
  const { server, adapter } = provenance(kind);
  assert.deepEqual([server.version, adapter.version], kind.versions);
  for (const { folder } of [server, adapter]) {
    assert.ok(folder.startsWith((kind.ours ? OURS_FOLDER : PEERS_FOLDER) + sep), folder);
  }
}

function byName(one: string, other: string): number {
  return one < other ? -1 : 1;
}
