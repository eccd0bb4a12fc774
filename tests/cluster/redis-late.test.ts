import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test, type TestContext } from "node:test";
import { Server } from "socket.io";
import { createAdapter, createSessionBus, createShardedAdapter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { listen } from "../support/listening.ts";
import { Member } from "../support/member.ts";
import { http } from "../support/raw-peer.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { load, loadRedis, OURS } from "./kinds.ts";
import { start } from "./outage-stage.ts";
import { end, WAYS, type Client, type Create, type Creator } from "./ways.ts";

/*
 * Servers that begin while Redis is away, for so long that their client gives up what it was asked for. Seen to fail with subscriptions
 * that are asked for once: such a server heard nobody until it was started again.
 */

/** Clients that have no connection. */
const LATE_CLIENTS: Readonly<Record<string, (t: TestContext, port: number) => Client>> = {
  "redis, which tries to connect": (t, port) => nodeRedis(t, "redis", port, true),
  "redis, which was not told to": (t, port) => nodeRedis(t, "redis", port, false),
  "redis 4, which tries to connect": (t, port) => nodeRedis(t, "redis-4", port, true),
  ioredis: (t, port) => {
    const client: Client = new (loadRedis("ioredis").Redis)(port, "127.0.0.1");
    client.on("error", () => {});
    t.after(() => client.disconnect());
    return client;
  },
};

function nodeRedis(t: TestContext, library: "redis" | "redis-4", port: number, connects: boolean): Client {
  const client: Client = loadRedis(library).createClient({ socket: { host: "127.0.0.1", port } });
  client.on("error", () => {});
  if (!connects) return client;
  client.connect().catch(() => {});
  t.after(() => end(client));
  return client;
}

describe("a server that begins while Redis is away", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());

  /** Where nobody listens yet. */
  async function nobody(t: TestContext): Promise<FaultyProxy> {
    const proxy = await FaultyProxy.start(redis.port);
    t.after(() => proxy.close());
    proxy.refuse();
    return proxy;
  }

  /** Of ioredis, which gives up at once. */
  function impatient(t: TestContext, port: number): Client {
    const { Redis } = loadRedis("ioredis");
    const client: Client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    client.on("error", () => {});
    t.after(() => client.disconnect());
    return client;
  }

  /** Its adapter has yet to hear anybody. */
  async function begin(t: TestContext, adapter: Creator) {
    const httpServer = createServer();
    const io = new Server(httpServer, { transports: ["websocket"], adapter });
    t.after(() => io.close());
    const url = `http://127.0.0.1:${await listen(httpServer)}`;
    const member = await Member.join(io, () => load(OURS).connect(url, { transports: ["websocket"] }));
    t.after(() => member.client.close());
    io.emit("alone");
    await member.hears("alone");
    return { io, member };
  }

  async function hearEachOther(t: TestContext, { io, member }: Awaited<ReturnType<typeof begin>>, create: Create) {
    const other = await start(t, "ioredis", redis.port, { create });
    await until(
      async () =>
        (await io
          .of("/")
          .adapter.serverCount()
          .catch(() => 0)) === 2,
    );
    await until(() => {
      other.io.emit("to the late one");
      return member.names.includes("to the late one");
    });
    io.emit("from the late one");
    await other.member.hears("from the late one");
    assert.equal((await other.io.fetchSockets()).length, 2);
  }

  for (const [name, create] of Object.entries(WAYS)) {
    test(`hears the others once it is there: ${name}, over ioredis`, async (t) => {
      const proxy = await nobody(t);
      const served = await begin(t, create(impatient(t, proxy.port), impatient(t, proxy.port)));
      await assert.rejects(async () => served.io.of("/").adapter.init());
      proxy.forward();
      await hearEachOther(t, served, create);
    });

    test(`hears the others once its client is told to connect: ${name}, over redis`, async (t) => {
      const clients = [1, 2].map(() => {
        const client: Client = loadRedis("redis").createClient({ socket: { host: "127.0.0.1", port: redis.port } });
        client.on("error", () => {});
        t.after(() => end(client));
        return client;
      });
      const served = await begin(t, create(clients[0]!, clients[1]!));
      for (const client of clients) await client.connect();
      await hearEachOther(t, served, create);
    });
  }

  for (const [name, create] of Object.entries(WAYS)) {
    for (const [library, make] of Object.entries(LATE_CLIENTS)) {
      // Seen to fail with adapters that wait until Redis has let them go.
      test(`closes without waiting for it: ${name}, over ${library}`, async (t) => {
        const proxy = await nobody(t);
        const clients = [make(t, proxy.port), make(t, proxy.port)];
        const io = new Server(createServer(), { adapter: create(clients[0]!, clients[1]!) });
        await io.close();
      });
    }
  }

  for (const subscriptionMode of ["dynamic", "dynamic-private"] as const) {
    test(`lets its clients join rooms, and hears what is sent to them once it is there: ${subscriptionMode}`, async (t) => {
      const create: Create = (client, other) => createShardedAdapter(client, other, { subscriptionMode });
      const proxy = await nobody(t);
      const served = await begin(t, create(impatient(t, proxy.port), impatient(t, proxy.port)));
      const joined = Promise.all(["room", "another"].map((room) => served.member.socket.join(room)));
      served.io.to("room").emit("to the room");
      await served.member.hears("to the room");
      proxy.forward();
      await joined;
      const other = await start(t, "ioredis", redis.port, { create });
      for (const room of ["room", "another"]) {
        other.io.to(room).emit(`to ${room}, from afar`);
        await served.member.hears(`to ${room}, from afar`);
      }
    });
  }

  test("closes without waiting for it: createAdapter, with clients of its own", async (t) => {
    const proxy = await nobody(t);
    const io = new Server(createServer(), { adapter: createAdapter({ host: "127.0.0.1", port: proxy.port }) });
    io.of("/another");
    await io.close();
  });

  test("is known to those who pass on requests, once it is there", async (t) => {
    const proxy = await nobody(t);
    const serve = async (port: number): Promise<number> => {
      const sessionBus = createSessionBus(impatient(t, port), impatient(t, port), { host: "127.0.0.1" });
      const httpServer = createServer();
      const io = new Server(httpServer, { sessionBus });
      t.after(() => io.close());
      return listen(httpServer);
    };
    const [late, other] = [await serve(proxy.port), await serve(redis.port)];
    const polling = "/socket.io/?EIO=4&transport=polling";
    const { body } = await http(late, "GET", polling);
    const { sid } = JSON.parse(body.slice(1)) as { sid: string };
    assert.equal((await http(other, "POST", `${polling}&sid=${sid}`, "6")).status, 400);
    proxy.forward();
    await until(async () => (await http(other, "POST", `${polling}&sid=${sid}`, "6")).status === 200);
  });
});
