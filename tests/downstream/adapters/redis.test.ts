import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RedisServer, withoutRedis } from "../../support/redis.ts";
import { actsAsOneServer, ALL, type Abilities } from "./behaviours.ts";
import { Node, type Pair, startPair, type StartingPair, stopPair } from "./pair.ts";
import { assertServerIsOurs, load, loadedPlaces, OUR_BASE, placeFor, placeOf, type Place } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- adapters and clients of many makes */

interface Kind {
  readonly name: string;
  /** Folder in the tree. */
  readonly folder: string;
  readonly version: string;
  readonly create: (pub: any, sub: any) => unknown;
  readonly abilities: Abilities;
  /** The base class that it gets. */
  readonly base: Place;
}

const bundled = (folder: string, version: string): Place => ({
  name: "socket.io-adapter",
  version,
  folder: `${folder}/node_modules/socket.io-adapter`,
});

const KINDS: readonly Kind[] = [
  {
    name: "@socket.io/redis-adapter 8",
    folder: "@socket.io/redis-adapter",
    version: "8.3.0",
    create: (pub, sub) => load("@socket.io/redis-adapter").createAdapter(pub, sub),
    abilities: ALL,
    base: OUR_BASE,
  },
  ...(["dynamic", "static", "dynamic-private"] as const).map((subscriptionMode) => ({
    name: `@socket.io/redis-adapter 8, sharded, ${subscriptionMode}`,
    folder: "@socket.io/redis-adapter",
    version: "8.3.0",
    create: (pub: any, sub: any) =>
      load("@socket.io/redis-adapter").createShardedAdapter(pub, sub, { subscriptionMode }),
    abilities: ALL,
    base: OUR_BASE,
  })),
  {
    name: "@socket.io/redis-adapter 7.2",
    folder: "redis-adapter-7.2",
    version: "7.2.0",
    create: (pub, sub) => load("redis-adapter-7.2").createAdapter(pub, sub),
    abilities: { ...ALL, close: false },
    // Its range, ^2.4.0, includes ours.
    base: OUR_BASE,
  },
  {
    name: "@socket.io/redis-adapter 7.0, which brings an old base class",
    folder: "redis-adapter-7.0",
    version: "7.0.1",
    create: (pub, sub) => load("redis-adapter-7.0").createAdapter(pub, sub),
    abilities: { serverSideEmit: true },
    base: bundled("redis-adapter-7.0", "2.3.3"),
  },
  {
    name: "socket.io-redis 6, which brings an older one",
    folder: "sio-redis-6",
    version: "6.1.1",
    create: (pubClient, subClient) => load("sio-redis-6").createAdapter({ pubClient, subClient }),
    abilities: {},
    base: bundled("sio-redis-6", "2.2.0"),
  },
];

for (const { name, folder, version, create, abilities, base } of KINDS) {
  describe(`${name} on our server`, { skip: withoutRedis }, () => {
    let redis: RedisServer;
    const pair: StartingPair = {};

    const start = async (): Promise<Node> => {
      const client = load("redis").createClient({ socket: { port: redis.port, host: "127.0.0.1" } });
      const { Redis } = load("ioredis");
      // Releases before 7.1 know clients of redis 3 and ioredis only.
      const knowsOldClientsOnly = base.folder.startsWith(`${folder}/`);
      const [pub, sub] = knowsOldClientsOnly
        ? [new Redis(redis.port, "127.0.0.1"), new Redis(redis.port, "127.0.0.1")]
        : [client, client.duplicate()];
      for (const one of [pub, sub]) one.on("error", () => {});
      if (!knowsOldClientsOnly) await Promise.all([pub.connect(), sub.connect()]);
      return Node.start(create(pub, sub), () => Promise.all([pub, sub].map((one) => one.quit())));
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
      assert.equal(placeOf(folder).version, version);
      assert.deepEqual(placeFor(folder, "socket.io-adapter"), base);
      assert.ok(loadedPlaces("socket.io-adapter").some((place) => place.folder === base.folder));
    });

    if (!name.includes("sharded")) {
      test("a process without server emits through @socket.io/redis-emitter", async () => {
        assert.equal(placeOf("@socket.io/redis-emitter").version, "5.1.0");
        const client = load("redis").createClient({ socket: { port: redis.port, host: "127.0.0.1" } });
        await client.connect();
        const emitter = new (load("@socket.io/redis-emitter").Emitter)(client);
        const [one, other] = pair.members!;
        emitter.to("room 1").emit("emitted to a room", 1, "€");
        emitter.except("room 0").emit("emitted to others");
        emitter.emit("emitted", { bytes: Buffer.from([1, 2]) });
        for (const member of [one, other]) {
          assert.deepEqual(await member.hears("emitted"), [{ bytes: Buffer.from([1, 2]) }]);
        }
        assert.deepEqual(other.named("emitted to"), ["emitted to a room", "emitted to others"]);
        assert.deepEqual(one.named("emitted to"), []);
        const guest = await pair.nodes![1].connect(["guests of the emitter"]);
        emitter.in("guests of the emitter").socketsJoin("guests who moved");
        emitter.to("guests who moved").emit("moved");
        await guest.hears("moved");
        const gone = new Promise((resolve) => guest.client.once("disconnect", resolve));
        emitter.in("guests who moved").disconnectSockets();
        assert.equal(await gone, "io server disconnect");
        if (abilities.serverSideEmit === true) {
          const heard = pair.nodes!.map(({ io }) => new Promise((resolve) => io.once("told", resolve)));
          emitter.serverSideEmit("told", 7);
          assert.deepEqual(await Promise.all(heard), [7, 7]);
        }
        await client.quit();
      });
    }

    if (folder === "@socket.io/redis-adapter" && !name.includes("sharded")) {
      test("its adapter is on the channels and has the members of its documentation", async () => {
        const { adapter } = pair.nodes![0].io.of("/");
        assert.ok(adapter instanceof load("@socket.io/redis-adapter").RedisAdapter);
        assert.ok(adapter instanceof load("socket.io-adapter").Adapter);
        assert.match(adapter.uid, /^[\w-]{6}$/);
        assert.deepEqual(
          [adapter.requestsTimeout, adapter.publishOnSpecificResponseChannel, await adapter.serverCount()],
          [5000, false, 2],
        );
        const channels: string[] = await adapter.pubClient.pubSubChannels();
        const uids = pair.nodes!.map(({ io }) => io.of("/").adapter.uid as string);
        assert.deepEqual(
          new Set(channels),
          new Set([
            "socket.io-request#/#",
            "socket.io-response#/#",
            ...uids.map((uid) => `socket.io-response#/#${uid}#`),
          ]),
        );
        assert.equal(await adapter.pubClient.pubSubNumPat(), 1);
        assert.deepEqual(
          await adapter.allRooms(),
          new Set(["room", "room 0", "room 1", ...pair.members!.map(({ socket }) => socket.id as string)]),
        );
      });
    }

    actsAsOneServer(() => pair as Pair, abilities);
  });
}
