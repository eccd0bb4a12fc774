import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "socket.io-msgpack-parser/build/codec/encode.js";
import { Member } from "../support/member.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { load, loadRedis, OURS } from "./kinds.ts";
import { ClusterNode } from "./node.ts";

/* oxlint-disable typescript/no-explicit-any -- messages of any kind */

const MESSAGES = 600;

/** The same values in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const VALUES: readonly unknown[] = [
  ...[null, undefined, true, -1, 0, 2, 5, 1e300, "", "room", "/", "__proto__", [], {}, [null], [[]], ["event"], [1]],
  ...[{ rooms: 1 }, { rooms: null, except: 7 }, { rooms: ["room"], flags: null }, { length: 3 }, { type: 2, data: 1 }],
  ...[{ type: 2, data: ["event"], nsp: "/" }, { type: 2, data: [{}] }, Buffer.alloc(3), ["connect"], { toString: 1 }],
];
const KEYS = [
  "type",
  "uid",
  "requestId",
  "requestid",
  "opts",
  "rooms",
  "room",
  "sid",
  "close",
  "packet",
  "data",
  "sockets",
  "nsp",
  "clientCount",
];

/** What no server would send: bytes, texts, and messages whose members have the wrong kind. */
function messages(seed: number): (string | Buffer)[] {
  const below = random(seed);
  const value = (): unknown => VALUES[below(VALUES.length)];
  return Array.from({ length: MESSAGES }, (_, at) => {
    const message = Object.fromEntries(KEYS.filter(() => below(3) > 0).map((key) => [key, value()]));
    if (below(4) > 0) message["type"] = below(14);
    switch (at % 6) {
      case 0:
        return Buffer.from(Array.from({ length: below(40) }, () => below(256)));
      case 1:
        return JSON.stringify(message).slice(0, below(80));
      case 2:
        return JSON.stringify(message);
      case 3:
        return Buffer.from(encode(message));
      case 4:
        return Buffer.from(encode(["other", value(), value()]));
      default:
        return Buffer.from(
          encode({ uid: "other", nsp: "/", type: below(14), data: below(2) === 0 ? value() : message }),
        );
    }
  });
}

describe("messages that make no sense", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  let publisher: any;
  before(async () => {
    redis = await RedisServer.start();
    const { Redis } = loadRedis("ioredis-5");
    publisher = new Redis(redis.port, "127.0.0.1");
  });
  after(async () => {
    publisher.disconnect();
    await redis.stop();
  });

  test("pub/sub: they end nothing, and what comes after them arrives", async () => {
    const node = await ClusterNode.start(OURS, redis.port);
    const other = await ClusterNode.start(OURS, redis.port);
    await node.connect("/", ["room"]);
    const { uid } = node.io.of("/").adapter as { uid: string };
    const channels = [
      "socket.io#/#",
      "socket.io#/#room#",
      "socket.io-request#/#",
      "socket.io-response#/#",
      `socket.io-response#/#${uid}#`,
    ];
    const pending = node.io.in("room").timeout(100).fetchSockets();
    for (const [at, message] of messages(1).entries())
      await publisher.publish(channels[at % channels.length]!, message);
    await Promise.allSettled([pending]);
    // Some of them make sense after all: whoever may publish may send sockets away.
    await proveAlive(await node.connect(), other.io);
    await Promise.all([node.stop(), other.stop()]);
  });

  test("sharded and streams: they end nothing, and what comes after them arrives", async () => {
    const { Server, adapter, connect } = load(OURS);
    const { Redis } = loadRedis("ioredis");
    const client = new Redis(redis.port, "127.0.0.1");
    const subscriber = new Redis(redis.port, "127.0.0.1");
    for (const make of [
      () => adapter.createShardedAdapter(client, subscriber),
      () => adapter.createStreamsAdapter(client, { blockTimeInMs: 100 }),
    ]) {
      const servers = [new Server(0, { adapter: make() }), new Server({ adapter: make() })];
      for (const io of servers) await io.of("/").adapter.init();
      const url = `http://127.0.0.1:${servers[0].httpServer.address().port}`;
      const victim = connect(url, { forceNew: true });
      await new Promise((resolve) => servers[0].once("connection", resolve));
      const { uid } = servers[0].of("/").adapter;
      const spublish = (channel: string, message: string | Buffer): Promise<unknown> =>
        publisher.call("SPUBLISH", channel, message);
      for (const [at, message] of messages(2).entries()) {
        await spublish(at % 2 === 0 ? "socket.io#/#" : `socket.io#/#${uid}#`, message);
        await publisher.publish(at % 2 === 0 ? "socket.io#/#" : `socket.io#/#${uid}#`, message);
        const fields = ["uid", "other", "nsp", "/", "type", `${at % 15}`, "data", message];
        await publisher.call("XADD", "socket.io", "*", ...fields.slice(0, 2 * (1 + (at % 4))));
      }
      victim.close();
      const member = await Member.join(servers[0], () => connect(url, { forceNew: true }));
      await proveAlive(member, servers[1]);
      member.client.close();
      for (const io of servers) await io.close();
    }
    client.disconnect();
    subscriber.disconnect();
  });
});

async function proveAlive(member: Member, io: any): Promise<void> {
  io.emit("still there", 1);
  assert.deepEqual(await member.hears("still there"), [1]);
}
