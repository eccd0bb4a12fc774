import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { Server } from "socket.io";
import { createStreamsAdapter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { listen } from "../support/listening.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { loadRedis } from "./kinds.ts";
import { connectClient } from "./streams-node.ts";
import { end, type Client } from "./ways.ts";

/*
 * Servers over streams, with recovery, whose Redis goes away, over clients that keep what they are asked until it is back. Seen to fail
 * with adapters that wait for as long: servers did not close, and clients were not let in.
 */

const PATIENT: Readonly<Record<string, (port: number) => Promise<Client>>> = {
  redis: (port) => nodeRedis("redis", port),
  "redis 4": (port) => nodeRedis("redis-4", port),
  "redis 3": async (port) => loadRedis("redis-3").createClient(port, "127.0.0.1", { retry_strategy: () => 20 }),
  ioredis: async (port) =>
    new (loadRedis("ioredis").Redis)(port, "127.0.0.1", { maxRetriesPerRequest: null, retryStrategy: () => 20 }),
};

async function nodeRedis(library: "redis" | "redis-4", port: number): Promise<Client> {
  const client: Client = loadRedis(library).createClient({
    socket: { host: "127.0.0.1", port, reconnectStrategy: () => 20 },
    commandOptions: { timeout: 60_000 },
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** A server, and a client that has heard an event: it can come back. */
async function serve(t: TestContext, redisClient: Client) {
  redisClient.on("error", () => {});
  t.after(() => end(redisClient));
  const httpServer = createServer();
  const adapter = createStreamsAdapter(redisClient, { blockTimeInMs: 200 });
  const io = new Server(httpServer, { transports: ["websocket"], connectionStateRecovery: {}, adapter });
  await io.of("/").adapter.init();
  const toServer = await FaultyProxy.start(await listen(httpServer));
  t.after(() => toServer.close());
  const { client, heard, connected } = connectClient(toServer.url);
  await connected();
  io.emit("before");
  await until(() => heard.length === 1);
  const close = async (): Promise<void> => {
    client.close();
    await io.close();
  };
  return { io, toServer, client, connected, close };
}

for (const [library, connect] of Object.entries(PATIENT)) {
  describe(`a server with recovery whose Redis goes away, over ${library}`, { skip: withoutRedis }, () => {
    async function start(t: TestContext) {
      const redis = await RedisServer.start();
      t.after(() => redis.stop());
      const toRedis = await FaultyProxy.start(redis.port);
      t.after(() => toRedis.close());
      return { toRedis, ...(await serve(t, await connect(toRedis.port))) };
    }

    async function goAway({ io, toRedis }: Awaited<ReturnType<typeof start>>): Promise<void> {
      const noticed = new Promise<void>((resolve) => {
        io.of("/").adapter.on("degraded", (reason: string) => reason === "publisher disconnected" && resolve());
      });
      toRedis.refuse();
      await noticed;
    }

    test("closes without waiting for it, clients or not", async (t) => {
      const stage = await start(t);
      await goAway(stage);
      await stage.io.close();
      stage.client.close();
    });

    test("lets clients that come back in, as others, and keeps sessions again once it is there", async (t) => {
      const stage = await start(t);
      const { client, toServer, toRedis, io } = stage;
      await goAway(stage);
      toServer.cut();
      await once(client, "disconnect");
      await stage.connected();
      assert.equal(client.recovered, false);
      const restored = once(io.of("/").adapter, "restored");
      toRedis.forward();
      await restored;
      const heard = new Promise((resolve) => client.once("after", resolve));
      io.emit("after");
      await heard;
      // Its session is written by then, or when the adapter looks next.
      await until(async () => {
        const { id } = client;
        toServer.cut();
        await once(client, "disconnect");
        await stage.connected();
        assert.equal(client.id === id, client.recovered);
        return client.recovered;
      });
      await stage.close();
    });
  });
}

describe("a server with recovery whose Redis stands still", { skip: withoutRedis }, () => {
  test("lets a client that comes back in after 2 s, and closes", async (t) => {
    const redis = await RedisServer.start();
    t.after(async () => {
      redis.process.kill("SIGCONT");
      await redis.stop();
    });
    const { io, toServer, client, connected } = await serve(t, await PATIENT["ioredis"]!(redis.port));
    redis.process.kill("SIGSTOP");
    toServer.cut();
    await once(client, "disconnect");
    await connected();
    assert.equal(client.recovered, false);
    await io.close();
    client.close();
  });
});
