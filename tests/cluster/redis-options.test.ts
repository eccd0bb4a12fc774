import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test, type TestContext } from "node:test";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { load, OURS, prove, UPSTREAM } from "./kinds.ts";
import { ClusterNode } from "./node.ts";
import { redisClient, StreamsNode, STREAMS_UPSTREAM } from "./streams-kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- servers of several makers have no type in common */

const DEFAULTS = {
  streamName: "socket.io",
  maxLen: 10_000,
  readCount: 100,
  blockTimeInMs: 5000,
  channelPrefix: "socket.io",
  sessionKeyPrefix: "sio:session:",
};

const GIVEN = {
  streamName: "own",
  maxLen: 500,
  readCount: 7,
  blockTimeInMs: 150,
  channelPrefix: "own-channels",
  sessionKeyPrefix: "own-sessions:",
};

/** What Redis is asked from now on: commands with their arguments. */
async function watch(context: TestContext, port: number): Promise<string[][]> {
  const client = await redisClient("ioredis", port);
  const monitor = await client.monitor();
  const commands: string[][] = [];
  monitor.on("monitor", (_time: string, args: string[]) => commands.push(args));
  context.after(() => {
    monitor.disconnect();
    client.disconnect();
  });
  return commands;
}

describe("options of adapters over Redis", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  before(async () => (redis = await RedisServer.start()));
  after(() => redis.stop());

  for (const kind of [OURS, UPSTREAM[0]!]) {
    test(`pub/sub (${kind.name}): the defaults are those of the documentation`, async (context) => {
      prove(kind);
      const node = await ClusterNode.start(kind, redis.port);
      context.after(() => node.stop());
      const { adapter } = node.io.of("/");
      assert.deepEqual(
        [adapter.requestsTimeout, adapter.publishOnSpecificResponseChannel, adapter.channel, adapter.requestChannel],
        [5000, false, "socket.io#/#", "socket.io-request#/#"],
      );
      assert.deepEqual(
        [adapter.responseChannel, adapter.specificResponseChannel],
        ["socket.io-response#/#", `socket.io-response#/#${adapter.uid}#`],
      );
    });

    test(`pub/sub (${kind.name}): a broadcast to one room has its channel, and the parser's form`, async (context) => {
      const parser = {
        encode: (value: unknown): Buffer => Buffer.from(`#${JSON.stringify(value)}`),
        decode: (bytes: Buffer): unknown => JSON.parse(bytes.subarray(1).toString()),
      };
      const nodes = [
        await ClusterNode.start(kind, redis.port, { parser }),
        await ClusterNode.start(kind, redis.port, { parser }),
      ] as const;
      context.after(() => Promise.all(nodes.map((node) => node.stop())));
      const member = await nodes[1].connect("/", ["room"]);
      const commands = await watch(context, redis.port);
      nodes[0].io.to("room").emit("one room", 1);
      nodes[0].io.to(["room", "other"]).emit("two rooms");
      nodes[0].io.local.emit("nobody else");
      nodes[0].io.emit("end");
      await member.hears("end");
      const published = (): string[][] => commands.filter(([name]) => name!.toUpperCase() === "PUBLISH");
      await until(() => published().length === 3);
      assert.deepEqual(
        published().map(([, channel]) => channel),
        ["socket.io#/#room#", "socket.io#/#", "socket.io#/#"],
      );
      assert.ok(published().every(([, , payload]) => payload!.startsWith("#[")));
      assert.deepEqual(member.names, ["one room", "two rooms", "end"]);
    });
  }

  test("pub/sub: what is asked of sockets comes back through Redis first, but for `local`", async (context) => {
    const node = await ClusterNode.start(OURS, redis.port);
    context.after(() => node.stop());
    const { socket } = await node.connect();
    const joined = once(node.io.of("/").adapter, "join-room");
    node.io.socketsJoin("later");
    assert.ok(!socket.rooms.has("later"));
    await joined;
    assert.ok(socket.rooms.has("later"));
    node.io.local.socketsJoin("now");
    assert.ok(socket.rooms.has("now"));
    node.io.local.socketsLeave("now");
    assert.ok(!socket.rooms.has("now"));
  });

  test("pub/sub: a question that is not answered ends after `requestsTimeout`, and says which", async (context) => {
    const node = await ClusterNode.start(OURS, redis.port, { requestsTimeout: 20 });
    const silent = await redisClient("ioredis", redis.port);
    context.after(async () => {
      silent.disconnect();
      await node.stop();
    });
    // It is counted as a server.
    await silent.subscribe("socket.io-request#/#");
    const { adapter } = node.io.of("/");
    await assert.rejects(node.io.fetchSockets(), /^\w*Error: timeout reached while waiting for fetchSockets response$/);
    await assert.rejects(adapter.allRooms(), /timeout reached while waiting for allRooms response/);
    await assert.rejects(node.io.serverSideEmitWithAck("ask"), { responses: [] });
  });

  for (const kind of [OURS, STREAMS_UPSTREAM]) {
    for (const [what, options, expected] of [
      ["defaults", {}, DEFAULTS],
      ["all of them given", GIVEN, GIVEN],
    ] as const) {
      test(`streams (${kind.name}): ${what}`, async (context) => {
        const commands = await watch(context, redis.port);
        const node = await StreamsNode.start(kind, redis.port, "ioredis", { blockTimeInMs: 5000, ...options });
        context.after(() => node.stop());
        const { socket, client } = await node.connect(["room"]);
        node.io.emit("text", 1);
        const { streamName, maxLen, readCount, blockTimeInMs, channelPrefix, sessionKeyPrefix } = expected;
        const seen = (...args: (string | number)[]): boolean =>
          commands.some((command) => args.every((arg, at) => command[at]!.toLowerCase() === `${arg}`.toLowerCase()));
        await until(() => seen("XADD", streamName, "MAXLEN", "~", maxLen, "*"));
        await until(() => seen("XREAD", "BLOCK", blockTimeInMs, "COUNT", readCount, "STREAMS", streamName));
        await until(() => seen("SUBSCRIBE", `${channelPrefix}#/#`));
        const left = once(socket, "disconnect");
        client.io.engine.close();
        await left;
        await until(() => seen("SET", `${sessionKeyPrefix}${socket.pid}`));
      });
    }
  }

  for (const adapter of ["createAdapter", "createShardedAdapter"] as const) {
    test(`${adapter}: who was cut off begins anew, since nothing is kept`, async (context) => {
      const clients = [await redisClient("ioredis", redis.port), await redisClient("ioredis", redis.port)];
      const { Server, adapter: module, connect } = load(OURS);
      const io = new Server(0, { adapter: module[adapter](...clients), connectionStateRecovery: {} });
      context.after(async () => {
        await io.close();
        for (const client of clients) client.disconnect();
      });
      const port = io.httpServer.address().port as number;
      const first = once(io, "connection");
      const client = connect(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnectionDelay: 1 });
      context.after(() => client.close());
      const [socket] = (await first) as [any];
      if (!client.connected) await once(client, "connect");
      // Without an offset, which it has had with no event, it would not ask.
      client.auth = { pid: socket.pid, offset: "1-0" };
      const second = once(io, "connection");
      socket.conn.transport.socket.terminate();
      const [returned] = (await second) as [any];
      assert.equal(returned.recovered, false);
      assert.notEqual(returned.id, socket.id);
    });
  }
});
