import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { unlessAll } from "../support/test-all.ts";
import { until } from "../support/until.ts";
import { heardOf, noticesCut, REASONS_OF_STREAMS, start, type Library, type Node } from "./outage-stage.ts";

/*
 * Redis is away for a while, with the limits that an outbox has by default. All adapters live through the same outage, and outages of
 * different length go on side by side.
 */

/* oxlint-disable typescript/no-explicit-any -- clients of several libraries have no type in common */

/** The default limits of an outbox. */
const MAX_MESSAGES = 1000;
const MAX_BYTES = 8 * 1024 * 1024;

const MANY_EVENTS = MAX_MESSAGES + 200;
const LARGE_EVENTS = 10;
const LARGE = "x".repeat(1_000_000);
const LARGE_THAT_FIT = Math.floor(MAX_BYTES / LARGE.length);

/** How often clients of Redis try again, in ms. */
const RETRY_MS = 100;

interface Way {
  readonly library: Library;
  readonly isStream?: boolean;
  readonly create: (pubClient: any, subClient: any) => unknown;
}

/** Each has names of its own, since all are on one Redis. */
const WAYS: readonly Way[] = [
  { library: "redis", create: (pubClient, subClient) => createAdapter(pubClient, subClient, { key: "a" }) },
  { library: "ioredis", create: (pubClient, subClient) => createAdapter(pubClient, subClient, { key: "b" }) },
  { library: "redis", create: (pubClient, subClient) => createShardedAdapter(pubClient, subClient) },
  { library: "ioredis", create: (client) => createStreamsAdapter(client, { blockTimeInMs: 200 }), isStream: true },
];

/** Two servers. The first one reaches Redis through the proxy. */
interface Pair {
  readonly isStream: boolean;
  readonly proxy: FaultyProxy;
  readonly first: Witness;
  readonly second: Witness;
}

/** A server, and what its adapter tells. */
interface Witness {
  readonly node: Node;
  /** How many messages, by operation. */
  readonly lost: Map<string, number>;
  /** It knows that it is cut off. */
  readonly cut: Promise<void>;
  /** What it tells when it no longer is: on a busy machine Redis may have seemed to be away before. */
  readonly restored: Promise<[{ readonly sent: number; readonly lost: number }]>;
}

describe("servers of all adapters whose Redis is away", { skip: withoutRedis, concurrency: true }, () => {
  for (const seconds of [1, 10, 60]) {
    const title = `for ${seconds} s go on, keep what fits, tell what is lost, and hear each other again`;
    test(title, { skip: seconds > 1 && unlessAll }, (t) => surviveOutage(t, seconds * 1000));
  }
});

async function surviveOutage(t: TestContext, ms: number): Promise<void> {
  const redis = await RedisServer.start();
  t.after(() => redis.stop());
  const pairs: Pair[] = [];
  for (const way of WAYS) pairs.push(await startPair(t, redis, way));
  const spoken = Promise.all(pairs.map(speakMeanwhile));
  const outage = redis.stayAway(ms);
  t.after(async () => (await outage).stop());
  await Promise.all([spoken, outage]);
  await Promise.all(pairs.map(comeBack));
}

async function startPair(
  t: TestContext,
  redis: RedisServer,
  { library, create, isStream = false }: Way,
): Promise<Pair> {
  const proxy = await FaultyProxy.start(redis.port);
  t.after(() => proxy.close());
  const options = { create, retryMs: RETRY_MS };
  const first = await start(t, library, proxy.port, options);
  const second = await start(t, library, redis.port, options);
  await hearEachOther([first, second], "before");
  const reasons = isStream ? REASONS_OF_STREAMS : undefined;
  return { isStream, proxy, first: watch(first, reasons), second: watch(second, reasons) };
}

function watch(node: Node, reasons?: readonly string[]): Witness {
  const lost = new Map<string, number>();
  node.adapter.on("publish_error", (_error: Error, operation: string) => {
    lost.set(operation, (lost.get(operation) ?? 0) + 1);
  });
  const cut = noticesCut(node, reasons);
  return { node, lost, cut, restored: cut.then(() => once(node.adapter, "restored")) as Witness["restored"] };
}

/** The first one says more events than are kept, the other one more bytes; their own clients hear all of them. */
async function speakMeanwhile({ proxy, first, second }: Pair): Promise<void> {
  const speak = async ({ node }: Witness, event: string, count: number, text: string): Promise<void> => {
    for (let at = 0; at < count; at++) node.io.emit(event, at, text);
    node.io.local.emit("all said");
    await node.member.hears("all said");
    assert.deepEqual(heardOf(node.member, event), numbers(count));
  };
  await Promise.all([
    first.cut.then(() => {
      // Its way is to open when the other one is back: Redis keeps nothing for those who have yet to subscribe.
      proxy.refuse();
      return speak(first, "small", MANY_EVENTS, "");
    }),
    second.cut.then(() => speak(second, "large", LARGE_EVENTS, LARGE)),
  ]);
}

async function comeBack({ isStream, proxy, first, second }: Pair): Promise<void> {
  const [ofSecond] = await second.restored;
  assert.equal(second.lost.get("broadcast"), LARGE_EVENTS - LARGE_THAT_FIT);
  assert.equal(ofSecond.lost, sumOf(second.lost));
  // Over streams there is nothing to subscribe to.
  if (!isStream) await counts(second.node, 1);
  // However long it has been away, its own clients hear it.
  first.node.io.emit("still here");
  await first.node.member.hears("still here");
  proxy.forward();
  const [ofFirst] = await first.restored;
  assert.equal(first.lost.get("broadcast"), MANY_EVENTS - MAX_MESSAGES + 1);
  assert.deepEqual(ofFirst, { sent: MAX_MESSAGES, lost: sumOf(first.lost) });

  const nodes = [first.node, second.node];
  await Promise.all(nodes.map((node) => counts(node, nodes.length)));
  await hearEachOther(nodes, "after");
  assert.deepEqual(heardOf(second.node.member, "small"), numbers(MAX_MESSAGES));
  assert.equal(second.node.member.names.includes("still here"), false);
  // A stream has what was said before a server is back.
  if (isStream) assert.deepEqual(heardOf(first.node.member, "large"), numbers(LARGE_THAT_FIT));
  for (const { io } of nodes) assert.equal((await io.fetchSockets()).length, nodes.length);
}

/** Everything that was said before has arrived then. */
async function hearEachOther(nodes: readonly Node[], event: string): Promise<void> {
  for (const [at, { io }] of nodes.entries()) io.emit(`${event} ${at}`);
  for (const { member } of nodes) await Promise.all(nodes.map((_, at) => member.hears(`${event} ${at}`)));
}

function counts({ adapter }: Node, count: number): Promise<void> {
  return until(async () => (await adapter.serverCount()) === count);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function sumOf(lost: ReadonlyMap<string, number>): number {
  return [...lost.values()].reduce((sum, count) => sum + count, 0);
}
