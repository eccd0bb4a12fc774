import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { loadRedis } from "./kinds.ts";
import { serveMember } from "./node.ts";
import { WAYS, type Client, type Creator } from "./ways.ts";

/*
 * `io.adapter(…)` on a server that has one already, as applications do whose framework has set one before. Seen to fail with adapters
 * that go on listening: events between servers came twice.
 */

describe("a server whose adapter is replaced", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());

  function factory(t: TestContext, way: string): Creator {
    const { Redis } = loadRedis("ioredis");
    const make = (): Client => {
      const client: Client = new Redis(redis.port, "127.0.0.1");
      client.on("error", () => {});
      t.after(() => client.disconnect());
      return client;
    };
    return WAYS[way]!(make(), make());
  }

  async function start(t: TestContext, make: Creator) {
    const { io, member } = await serveMember(make);
    t.after(async () => {
      member.client.close();
      await io.close();
    });
    const asked: unknown[] = [];
    io.on("asked", (what: unknown, answer: (value: string) => void) => {
      asked.push(what);
      answer("here");
    });
    return { io, member, asked };
  }

  for (const way of Object.keys(WAYS)) {
    for (const by of ["another", "itself, made again"]) {
      test(`hears others once, and is one server: ${way}, by ${by}`, async (t) => {
        const make = factory(t, way);
        const { io, member, asked } = await start(t, make);
        io.adapter(by === "another" ? factory(t, way) : make);
        const { adapter } = io.of("/");
        await adapter.init();
        const other = await start(t, factory(t, way));
        // The end of a connection may come to Redis after the next one's beginning.
        await until(async () => (await adapter.serverCount()) === 2);
        other.io.emit("hello");
        assert.equal((await other.io.fetchSockets()).length, 2);
        assert.deepEqual(await other.io.serverSideEmitWithAck("asked", 1), ["here"]);
        assert.deepEqual(await io.serverSideEmitWithAck("asked", 2), ["here"]);
        other.io.emit("bye");
        await member.hears("bye");
        assert.deepEqual([member.names, asked, other.asked], [["hello", "bye"], [1], [2]]);
      });
    }
  }
});
