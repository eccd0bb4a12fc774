import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import { sep } from "node:path";
import { after, before, describe, test } from "node:test";
import { listen, portOf } from "../support/listening.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { load, loadRedis, OURS, OURS_FOLDER, PEERS_FOLDER, provenance, UPSTREAM, type Kind } from "./kinds.ts";
import { Conversation, type Connect } from "./talker.ts";

/* oxlint-disable typescript/no-explicit-any -- servers and clients of three generations have no type in common */

/*
 * The migration guide's way of moving a cluster: "you can update each server one by one (no big bang is needed)". Three servers
 * of Socket.IO 2 with clients of Socket.IO 2 become three of ours, then the clients move, one by one; all the time everybody talks.
 */
const OLD = UPSTREAM.find(({ generation }) => generation === 2)!;
/** How many messages of each everybody hears between two steps. */
const MEANWHILE = 25;

const inPeers = createRequire(new URL("../../peers/package.json", import.meta.url));
const CLIENTS: readonly { readonly version: string; readonly connect: Connect }[] = [
  { version: "3.1.3", connect: inPeers("sioc3").io },
  { version: "4.8.4", connect: inPeers("socket.io-client").io },
];

describe("a cluster of Socket.IO 2 that is upgraded one by one", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  const servers: Server[] = [];
  const room = new Conversation();

  before(async () => {
    redis = await RedisServer.start();
    for (let at = 0; at < 3; at++) servers.push(await Server.start(OLD, redis.port, 0, at + 1));
  });
  after(async () => {
    room.close();
    await Promise.all(servers.map((server) => server.stop()));
    await redis.stop();
  });

  test("the packages are those, by real path and version", () => {
    const [old, ours] = [provenance(OLD), provenance(OURS)];
    assert.deepEqual([old.server.version, old.adapter.version], ["2.5.1", "5.4.0"]);
    for (const { folder } of [old.server, old.adapter]) assert.ok(folder.startsWith(PEERS_FOLDER + sep), folder);
    for (const { folder } of [ours.server, ours.adapter]) assert.ok(folder.startsWith(OURS_FOLDER + sep), folder);
    const versions = ["sioc2", "sioc3", "socket.io-client"].map((name) => inPeers(`${name}/package.json`).version);
    assert.deepEqual(versions, ["2.5.0", "3.1.3", "4.8.4"]);
  });

  test("loses nothing between connected clients, at any step", async (t) => {
    for (const [at, { port }] of servers.entries()) {
      for (const name of ["a", "b"]) {
        room.add(`${name} of server ${at}`, `http://127.0.0.1:${port}`, load(OLD).connect);
      }
    }
    await Promise.all(room.talkers.map((talker) => talker.isBack()));
    await t.test("before the first step", () => room.goesOn(MEANWHILE));

    for (const at of servers.keys()) {
      await t.test(`server ${at} becomes ours, and its clients come back`, async () => {
        const { port } = servers[at]!;
        const clients = room.talkers.filter(({ url }) => url.endsWith(`:${port}`));
        for (const client of clients) await client.finish();
        await servers[at]!.stop();
        await room.until(
          () => clients.every(({ state }) => state === "away"),
          `the clients of server ${at} are cut off`,
        );
        assert.equal(clients.length, 2);
        // Those of the two others, with one server fewer.
        await room.goesOn(MEANWHILE);
        servers[at] = await Server.start(OURS, redis.port, port, servers.length);
        await Promise.all(clients.map((client) => client.isBack()));
        await room.goesOn(MEANWHILE);
      });
    }

    for (const [at, talker] of room.talkers.entries()) {
      const { version, connect } = CLIENTS[at % CLIENTS.length]!;
      await t.test(`${talker.name} becomes a client of ${version}`, async () => {
        await talker.replace(connect);
        const revisions = servers.flatMap((server) => server.revisions);
        assert.deepEqual(
          revisions.sort((a, b) => b - a),
          room.talkers.map((_, other) => (other <= at ? 4 : 3)),
        );
        await room.goesOn(MEANWHILE);
      });
    }

    await t.test("everybody has heard everything to the end", async () => {
      for (const talker of room.talkers) await talker.finish();
      assert.deepEqual(
        servers.map(({ kind, io }) => [kind.name, io.engine.clientsCount]),
        servers.map(() => ["ours", 2]),
      );
    });
  });
});

/** A server of the cluster: who connects is in the room, and what one says goes there. */
class Server {
  private constructor(
    readonly kind: Kind,
    readonly io: any,
    readonly http: HttpServer,
    readonly redis: { quit(): Promise<unknown> }[],
  ) {}

  /**
   * @param port 0: any
   * @param servers how many there are with this one: resolves once Redis knows of as many
   */
  static async start(kind: Kind, redisPort: number, port: number, servers: number): Promise<Server> {
    const modules = load(kind);
    const { Redis } = loadRedis("ioredis-5");
    const [pubClient, subClient] = [new Redis(redisPort, "127.0.0.1"), new Redis(redisPort, "127.0.0.1")];
    for (const client of [pubClient, subClient]) client.on("error", () => {});
    const http = createServer();
    const io = kind.ours ? new modules.Server(http, { allowEIO3: true }) : new modules.Server(http);
    io.adapter(modules.adapter({ pubClient, subClient }));
    io.on("connection", (socket: any) => {
      socket.on("say", (name: string, number: number, taken: () => void) => {
        io.to("room").emit("said", name, number);
        taken();
      });
      if (kind.generation === 2) socket.join("room", () => socket.emit("joined"));
      else {
        socket.join("room");
        socket.emit("joined");
      }
    });
    const channel = "socket.io-request#/#";
    while (((await pubClient.pubsub("NUMSUB", channel)) as [string, number])[1] !== servers);
    await listen(http, port);
    return new Server(kind, io, http, [pubClient, subClient]);
  }

  get port(): number {
    return portOf(this.http);
  }

  /** The revision of Engine.IO that each of its clients speaks. */
  get revisions(): number[] {
    const clients = Object.values(this.io.engine.clients) as { protocol: number }[];
    return clients.map(({ protocol }) => protocol);
  }

  async stop(): Promise<void> {
    const closed = once(this.http, "close");
    this.io.close();
    await closed;
    // It waits for answers: adapters of other makes look after no failure.
    await Promise.all(this.redis.map((client) => client.quit()));
  }
}
