import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createAdapter, createShardedAdapter, createStreamsAdapter } from "socket.io-redis";
import type { Member } from "../support/member.ts";
import { RedisCluster, RedisServer, withoutRedis } from "../support/redis.ts";
import { load, loadRedis, OURS } from "./kinds.ts";
import { serveMember } from "./node.ts";

/* oxlint-disable typescript/no-explicit-any -- clients of several libraries have no type in common */

const LIBRARIES = ["redis", "redis-4", "redis-3", "ioredis", "ioredis-5"] as const;
type Library = (typeof LIBRARIES)[number];

interface Connection {
  readonly client: any;
  end(): unknown;
}

async function single(library: Library, port: number): Promise<Connection> {
  const module = loadRedis(library);
  if (library.startsWith("ioredis")) {
    const client = new module.Redis(port, "127.0.0.1");
    client.on("error", () => {});
    return { client, end: () => client.disconnect() };
  }
  const client =
    library === "redis-3"
      ? module.createClient(port, "127.0.0.1")
      : module.createClient({ url: `redis://127.0.0.1:${port}` });
  client.on("error", () => {});
  if (library !== "redis-3") await client.connect();
  if (library === "redis-3") return { client, end: () => client.end(false) };
  return { client, end: () => client.disconnect() };
}

async function clustered(library: "redis" | "ioredis", ports: readonly number[]): Promise<Connection> {
  const module = loadRedis(library);
  if (library === "ioredis") {
    const client = new module.Cluster(ports.map((port) => ({ host: "127.0.0.1", port })));
    client.on("error", () => {});
    await once(client, "ready");
    return { client, end: () => client.disconnect() };
  }
  const client = module.createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) });
  client.on("error", () => {});
  await client.connect();
  return { client, end: () => client.destroy() };
}

/** Two servers over pub/sub speak with each other, whatever carries it. */
async function proveTwoServers(connect: () => Promise<Connection>, form: "clients" | "options"): Promise<void> {
  const connections: Connection[] = [];
  const nodes: { io: any; member: Member }[] = [];
  for (let number = 0; number < 2; number++) {
    const [pub, sub] = [await connect(), await connect()];
    connections.push(pub, sub);
    const [pubClient, subClient] = [pub.client, sub.client];
    const { io, member } = await serveMember(
      form === "clients"
        ? createAdapter(pubClient, subClient, { requestsTimeout: 4000 })
        : load(OURS).adapter({ pubClient, subClient, key: "app" }),
    );
    await member.socket.join(["room", `room ${number}`]);
    nodes.push({ io, member });
  }
  const [one, other] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
  for (const [from, to, number] of [
    [one, other, 1],
    [other, one, 0],
  ] as const) {
    from.io.to(`room ${number}`).emit("bytes", Buffer.from([0x7b, 0, 0xff]), "€");
    assert.deepEqual(await to.member.hears("bytes"), [Buffer.from([0x7b, 0, 0xff]), "€"]);
    from.io.emit("after");
    await to.member.hears("after");
    // Some libraries tell of a message by several events.
    assert.deepEqual(
      to.member.names.filter((name) => name === "bytes"),
      ["bytes"],
    );
    assert.equal((await from.io.in("room").allSockets()).size, 2);
    assert.deepEqual([...(await from.io.in(`room ${number}`).allSockets())], [to.member.id]);
    assert.equal((await from.io.fetchSockets()).length, 2);
    assert.ok((await from.io.of("/").adapter.allRooms()).has(`room ${number}`));
    to.io.once("ask", (answer: (value: number) => void) => answer(number));
    assert.deepEqual(await from.io.serverSideEmitWithAck("ask"), [number]);
    await from.io.of("/").adapter.remoteJoin(to.member.id, "far");
    assert.ok(to.member.socket.rooms.has("far"));
  }
  for (const { io, member } of nodes) {
    member.client.close();
    await io.close();
  }
  for (const { end } of connections) await end();
}

