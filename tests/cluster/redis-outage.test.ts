import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { createShardedAdapter, createStreamsAdapter, type RedisAdapter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { OURS, OURS_FOLDER, provenance } from "./kinds.ts";
import {
  cutOff,
  heardOf,
  LIBRARIES,
  REASONS_OF_STREAMS,
  start,
  type Library,
  type Node,
  type StartOptions,
} from "./outage-stage.ts";

/*
 * Redis goes away and comes back: what servers go on doing meanwhile, what they tell, and what is lost.
 */

/* oxlint-disable typescript/no-explicit-any -- clients of several libraries have no type in common */

/** Two servers: one of them reaches Redis through a proxy. */
async function pair(t: TestContext, library: Library = "redis-4", options: StartOptions = {}) {
  const redis = await RedisServer.start();
  t.after(() => redis.stop());
  const proxy = await FaultyProxy.start(redis.port);
  t.after(() => proxy.close());
  const cut = await start(t, library, proxy.port, options);
  const other = await start(t, library, redis.port, options);
  return { redis, proxy, cut, other };
}

/** What does not fit into the outbox, as it is told. */
function lostBy({ adapter }: Node): unknown[] {
  const lost: unknown[] = [];
  adapter.on("publish_error", ({ code }: { code: string }, operation: string) => lost.push([code, operation]));
  return lost;
}

/** Every way to say something to the other servers without waiting for answers. */
const OPERATIONS = ["broadcast", "socketsJoin", "socketsLeave", "disconnectSockets", "serverSideEmit"];

function sayEverything({ io }: Node): void {
  io.emit("not kept");
  io.socketsJoin("room");
  io.in("room").socketsLeave("room");
  io.in("room").disconnectSockets();
  io.serverSideEmit("anything");
}

const fullFor = (operations: readonly string[]): unknown[] =>
  operations.map((operation) => ["ERR_OUTBOX_FULL", operation]);

/** Resolves once a server hears what another emits. */
async function hearsAgain({ member }: Node, other: Node): Promise<void> {
  for (let heard = false; !heard;) {
    other.io.emit("again");
    heard = member.names.includes("again");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the packages are ours, by real path", () => {
  assert.ok(provenance(OURS).adapter.folder.startsWith(OURS_FOLDER));
});

for (const library of LIBRARIES) {
  describe(`servers whose Redis goes away, with ${library}`, { skip: withoutRedis }, () => {
    test("one that lost its connection delivers to its own clients, and to the others what it has kept, in order", async (t) => {
      const { proxy, cut, other } = await pair(t, library);
      await cutOff(cut, proxy);
      for (const at of [1, 2, 3]) cut.io.emit("kept", at);
      cut.io.emit("last");
      await cut.member.hears("last");
      assert.deepEqual([heardOf(cut.member, "kept"), heardOf(other.member, "kept")], [[1, 2, 3], []]);
      const restored = once(cut.adapter, "restored");
      proxy.forward();
      assert.deepEqual(await restored, [{ sent: 4, lost: 0 }]);
      await other.member.hears("last");
      assert.deepEqual(heardOf(other.member, "kept"), [1, 2, 3]);
      await hearsAgain(cut, other);
    });

    test("when it ends and another begins in its place, they hear each other again", async (t) => {
      const redis = await RedisServer.start();
      t.after(() => redis.stop());
      const nodes = [await start(t, library, redis.port), await start(t, library, redis.port)] as const;
      const told = nodes.map(({ adapter }) => once(adapter, "degraded"));
      await redis.stop();
      await Promise.all(told);
      const restored = nodes.map(({ adapter }) => once(adapter, "restored"));
      const again = await RedisServer.start([], redis.port);
      t.after(() => again.stop());
      await Promise.all(restored);
      await until(async () => (await nodes[0].adapter.serverCount()) >= 2);
      for (const [from, to] of [nodes, nodes.toReversed()] as const) {
        from.io.emit("back");
        await to.member.hears("back");
      }
      assert.equal((await nodes[0].io.fetchSockets()).length, 2);
    });
  });
}

describe("a server whose Redis goes away", { skip: withoutRedis }, () => {
  test("keeps what is published while Redis is connected, but stands still", async (t) => {
    const { redis, cut, other } = await pair(t);
    const degraded = once(cut.adapter, "degraded");
    redis.process.kill("SIGSTOP");
    // It notices that by not being answered.
    cut.io.emit("kept", 0);
    assert.deepEqual(await degraded, ["unresponsive"]);
    for (const at of [1, 2, 3]) cut.io.emit("kept", at);
    cut.io.emit("last");
    await cut.member.hears("last");
    const restored = once(cut.adapter, "restored");
    redis.process.kill("SIGCONT");
    assert.deepEqual(await restored, [{ sent: 4, lost: 0 }]);
    await other.member.hears("last");
    assert.deepEqual(heardOf(other.member, "kept"), [0, 1, 2, 3]);
  });

  for (const [limit, options] of [
    ["messages", { maxMessages: 2 }],
    ["bytes", { maxBytes: 130 }],
  ] as const) {
    test(`loses what is beyond the limit of ${limit}, and tells each`, async (t) => {
      await losesWhatDoesNotFit(await pair(t, "redis-4", { outbox: options }));
    });
  }

  test("gets an error to its questions within their time, with what it knows itself", async (t) => {
    const { proxy, cut } = await pair(t);
    cut.member.client.on("who", (answer: (value: string) => void) => answer("me"));
    const degraded = once(cut.adapter, "degraded");
    proxy.refuse();
    await degraded;
    const responsesOf = async (asked: Promise<unknown>): Promise<unknown> =>
      asked.then(
        () => assert.fail("answered"),
        (error: { responses?: unknown }) => error.responses,
      );
    const [fetched, emitted, answered, ids, rooms] = await Promise.all([
      responsesOf(cut.io.timeout(300).fetchSockets()),
      responsesOf(cut.io.serverSideEmitWithAck("anything")),
      responsesOf(cut.io.timeout(300).emitWithAck("who")),
      responsesOf(cut.io.allSockets()),
      responsesOf((cut.adapter as RedisAdapter).allRooms()),
    ]);
    assert.deepEqual(
      (fetched as { id: string }[]).map(({ id }) => id),
      [cut.member.id],
    );
    const { id } = cut.member;
    assert.deepEqual([emitted, answered, ids, rooms], [[], ["me"], [id], [id]]);
  });

  test("closes without waiting for it", async (t) => {
    const { proxy, cut } = await pair(t);
    const lost = once(cut.adapter, "publish_error");
    await cutOff(cut, proxy);
    cut.io.emit("kept");
    await cut.close();
    assert.match(String((await lost)[0]), /the adapter was closed/);
  });

  test("keeps messages of sharded pub/sub too, and tells of each that does not fit", async (t) => {
    const options = { create: createShardedAdapter, outbox: { maxMessages: 1 } };
    const { proxy, cut, other } = await pair(t, "ioredis", options);
    const lost = lostBy(cut);
    await cutOff(cut, proxy);
    cut.io.emit("kept", 1);
    sayEverything(cut);
    const restored = once(cut.adapter, "restored");
    proxy.forward();
    assert.deepEqual(await restored, [{ sent: 1, lost: 5 }]);
    await other.member.hears("kept");
    assert.deepEqual(lost, fullFor(OPERATIONS));
    await hearsAgain(cut, other);
  });
});

describe("servers over streams whose Redis goes away", { skip: withoutRedis }, () => {
  const create = (client: any, _subClient: unknown, options: object) =>
    createStreamsAdapter(client, { blockTimeInMs: 200, ...options });

  for (const [library, how, ioredisOptions] of [
    ["redis", "", {}],
    ["ioredis", "", {}],
    // It never tells what became of a read that was under way.
    ["ioredis", " that sends nothing twice", { autoResendUnfulfilledCommands: false }],
  ] as const) {
    test(`keep what they publish, and hear what they have missed, with ${library}${how}`, async (t) => {
      const { proxy, cut, other } = await pair(t, library, { create, ioredisOptions });
      await cutOff(cut, proxy, REASONS_OF_STREAMS);
      for (const at of [1, 2, 3]) cut.io.emit("kept", at);
      cut.io.emit("last");
      await cut.member.hears("last");
      other.io.emit("missed");
      assert.deepEqual([heardOf(cut.member, "kept"), heardOf(other.member, "kept")], [[1, 2, 3], []]);
      const restored = once(cut.adapter, "restored");
      proxy.forward();
      assert.deepEqual(await restored, [{ sent: 4, lost: 0 }]);
      await Promise.all([other.member.hears("last"), cut.member.hears("missed")]);
      assert.deepEqual(heardOf(other.member, "kept"), [1, 2, 3]);
      assert.equal((await cut.io.fetchSockets()).length, 2);
    });
  }

  for (const [limit, outbox] of [
    ["messages", { maxMessages: 2 }],
    ["bytes", { maxBytes: 250 }],
  ] as const) {
    test(`lose what is beyond the limit of ${limit}, and tell each`, async (t) => {
      await losesWhatDoesNotFit(await pair(t, "ioredis", { create, outbox }), REASONS_OF_STREAMS);
    });
  }
});

/** The outbox has room for two messages. */
async function losesWhatDoesNotFit(
  { proxy, cut, other }: Awaited<ReturnType<typeof pair>>,
  reasons?: readonly string[],
): Promise<void> {
  const lost = lostBy(cut);
  await cutOff(cut, proxy, reasons);
  cut.io.emit("kept", 1);
  cut.io.emit("kept", 2);
  sayEverything(cut);
  const restored = once(cut.adapter, "restored");
  proxy.forward();
  assert.deepEqual(await restored, [{ sent: 2, lost: 5 }]);
  assert.deepEqual(lost, fullFor(OPERATIONS));
  cut.io.emit("last");
  await other.member.hears("last");
  assert.deepEqual(heardOf(other.member, "kept"), [1, 2]);
}
