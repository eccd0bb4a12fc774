import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Server } from "socket.io";
import type { RedisAdapter } from "socket.io-redis";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { load, loadRedis, OURS, UPSTREAM, type Kind } from "./kinds.ts";

/*
 * Servers that end, or hear nothing any more, while they are asked: whose answers are missing?
 */

/** How long the questions here may take, in ms; those between servers over sharded pub/sub and streams take 5 s. */
const QUESTION_MS = 2000;
const PROGRAM = fileURLToPath(new URL("killed-server.mjs", import.meta.url));
const UPSTREAM_8 = UPSTREAM[0]!;

type Create = "createAdapter" | "createShardedAdapter" | "createStreamsAdapter";

interface Node {
  readonly io: Server;
  readonly uid: string;
  /** Its way to Redis. */
  readonly proxy: FaultyProxy;
  close(): Promise<void>;
}

/** Servers on one Redis, which ends after them. */
class Cluster {
  readonly #redis: RedisServer;
  readonly #ends: (() => unknown)[] = [];

  private constructor(redis: RedisServer) {
    this.#redis = redis;
  }

  static async start(t: TestContext): Promise<Cluster> {
    const redis = await RedisServer.start();
    const cluster = new Cluster(redis);
    t.after(async () => {
      await Promise.all(cluster.#ends.map((end) => end()));
      await redis.stop();
    });
    return cluster;
  }

  /** A server without clients, which answers by its name. */
  async add(
    create: Create,
    { kind = OURS, ...options }: { kind?: Kind; partialAnswers?: boolean } = {},
  ): Promise<Node> {
    const { Server, adapter: made } = load(kind);
    const { Redis } = loadRedis("ioredis");
    const proxy = await FaultyProxy.start(this.#redis.port);
    const clients = (create === "createStreamsAdapter" ? ["pub"] : ["pub", "sub"]).map(() => {
      const client = new Redis(proxy.port, "127.0.0.1");
      client.on("error", () => {});
      return client;
    });
    const adapter = made[create](...clients, { requestsTimeout: QUESTION_MS });
    const io = new Server(createServer(), { adapter, ...options });
    const { uid } = io.of("/").adapter;
    for (const name of ["who", "die"]) io.on(name, (answer: (value: string) => void) => answer(uid));
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> =>
      (closed ??= (async () => {
        proxy.forward();
        await io.close();
        // It waits for answers, which adapters of other makes do not.
        await Promise.all(clients.map((client) => client.quit()));
        proxy.close();
      })());
    this.#ends.push(close);
    await io.of("/").adapter.init();
    return { io, uid, proxy, close };
  }

  /** A server that ends when it is asked to. */
  async addVictim(create: Create): Promise<string> {
    const child = fork(PROGRAM, [create, `${this.#redis.port}`], { execArgv: [] });
    this.#ends.push(() => child.kill("SIGKILL"));
    const [uid] = (await once(child, "message")) as [string];
    return uid;
  }
}

/** Servers of other makes do not tell when they listen. */
async function untilThereAre(io: Server, servers: number): Promise<void> {
  await until(async () => (await io.of("/").adapter.serverCount()) >= servers);
}

/** What came, and the ids of those from whom nothing has. */
type Failure = readonly [responses: ReadonlySet<unknown>, missing: ReadonlySet<string>];

const but = (responses: readonly unknown[], missing: readonly string[]): Failure => [
  new Set(responses),
  new Set(missing),
];

function failure(asked: Promise<unknown>): Promise<Failure> {
  return asked.then(
    (answers) => assert.fail(`all have answered: ${JSON.stringify(answers)}`),
    ({ responses, missing }: { responses: unknown[]; missing: string[] }) => but(responses, missing),
  );
}

describe("servers that do not answer", { skip: withoutRedis, concurrency: true }, () => {
  for (const create of ["createAdapter", "createShardedAdapter", "createStreamsAdapter"] as const) {
    test(`are named by errors, one killed while it is asked and one that hears nothing: ${create}`, async (t) => {
      const cluster = await Cluster.start(t);
      const [{ io }, well, deaf, victim] = await Promise.all([
        cluster.add(create),
        cluster.add(create),
        cluster.add(create),
        cluster.addVictim(create),
      ]);
      deaf.proxy.hold();
      const [died, fetched, emitted] = await Promise.all([
        failure(io.serverSideEmitWithAck("die")),
        failure(io.timeout(QUESTION_MS).fetchSockets()),
        failure(io.timeout(QUESTION_MS).emitWithAck("anything")),
      ]);
      assert.deepEqual(died, but([well.uid], [victim, deaf.uid]));
      assert.deepEqual(fetched, but([], [victim, deaf.uid]));
      // The other had told that it has no clients before it ended.
      assert.deepEqual(emitted, but([], [deaf.uid]));
    });
  }

  test("are named by allSockets() and allRooms(), and by io.missingServers()", async (t) => {
    const cluster = await Cluster.start(t);
    const { io } = await cluster.add("createAdapter", { partialAnswers: true });
    const deaf = await cluster.add("createAdapter");
    deaf.proxy.hold();
    const [ids, sockets, emitted, acknowledged, rooms] = await Promise.all([
      io.allSockets(),
      io.fetchSockets(),
      io.serverSideEmitWithAck("who"),
      io.timeout(QUESTION_MS).emitWithAck("anything"),
      failure((io.of("/").adapter as RedisAdapter).allRooms()),
    ]);
    for (const answers of [ids, sockets, emitted, acknowledged]) {
      assert.deepEqual([[...answers], io.missingServers(answers)], [[], [deaf.uid]]);
    }
    assert.deepEqual(rooms, but([], [deaf.uid]));
  });

  test("are named beside servers of another make, as far as that is certain", async (t) => {
    const cluster = await Cluster.start(t);
    const { io } = await cluster.add("createAdapter");
    const ours = await cluster.add("createAdapter");
    const theirs = await cluster.add("createAdapter", { kind: UPSTREAM_8 });
    const third = await cluster.add("createAdapter", { kind: UPSTREAM_8 });
    await untilThereAre(io, 4);
    const answers = await io.serverSideEmitWithAck("who");
    assert.deepEqual(new Set(answers), new Set([ours.uid, theirs.uid, third.uid]));

    // Two of the other make have answered, without their names: ours is known to sign, and has not.
    ours.proxy.hold();
    assert.deepEqual(await failure(io.serverSideEmitWithAck("who")), but([theirs.uid, third.uid], [ours.uid]));

    // One of them has: which?
    ours.proxy.forward();
    theirs.proxy.hold();
    assert.deepEqual(await failure(io.serverSideEmitWithAck("who")), but([ours.uid, third.uid], []));

    // Nobody has answered without a name.
    await third.close();
    assert.deepEqual(await failure(io.serverSideEmitWithAck("who")), but([ours.uid], [theirs.uid]));
  });
});
