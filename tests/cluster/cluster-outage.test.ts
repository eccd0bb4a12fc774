import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Server } from "socket.io";
import type { Adapter } from "socket.io-adapter";
import { createShardedAdapter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import type { Member } from "../support/member.ts";
import { RedisCluster, withoutRedis } from "../support/redis.ts";
import { loadRedis } from "./kinds.ts";
import { serveMember } from "./node.ts";

/*
 * A Redis Cluster of three nodes that goes away and comes back, or to which the way is cut: what servers go on doing
 * meanwhile, what they tell, and what is lost.
 */

/* oxlint-disable typescript/no-explicit-any -- clients of several libraries have no type in common */

const LIBRARIES = ["ioredis", "redis"] as const;
type Library = (typeof LIBRARIES)[number];

const RETRY_MS = 20;
const DISCONNECTED = ["publisher disconnected", "subscriber disconnected"];

interface Node {
  readonly io: Server;
  readonly adapter: Adapter;
  readonly member: Member;
}

/** @param ways ports to the nodes of the cluster, by their own */
async function clientOf(t: TestContext, library: Library, ways: ReadonlyMap<number, number>): Promise<any> {
  const addresses = Object.fromEntries(
    [...ways].map(([node, port]) => [`127.0.0.1:${node}`, { host: "127.0.0.1", port }]),
  );
  if (library === "ioredis") {
    const { Cluster } = loadRedis(library);
    const client = new Cluster(Object.values(addresses), {
      natMap: addresses,
      shardedSubscribers: true,
      clusterRetryStrategy: () => RETRY_MS,
    });
    client.on("error", () => {});
    t.after(() => client.disconnect());
    await once(client, "ready");
    return client;
  }
  const client = loadRedis(library).createCluster({
    rootNodes: Object.values(addresses).map((socket) => ({ socket })),
    nodeAddressMap: addresses,
    defaults: { socket: { reconnectStrategy: () => RETRY_MS } },
  });
  client.on("error", () => {});
  await client.connect();
  t.after(() => client.destroy());
  return client;
}

async function start(t: TestContext, library: Library, ways: ReadonlyMap<number, number>): Promise<Node> {
  const [pubClient, subClient] = [await clientOf(t, library, ways), await clientOf(t, library, ways)];
  const served = await serveMember(createShardedAdapter(pubClient, subClient));
  t.after(async () => {
    await served.io.close();
    served.member.client.close();
  });
  return served;
}

/** Resolves once a server has told all of these reasons. It publishes meanwhile: ioredis connects to a node when it has something for it. */
async function degraded({ io, adapter }: Node, reasons: readonly string[]): Promise<void> {
  const missing = new Set(reasons);
  const emits = setInterval(() => io.emit("anything"), 20);
  await new Promise<void>((resolve) => {
    adapter.on("degraded", (reason: string) => {
      missing.delete(reason);
      if (missing.size === 0) resolve();
    });
  });
  clearInterval(emits);
}

const heardOf = ({ heard }: Member, name: string): unknown[] =>
  heard.filter(([event]) => event === name).map(([, value]) => value);

/** They emit until they have heard each other. */
async function hearEachOther([one, other]: readonly [Node, Node]): Promise<void> {
  const heard = Promise.all([one.member.hears("from other"), other.member.hears("from one")]);
  const emits = setInterval(() => {
    one.io.emit("from one");
    other.io.emit("from other");
  }, 20);
  await heard;
  clearInterval(emits);
}

describe("servers on a Redis Cluster", { skip: withoutRedis }, () => {
  let redis: RedisCluster;
  before(async () => (redis = await RedisCluster.start()));
  after(() => redis.stop());

  const direct = (): Map<number, number> => new Map(redis.ports.map((port) => [port, port]));

  /** Two servers: one of them reaches the nodes through proxies. */
  async function pair(t: TestContext, library: Library) {
    const proxies = await Promise.all(redis.ports.map((port) => FaultyProxy.start(port)));
    t.after(() => proxies.forEach((proxy) => proxy.close()));
    const ways = new Map(redis.ports.map((port, at) => [port, proxies[at]!.port]));
    const cut = await start(t, library, ways);
    const other = await start(t, library, direct());
    return { proxies, cut, other };
  }

  for (const library of LIBRARIES) {
    test(`one that is cut off from all nodes tells it, delivers to its own clients and publishes later what it has kept: ${library}`, async (t) => {
      const { proxies, cut, other } = await pair(t, library);
      const told = degraded(cut, DISCONNECTED);
      for (const proxy of proxies) proxy.refuse();
      await told;
      for (const at of [1, 2, 3]) cut.io.emit("kept", at);
      cut.io.emit("last");
      await cut.member.hears("last");
      assert.deepEqual([heardOf(cut.member, "kept"), heardOf(other.member, "kept")], [[1, 2, 3], []]);
      const restored = once(cut.adapter, "restored");
      for (const proxy of proxies) proxy.forward();
      const [{ sent }] = (await restored) as [{ sent: number }];
      assert.ok(sent >= 4, `${sent}`);
      await other.member.hears("last");
      assert.deepEqual(heardOf(other.member, "kept"), [1, 2, 3]);
      await hearEachOther([cut, other]);
    });

    test(`when all its nodes are killed and started again, they tell both and hear each other again: ${library}`, async (t) => {
      const nodes = [await start(t, library, direct()), await start(t, library, direct())] as const;
      const told = nodes.map((node) => degraded(node, DISCONNECTED));
      await Promise.all(redis.nodes.map((node) => node.kill()));
      await Promise.all(told);
      for (const { io, member } of nodes) {
        io.emit("own");
        await member.hears("own");
      }
      const restored = nodes.map(({ adapter }) => once(adapter, "restored"));
      await redis.restart();
      await Promise.all(restored);
      await hearEachOther(nodes);
    });
  }

  test("while all its nodes stand still, what is published is kept: redis", async (t) => {
    const nodes = [await start(t, "redis", direct()), await start(t, "redis", direct())] as const;
    const [one, other] = nodes;
    const told = once(one.adapter, "degraded");
    for (const { process } of redis.nodes) process.kill("SIGSTOP");
    one.io.emit("kept", 0);
    assert.deepEqual(await told, ["unresponsive"]);
    for (const at of [1, 2]) one.io.emit("kept", at);
    one.io.emit("last");
    await one.member.hears("last");
    const restored = once(one.adapter, "restored");
    for (const { process } of redis.nodes) process.kill("SIGCONT");
    assert.deepEqual(await restored, [{ sent: 3, lost: 0 }]);
    await other.member.hears("last");
    assert.deepEqual(heardOf(other.member, "kept"), [0, 1, 2]);
  });

  test("one that has lost one node of three tells that it does not hear all, where the library tells it: redis", async (t) => {
    const { proxies, cut, other } = await pair(t, "redis");
    const reasons: string[] = [];
    cut.adapter.on("degraded", (reason: string) => reasons.push(reason));
    const told = degraded(cut, ["subscriber disconnected"]);
    proxies[0]!.refuse();
    await told;
    const restored = once(cut.adapter, "restored");
    proxies[0]!.forward();
    await restored;
    // What it publishes still has a way.
    assert.ok(!reasons.includes("publisher disconnected"));
    await hearEachOther([cut, other]);
  });
});
