import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { listen } from "../support/listening.ts";
import { Member } from "../support/member.ts";
import { RedisCluster, withoutRedis } from "../support/redis.ts";
import { load, loadRedis, OURS, UPSTREAM, type Kind } from "./kinds.ts";

/* oxlint-disable typescript/no-explicit-any -- clients and servers of several makers have no type in common */

const UPSTREAM_8 = UPSTREAM[0]!;
const LIBRARIES = ["ioredis", "redis"] as const;
const MODES = ["static", "dynamic", "dynamic-private"] as const;

/** What ends when the node ends. */
interface Node {
  readonly io: any;
  connect(rooms: readonly string[]): Promise<Member>;
  stop(): Promise<void>;
}

async function startNode(
  kind: Kind,
  library: (typeof LIBRARIES)[number],
  ports: readonly number[],
  subscriptionMode: string,
): Promise<Node> {
  const modules = load(kind);
  const [pub, sub] = await Promise.all([clusterClient(library, ports), clusterClient(library, ports)]);
  const http = createServer();
  const io = new modules.Server(http, { transports: ["websocket"] });
  io.adapter(modules.adapter.createShardedAdapter(pub.client, sub.client, { subscriptionMode }));
  const port = await listen(http);
  const clients: any[] = [];
  return {
    io,
    async connect(rooms) {
      const member = await Member.join(io, () => {
        const client = modules.connect(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
        clients.push(client);
        return client;
      });
      await member.socket.join([...rooms]);
      return member;
    },
    async stop() {
      for (const client of clients) client.close();
      await io.close();
      await Promise.all([pub.end(), sub.end()]);
    },
  };
}

async function clusterClient(library: string, ports: readonly number[]): Promise<{ client: any; end(): unknown }> {
  if (library === "ioredis") {
    const { Cluster } = loadRedis("ioredis");
    const client = new Cluster(
      ports.map((port) => ({ host: "127.0.0.1", port })),
      { shardedSubscribers: true },
    );
    client.on("error", () => {});
    await once(client, "ready");
    return { client, end: () => client.disconnect() };
  }
  const { createCluster } = loadRedis("redis");
  const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
  client.on("error", () => {});
  await client.connect();
  // Upstream's adapter leaves commands behind that nobody waits for.
  return { client, end: () => client.close() };
}

describe("sharded pub/sub over three Redis servers", { skip: withoutRedis }, () => {
  let redis: RedisCluster;
  before(async () => (redis = await RedisCluster.start()));
  after(() => redis.stop());

  for (const library of LIBRARIES) {
    for (const mode of MODES) {
      for (const other of [OURS, UPSTREAM_8]) {
        describe(`ours and ${other.name}, ${mode}, over ${library}`, () => {
          let ours: Node;
          let theirs: Node;
          let here: Member;
          let there: Member;
          before(async () => {
            ours = await startNode(OURS, library, redis.ports, mode);
            theirs = await startNode(other, library, redis.ports, mode);
            here = await ours.connect(["room", "ours", "a room of 20 letters"]);
            there = await theirs.connect(["room", "theirs"]);
            await untilBothListen(ours, theirs, here, there);
          });
          after(() => Promise.all([ours?.stop(), theirs?.stop()]));

          test("broadcasts arrive at all, at the rooms that are meant and at single sockets, in their order", async () => {
            for (const [from, to, room] of [
              [ours, there, "theirs"],
              [theirs, here, "ours"],
            ] as const) {
              const name = `to ${room}`;
              from.io.emit(`${name} 1`, { a: [1, "€"] });
              from.io.to(room).emit(`${name} 2`, Buffer.from([1, 2, 3]));
              from.io.to(to.id).emit(`${name} 3`);
              from.io.to(["room", room]).except("nobody").emit(`${name} 4`);
              from.io.emit(`${name} end`);
              await Promise.all([here.hears(`${name} end`), there.hears(`${name} end`)]);
              assert.deepEqual(await to.hears(`${name} 1`), [{ a: [1, "€"] }]);
              assert.deepEqual(await to.hears(`${name} 2`), [Buffer.from([1, 2, 3])]);
              await Promise.all([to.hears(`${name} 3`), to.hears(`${name} 4`)]);
              const other = to === here ? there : here;
              assert.ok(!other.names.includes(`${name} 2`) && !other.names.includes(`${name} 3`));
            }
          });

          test("a room whose name is as long as the id of a socket is reached", async () => {
            theirs.io.to("a room of 20 letters").emit("long");
            await here.hears("long");
          });

          test("answers, sockets and events between servers", async () => {
            for (const member of [here, there])
              member.client.once("ask", (done: (value: string) => void) => done("yes"));
            assert.deepEqual(await ours.io.timeout(5000).emitWithAck("ask"), ["yes", "yes"]);
            assert.equal((await ours.io.in("room").fetchSockets()).length, 2);
            assert.equal((await theirs.io.in("room").fetchSockets()).length, 2);
            assert.deepEqual(await ours.io.in("room").allSockets(), new Set([here.id, there.id]));
            theirs.io.once("sum", (a: number, b: number, done: (sum: number) => void) => done(a + b));
            assert.deepEqual(await ours.io.serverSideEmitWithAck("sum", 1, 2), [3]);
          });
        });
      }
    }
  }
});

/** The other make does not tell when it listens: emits until everything has arrived once. */
async function untilBothListen(ours: Node, theirs: Node, here: Member, there: Member): Promise<void> {
  const rooms = ["room", "ours", "theirs", "a room of 20 letters", here.id, there.id];
  for (const [from, to] of [
    [ours, there],
    [theirs, here],
  ] as const) {
    const wanted = rooms.filter((room) => [...to.socket.rooms].includes(room));
    const heard = Promise.all(wanted.map((room) => to.hears(`ready ${room}`)));
    const emits = setInterval(() => {
      for (const room of wanted) from.io.to(room).emit(`ready ${room}`);
    });
    await heard;
    clearInterval(emits);
  }
}
