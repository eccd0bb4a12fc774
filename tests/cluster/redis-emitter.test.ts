import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { Emitter } from "socket.io-redis";
import type { Member } from "../support/member.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { movesSockets, refusesWhatNobodyHears } from "./emitter-behaviours.ts";
import { loadRedis, OURS, PEERS_FOLDER, UPSTREAM, type Kind } from "./kinds.ts";
import { ClusterNode } from "./node.ts";

/* oxlint-disable typescript/no-explicit-any -- emitters of several makes have no type in common */

const inPeers = createRequire(`${PEERS_FOLDER}/../package.json`);
const OLDEST = UPSTREAM.find(({ generation }) => generation === 2)!;

type MakeEmitter = (redis: any) => any;

const OUR_EMITTER: MakeEmitter = (redis) => new Emitter(redis);
const EMITTER_5: MakeEmitter = (redis) => new (inPeers("@socket.io/redis-emitter").Emitter)(redis);
const EMITTER_3: MakeEmitter = (redis) => inPeers("sio-emitter-3")(redis);

/** Emitter 3 knows how to emit, and nothing else. */
const PAIRS: readonly [name: string, make: MakeEmitter, kind: Kind, onlyEmits: boolean][] = [
  ["ours", OUR_EMITTER, OURS, false],
  ...UPSTREAM.map((kind) => ["ours", OUR_EMITTER, kind, kind.generation < 4] as [string, MakeEmitter, Kind, boolean]),
  ["@socket.io/redis-emitter 5", EMITTER_5, OURS, false],
  ["socket.io-emitter 3", EMITTER_3, OURS, true],
];

for (const [name, make, kind, onlyEmits] of PAIRS) {
  describe(`an emitter (${name}) and a server (${kind.name})`, { skip: withoutRedis }, () => {
    let redis: RedisServer;
    let node: ClusterNode;
    let member: Member;
    let other: Member;
    let client: any;
    let emitter: any;
    before(async () => {
      redis = await RedisServer.start();
      node = await ClusterNode.start(kind, redis.port);
      const { Redis } = loadRedis("ioredis-5");
      client = new Redis(redis.port, "127.0.0.1");
      emitter = make(client);
      member = await node.connect("/", ["room", "a"]);
      other = await node.connect("/", ["b"]);
    });
    after(async () => {
      // It waits for answers: emitters of other makes look after no failure.
      await client.quit();
      await node.stop();
      await redis.stop();
    });

    test("its events arrive, in order, at all, in rooms and in namespaces", async () => {
      const inChat = await node.connect("/chat");
      await node.listening("/chat", 1);
      emitter.emit("to all", 1, { a: "€" });
      emitter.to("room").emit("to a room");
      for (let at = 0; at < 50; at++) emitter.to("a").emit("many", at);
      emitter.of("/chat").emit("to chat", true);
      emitter.emit("end");
      await Promise.all([member.hears("end"), other.hears("end")]);
      const many = Array.from({ length: 50 }, (_, at) => ["many", at]);
      assert.deepEqual(member.heard, [["to all", 1, { a: "€" }], ["to a room"], ...many, ["end"]]);
      assert.deepEqual(other.heard, [["to all", 1, { a: "€" }], ["end"]]);
      assert.deepEqual(await inChat.hears("to chat"), [true]);
    });

    test("bytes arrive as bytes", async () => {
      const made = kind === OLDEST ? new Emitter(client, { socketIo2: true }) : emitter;
      made.emit("bytes", Buffer.from([1, 2]), { deep: Buffer.from([3]) });
      assert.deepEqual(await member.hears("bytes"), [Buffer.from([1, 2]), { deep: Buffer.from([3]) }]);
    });

    if (onlyEmits) return;

    test("it leaves rooms out, moves sockets, tells servers and disconnects", async () => {
      emitter.except("b").emit("not to b");
      emitter.emit("after");
      await Promise.all([member.hears("not to b"), other.hears("after")]);
      assert.ok(!other.names.includes("not to b"));
      await movesSockets(node.io, emitter, member, other);
    });

    test("it refuses what nobody could hear", () => refusesWhatNobodyHears(emitter));
  });
}