describe("clients of Redis of all makes", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  before(async () => (redis = await RedisServer.start()));
  after(() => redis.stop());

  for (const library of LIBRARIES) {
    for (const form of ["clients", "options"] as const) {
      test(`two servers speak with each other over ${library}, given as ${form}`, () =>
        proveTwoServers(() => single(library, redis.port), form));
    }
  }

  for (const form of ["call", "call with a uri", "call with host and port", "uri", "options"]) {
    test(`clients of its own, by ${form}: they end with the server, and the process after them`, async () => {
      const { told, code } = await runApplication(form, redis.port);
      assert.deepEqual([told, code], [{ before: false, made: true, count: 1 }, 0]);
    });
  }

  test("options of redis 3 mean to clients of its own what they meant", async () => {
    const locked = await RedisServer.start(["--requirepass", "secret"]);
    const { Server, adapter } = load(OURS);
    const { Redis } = loadRedis("ioredis");
    const commands = new Redis({ port: locked.port, host: "127.0.0.1", password: "secret" });
    const attempts: number[] = [];
    const given = { host: "127.0.0.1", port: `${locked.port}`, auth_pass: "secret", db: "2", family: "IPv4" };
    const retry = ({ attempt }: { attempt: number }): number => attempts.push(attempt);
    const io = new Server({ adapter: adapter({ ...given, retry_strategy: retry }) });
    await io.of("/").adapter.init();
    assert.equal(await io.of("/").adapter.serverCount(), 1);
    const clients = ((await commands.client("LIST")) as string).trim().split("\n");
    assert.equal(clients.filter((line) => / db=2 /.test(line)).length, 2);
    for (const client of clients.filter((line) => / db=2 /.test(line))) {
      await commands.client("KILL", "ID", /id=(\d+)/.exec(client)![1]!);
    }
    await Promise.all([once(io.of("/").adapter.pubClient, "ready"), once(io.of("/").adapter.subClient, "ready")]);
    assert.deepEqual(attempts, [1, 1]);
    await io.close();
    commands.disconnect();
    await locked.stop();
  });

  test("where clients are given, no library is loaded", async () => {
    const { told } = await runApplication("given", redis.port);
    assert.deepEqual(told, { before: false, made: false });
  });

  test("says so where nobody listens to the errors of a client, and goes on", async (context) => {
    const warn = context.mock.method(console, "warn", () => {});
    const { Redis } = loadRedis("ioredis");
    const clients = [new Redis(redis.port, "127.0.0.1"), new Redis(redis.port, "127.0.0.1")] as const;
    const { Server } = load(OURS);
    const io = new Server({ adapter: createAdapter(...clients) });
    await io.of("/").adapter.init();
    clients[0].emit("error", new Error("lost"));
    assert.deepEqual(warn.mock.calls[0]!.arguments, ["missing 'error' handler on this Redis client"]);
    clients[1].on("error", () => {});
    clients[1].emit("error", new Error("lost"));
    assert.equal(warn.mock.callCount(), 1);
    await io.close();
    for (const client of clients) client.disconnect();
  });

  test("throws a TypeError for what is no client", () => {
    const client = { publish() {}, on() {} };
    for (const make of [
      () => createAdapter(client, undefined),
      () => createAdapter({ pubClient: client }),
      () => createAdapter({ subClient: client }),
      () => createShardedAdapter(client, {}),
      () => createShardedAdapter(undefined, client),
      () => createStreamsAdapter({}),
      () => createStreamsAdapter("redis://localhost"),
    ]) {
      assert.throws(make, TypeError);
    }
  });
});

describe("clients of a Redis Cluster", { skip: withoutRedis }, () => {
  let redis: RedisCluster;
  before(async () => (redis = await RedisCluster.start()));
  after(() => redis.stop());

  for (const library of ["redis", "ioredis"] as const) {
    test(`two servers speak with each other over ${library}`, () =>
      proveTwoServers(() => clustered(library, redis.ports), "clients"));
  }
});

async function runApplication(form: string, port: number): Promise<{ told: unknown; code: number }> {
  const program = fileURLToPath(new URL("own-clients.cjs", import.meta.url));
  const child = fork(program, [form, `${port}`]);
  const exit = once(child, "exit");
  const [told] = (await once(child, "message")) as [unknown];
  const [code] = (await exit) as [number];
  return { told, code };
}
