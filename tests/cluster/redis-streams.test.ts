import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { OURS, prove } from "./kinds.ts";
import { StreamsNode, STREAMS_UPSTREAM, untilBothRead } from "./streams-kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- clients and servers of several makers have no type in common */

for (const library of ["ioredis", "redis"] as const) {
  for (const other of [OURS, STREAMS_UPSTREAM]) {
    describe(`streams: ours and ${other.name} over ${library}`, { skip: withoutRedis }, () => {
      let redis: RedisServer;
      let ours: StreamsNode;
      let theirs: StreamsNode;
      before(async () => {
        redis = await RedisServer.start();
        ours = await StreamsNode.start(OURS, redis.port, library);
        theirs = await StreamsNode.start(other, redis.port, library);
        await untilBothRead(ours, theirs);
      });
      after(async () => {
        await Promise.all([ours?.stop(), theirs?.stop()]);
        await redis.stop();
      });

      test("the packages are those, by real path and version", () => {
        prove(OURS);
        prove(other);
      });

      test("broadcasts arrive in both directions, plain and binary, with one offset", async () => {
        const here = await ours.connect(["room"]);
        const there = await theirs.connect(["room"]);
        for (const [from, to] of [
          [ours, there],
          [theirs, here],
        ] as const) {
          from.io.to("room").emit("plain", { a: [1, "€"] });
          from.io.to("room").emit("binary", Buffer.from([1, 2, 3]), "end");
          const plain = await to.hears("plain");
          assert.deepEqual(plain.slice(0, -1), [{ a: [1, "€"] }]);
          assert.match(String(plain.at(-1)), /^\d+-\d+$/);
          const binary = await to.hears("binary");
          assert.deepEqual([...(binary[0] as Buffer)], [1, 2, 3]);
          assert.equal(binary.length, 3);
          here.heard.length = 0;
          there.heard.length = 0;
        }
        here.client.close();
        there.client.close();
      });

      test("answers, sockets and events between servers", async () => {
        const here = await ours.connect(["asked"]);
        const there = await theirs.connect(["asked"]);
        for (const { client } of [here, there]) client.on("ask", (done: (value: string) => void) => done("yes"));
        for (const node of [ours, theirs]) {
          assert.deepEqual(await node.io.to("asked").timeout(5000).emitWithAck("ask"), ["yes", "yes"]);
          assert.equal((await node.io.in("asked").fetchSockets()).length, 2);
        }
        assert.deepEqual(await ours.io.in("asked").allSockets(), new Set([here.id, there.id]));
        theirs.io.once("sum", (a: number, b: number, done: (sum: number) => void) => done(a + b));
        assert.deepEqual(await ours.io.serverSideEmitWithAck("sum", 1, 2), [3]);
        here.client.close();
        there.client.close();
      });

      for (const [from, to] of [
        ["ours", "theirs"],
        ["theirs", "ours"],
      ] as const) {
        test(`a client that was cut off from ${from} comes back to ${to}, with what it has missed`, async () => {
          const nodes = { ours, theirs };
          const proxy = await FaultyProxy.start(nodes[from].port);
          const member = await nodes[from].connect(["room"], proxy.port);
          member.socket.data = { user: "ann" };
          nodes[to].io.to("room").emit("before");
          await member.hears("before");
          const left = new Promise((resolve) => member.socket.once("disconnect", resolve));
          // Nobody is there while it is away.
          proxy.refuse();
          await left;
          for (let at = 0; at < 20; at++) nodes[at % 2 === 0 ? "ours" : "theirs"].io.to("room").emit("missed", at);
          nodes[from].io.to("room").emit("binary", Buffer.from([7]));
          const back = new Promise<any>((resolve) => nodes[to].io.once("connection", resolve));
          proxy.retarget(nodes[to].port);
          proxy.forward();
          const socket = await back;
          nodes[from].io.to("room").emit("after");
          await member.hears("after");
          proxy.close();
          assert.equal(socket.recovered, true);
          assert.equal(member.client.recovered, true);
          assert.equal(socket.id, member.id);
          assert.deepEqual(socket.data, { user: "ann" });
          assert.deepEqual(
            member.heard
              .filter(([name]) => name === "missed")
              .map(([, at]) => at)
              .sort((a, b) => Number(a) - Number(b)),
            Array.from({ length: 20 }, (_, at) => at),
          );
          assert.equal(member.names.filter((name) => name === "binary").length, 1);
          member.client.close();
        });
      }
    });
  }
}

describe("streams: a server with several namespaces", { skip: withoutRedis }, () => {
  for (const library of ["ioredis", "redis"] as const) {
    test(`closes, and takes its connections along, over ${library}`, async () => {
      const redis = await RedisServer.start();
      const node = await StreamsNode.start(OURS, redis.port, library);
      for (const name of ["/a", "/b", "/c"]) await node.io.of(name).adapter.init();
      await node.stop();
      await redis.stop();
    });
  }
});
