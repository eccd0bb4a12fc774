import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import { RedisServer, withoutRedis } from "../../support/redis.ts";
import { actsAsOneServer, ALL } from "./behaviours.ts";
import { Node, type Pair, startPair, type StartingPair, stopPair } from "./pair.ts";
import { assertServerIsOurs, load, loadedPlaces, OUR_BASE, placeFor, placeOf } from "./tree.ts";

const ADAPTER = "@socket.io/redis-streams-adapter";

for (const options of [{}, { streamCount: 2 }, { useShardedPubSub: true }, { onlyPlaintext: true }]) {
  const bytes = !("onlyPlaintext" in options);

  describe(`${ADAPTER} with ${JSON.stringify(options)} on our server`, { skip: withoutRedis }, () => {
    let redis: RedisServer;
    const pair: StartingPair = {};

    const start = async (): Promise<Node> => {
      const { Redis } = load("ioredis");
      const client = new Redis(redis.port, "127.0.0.1");
      client.on("error", () => {});
      const adapter = load(ADAPTER).createAdapter(client, { ...options, blockTimeInMs: 50 });
      return Node.start(adapter, () => client.quit(), { connectionStateRecovery: {} });
    };

    before(async () => {
      redis = await RedisServer.start();
      await startPair(pair, start);
    });
    after(async () => {
      await stopPair(pair);
      await redis.stop();
    });

    test("the packages are those, by version and place", () => {
      assertServerIsOurs();
      assert.equal(placeOf(ADAPTER).version, "0.3.1");
      assert.deepEqual(placeFor(ADAPTER, "socket.io-adapter"), OUR_BASE);
      assert.ok(loadedPlaces("socket.io-adapter").some(({ folder }) => folder === OUR_BASE.folder));
    });

    test("a client that was cut off from one server comes back to the other, with what it has missed", async () => {
      const [one, other] = pair.nodes!;
      const proxy = await FaultyProxy.start(one.port);
      const member = await one.connect(["recovered"], proxy.port);
      member.socket.data = { user: "ann" };
      other.io.to("recovered").emit("before");
      await member.hears("before");
      const left = new Promise((resolve) => member.socket.once("disconnect", resolve));
      proxy.refuse();
      await left;
      for (let at = 0; at < 10; at++) one.io.to("recovered").emit("missed", at);
      if (bytes) other.io.to("recovered").emit("missed bytes", Buffer.from([7]));
      // What a third party hears last is in the stream.
      await pair.members![0].socket.join("recovered");
      other.io.to("recovered").emit("end");
      await pair.members![0].hears("end");
      await pair.members![0].socket.leave("recovered");
      const back = once(other.io, "connection");
      proxy.retarget(other.port);
      proxy.forward();
      const [socket] = await back;
      await member.hears("end");
      assert.deepEqual(
        [socket.recovered, member.client.recovered, socket.id, socket.data],
        [true, true, member.socket.id, { user: "ann" }],
      );
      assert.ok(socket.rooms.has("recovered"));
      assert.deepEqual(
        member.heard.filter(([name]) => name === "missed").map(([, at]) => at),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
      if (bytes) assert.deepEqual((await member.hears("missed bytes"))[0], Buffer.from([7]));
      const gone = once(socket, "disconnect");
      member.client.close();
      await gone;
      proxy.close();
    });

    test("a session lies in Redis until its time is up, and is taken out by who asks with an offset of the stream", async () => {
      const [one, other] = pair.nodes!;
      const { Redis } = load("ioredis");
      const redisClient = new Redis(redis.port, "127.0.0.1");
      const { adapter } = other.io.of("/");
      one.io.to("room").emit("before the session");
      const [offset] = (await pair.members![1].hears("before the session")) as [string];
      const session = { sid: "a".repeat(20), pid: "b".repeat(20), rooms: ["a room"], data: { user: "bob" } };
      adapter.persistSession(session);
      const key = `sio:session:${session.pid}`;
      while (!(await redisClient.exists(key)));
      const leftMs = await redisClient.pttl(key);
      assert.ok(leftMs > 0 && leftMs <= 120_000, `${leftMs} ms`);
      const { missedPackets: _, ...restored } = await adapter.restoreSession(session.pid, offset);
      assert.deepEqual(restored, session);
      assert.equal(await redisClient.exists(key), 0);
      await redisClient.quit();
    });

    test("who claims a session that is not there, or with an offset that is none, gets a new one", async () => {
      const [{ io, port }] = pair.nodes!;
      io.to("room").emit("before nobody");
      const [offset] = (await pair.members![0].hears("before nobody")) as [string];
      for (const [claimed, reason] of [
        ["no offset", "invalid offset"],
        // Of the form, but not in the stream.
        ["1-1", "session or offset not found"],
        // In the stream, but of nobody.
        [offset, "session or offset not found"],
      ] as const) {
        const refused = io.of("/").adapter.restoreSession("nobody", claimed) as Promise<unknown>;
        assert.equal(await refused.catch((error: unknown) => error), reason);
        const connection = once(io, "connection");
        const auth = { pid: "nobody", offset: claimed };
        const client = load("socket.io-client").io(`http://127.0.0.1:${port}`, { auth, transports: ["websocket"] });
        const [socket] = await connection;
        assert.equal(socket.recovered, false);
        const gone = once(socket, "disconnect");
        client.close();
        await gone;
      }
    });

    actsAsOneServer(() => pair as Pair, { ...ALL, offsets: true, bytes });
  });
}
