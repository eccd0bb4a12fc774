import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { StreamsEmitter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import type { Member } from "../support/member.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { movesSockets, refusesWhatNobodyHears } from "./emitter-behaviours.ts";
import { OURS, prove } from "./kinds.ts";
import { connectClient } from "./streams-node.ts";
import { redisClient, StreamsNode, STREAMS_UPSTREAM, untilRead } from "./streams-kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- clients of two libraries have no type in common */

for (const library of ["ioredis", "redis"] as const) {
  for (const kind of [OURS, STREAMS_UPSTREAM]) {
    describe(`an emitter over a stream and a server (${kind.name}), over ${library}`, { skip: withoutRedis }, () => {
      let redis: RedisServer;
      let node: StreamsNode;
      let client: any;
      let emitter: StreamsEmitter;
      let member: Member;
      let other: Member;
      before(async () => {
        redis = await RedisServer.start();
        node = await StreamsNode.start(kind, redis.port, library);
        client = await redisClient(library, redis.port);
        emitter = new StreamsEmitter(client);
        await untilRead(node, emitter);
        member = await node.connect(["room", "a"]);
        other = await node.connect(["b"]);
      });
      after(async () => {
        await node.stop();
        if (library === "redis") await client.close();
        else client.disconnect();
        await redis.stop();
      });

      test("the packages are those, by real path and version", () => {
        prove(OURS);
        prove(kind);
      });

      /** What a member has heard, without the offsets. */
      const heardBy = ({ heard }: Member): unknown[][] => heard.map((event) => event.slice(0, -1));

      test("its events arrive, in order, at all, in rooms and in namespaces, as text and as bytes", async () => {
        const inChat = await node.connect([], node.port, "/chat");
        emitter.emit("to all", 1, { a: "€" });
        emitter.to("room").emit("to a room", Buffer.from([1, 2]));
        for (let at = 0; at < 50; at++) emitter.in("a").emit("many", at);
        emitter.to(["room", "b"]).except("b").emit("not to b");
        emitter.of("/chat").emit("to chat", true);
        emitter.of("chat").emit("to chat, without the slash");
        emitter.compress(false).emit("end");
        await Promise.all([member.hears("end"), other.hears("end"), inChat.hears("to chat, without the slash")]);
        const many = Array.from({ length: 50 }, (_, at) => ["many", at]);
        assert.deepEqual(heardBy(member), [
          ["to all", 1, { a: "€" }],
          ["to a room", Buffer.from([1, 2])],
          ...many,
          ["not to b"],
          ["end"],
        ]);
        assert.deepEqual(heardBy(other), [["to all", 1, { a: "€" }], ["end"]]);
        assert.deepEqual(heardBy(inChat), [["to chat", true], ["to chat, without the slash"]]);
        emitter.volatile.emit("volatile");
        assert.deepEqual(await member.hears("volatile"), []);
      });

      test("it moves sockets, tells servers and disconnects", () => movesSockets(node.io, emitter, member, other));

      test("it refuses what nobody could hear", () => refusesWhatNobodyHears(emitter));

      test("a client that was away gets what it has emitted meanwhile", async () => {
        const proxy = await FaultyProxy.start(node.port);
        const connection = once(node.io, "connection");
        const away = connectClient(proxy.url);
        const [socket] = (await connection) as [any];
        await away.connected();
        emitter.emit("before");
        while (away.heard.length === 0) await new Promise((resolve) => away.client.io.once("packet", resolve));
        const left = once(socket, "disconnect");
        proxy.refuse();
        await left;
        emitter.emit("missed", 1);
        emitter.to("room").emit("not for it");
        emitter.emit("missed", 2);
        await member.hears("missed");
        const back = once(node.io, "connection");
        proxy.forward();
        const [returned] = (await back) as [any];
        emitter.emit("after");
        while (away.heard.length < 4) await new Promise((resolve) => away.client.io.once("packet", resolve));
        assert.equal(returned.recovered, true);
        assert.deepEqual(away.heard, [["before"], ["missed", 1], ["missed", 2], ["after"]]);
        away.client.close();
        proxy.close();
      });
    });
  }
}

describe("the stream of an emitter", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  let client: any;
  before(async () => {
    redis = await RedisServer.start();
    client = await redisClient("ioredis", redis.port);
  });
  after(async () => {
    client.disconnect();
    await redis.stop();
  });

  const lengthOf = (key: string): Promise<number> => client.xlen(key) as Promise<number>;

  test('is "socket.io" by default, or what `streamName` says, and keeps about `maxLen` entries', async () => {
    const emit = async (emitter: StreamsEmitter, count: number): Promise<void> => {
      for (let at = 0; at < count; at++) emitter.emit("event", at);
      // Commands of one connection are carried out in their order.
      await client.ping();
    };
    await emit(new StreamsEmitter(client), 3);
    await emit(new StreamsEmitter(client, { streamName: "app", maxLen: 200 }), 1000);
    assert.equal(await lengthOf("socket.io"), 3);
    // Redis cuts whole nodes of 100 entries.
    const kept = await lengthOf("app");
    assert.ok(kept >= 200 && kept < 400, `${kept} entries`);
  });

  test("holds what servers say to each other, under the sender `emitter`", async () => {
    const emitter = new StreamsEmitter(client, { streamName: "form" }, "/chat");
    emitter.to("r").emit("hi", 1);
    emitter.in("r").socketsJoin("x");
    emitter.serverSideEmit("ev", 1);
    const entries = (await client.xrange("form", "-", "+")) as [string, string[]][];
    const [broadcast, join, told] = entries.map(([, fields]) => fields);
    const opts = { rooms: ["r"], except: [], flags: {} };
    const entry = (type: number, data: object): unknown[] => [
      "uid",
      "emitter",
      "nsp",
      "/chat",
      "type",
      `${type}`,
      data,
    ];
    const read = (fields: string[]): unknown[] => [...fields.slice(0, 6), JSON.parse(fields[7]!)];
    assert.deepEqual(read(broadcast!), entry(3, { packet: { type: 2, data: ["hi", 1], nsp: "/chat" }, opts }));
    assert.deepEqual(read(join!), entry(4, { opts, rooms: ["x"] }));
    assert.deepEqual(read(told!), entry(9, { packet: ["ev", 1] }));
  });

  test("is that of its namespace, where servers spread namespaces over several", async () => {
    const emitter = new StreamsEmitter(client, { streamName: "many", streamCount: 4 });
    for (const name of ["/", "/notifications", "/a", "/b"]) emitter.of(name).emit("event");
    await client.ping();
    const node = await StreamsNode.start(OURS, redis.port, "ioredis", { streamName: "many", streamCount: 4 });
    const members = await Promise.all(["/notifications", "/b"].map((name) => node.connect([], node.port, name)));
    for (const name of ["/notifications", "/b"]) emitter.of(name).emit("event in", name);
    assert.deepEqual(await Promise.all(members.map(async (one) => (await one.hears("event in"))[0])), [
      "/notifications",
      "/b",
    ]);
    await node.stop();
  });
});
