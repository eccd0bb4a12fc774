import assert from "node:assert/strict";
import { sep } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Member } from "../support/member.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { loadRedis, OURS, OURS_FOLDER, PEERS_FOLDER, provenance, UPSTREAM, type Kind } from "./kinds.ts";
import { ClusterNode } from "./node.ts";

/** How long a question may take that nobody is to wait for, in ms: far more than it does. */
const LONG_MS = 20_000;

/*
 * Whose answers are waited for, and are they counted once, where servers of all generations share one Redis.
 */

const LATEST = UPSTREAM.find(({ versions }) => versions[1].startsWith("8."))!;
const OLDEST = UPSTREAM.find(({ generation }) => generation === 2)!;
const KINDS: readonly Kind[] = [OURS, OURS, LATEST, OLDEST];

describe("two servers of ours, one of upstream's and one of Socket.IO 2 on one Redis", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  const nodes: ClusterNode[] = [];
  const members: Member[] = [];

  before(async () => {
    redis = await RedisServer.start();
    for (const kind of KINDS) {
      const node = await ClusterNode.start(kind, redis.port);
      nodes.push(node);
      members.push(await node.connect("/", [`room ${members.length}`]));
    }
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.stop();
  });

  test("the packages are those, by real path and version", () => {
    for (const kind of KINDS) {
      const { server, adapter } = provenance(kind);
      assert.deepEqual([server.version, adapter.version], kind.versions);
      const folder = (kind.ours ? OURS_FOLDER : PEERS_FOLDER) + sep;
      assert.ok([server, adapter].every((found) => found.folder.startsWith(folder)));
    }
  });

  test("allSockets tells the ids of all", async () => {
    const ids = new Set(members.map(({ id }) => id));
    for (const node of nodes.slice(0, 2)) assert.deepEqual(await node.io.allSockets(), ids);
  });

  test("allRooms tells the rooms of all", async () => {
    for (const node of nodes.slice(0, 2)) {
      const rooms = await node.io.of("/").adapter.allRooms();
      assert.deepEqual(
        members.map((_, at) => rooms.has(`room ${at}`)),
        members.map(() => true),
      );
    }
  });

  test("each server answers once, though it may understand two forms of a question", async () => {
    const { Redis } = loadRedis("ioredis-5");
    const listener = new Redis(redis.port, "127.0.0.1");
    const answers: { requestId?: string; requestid?: string }[] = [];
    listener.on("message", (_channel: string, text: string) => answers.push(JSON.parse(text)));
    await listener.subscribe("socket.io-response#/#");
    await nodes[0]!.io.of("/").adapter.allRooms();
    await nodes[0]!.io.allSockets();
    // Its answer comes behind all that the server has said before.
    await nodes[0]!.io.of("/").adapter.allRooms();
    await nodes[0]!.io.of("/").adapter.allRooms();
    listener.disconnect();
    const counts = new Map<string, number>();
    for (const { requestId, requestid } of answers) {
      const id = requestId ?? requestid;
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    assert.deepEqual([...counts.values()].slice(0, 3), [3, 3, 3]);
  });

  test("nobody waits for the answer of a server that does not know the question", async () => {
    const [first, second, third] = nodes;
    for (const { io } of [second!, third!]) io.on("who", (answer: (value: string) => void) => answer("I"));
    const sockets: { id: string }[] = await first!.io.timeout(LONG_MS).fetchSockets();
    assert.deepEqual(new Set(sockets.map(({ id }) => id)), new Set(members.slice(0, 3).map(({ id }) => id)));
    assert.deepEqual(await first!.io.serverSideEmitWithAck("who"), ["I", "I"]);
  });

  test("by the flag local, the clients of this server alone are asked, and nobody else is waited for", async () => {
    for (const [at, { client }] of members.entries()) {
      client.on("who", (answer: (value: number) => void) => answer(at));
    }
    const [first] = nodes;
    assert.deepEqual(await first!.io.local.timeout(4000).emitWithAck("who"), [0]);
    const answered = new Promise((resolve, reject) => {
      first!.io.local
        .timeout(4000)
        .emit("who", (error: Error | null, answers: unknown) => (error === null ? resolve(answers) : reject(error)));
    });
    assert.deepEqual(await answered, [0]);
    first!.io.emit("after");
    await Promise.all(members.map((member) => member.hears("after")));
    assert.ok(members.slice(1).every(({ names }) => !names.includes("who")));
  });

  test("by the flag local, without a client there is nothing to wait for", async () => {
    assert.deepEqual(await nodes[0]!.io.in("nobody").local.timeout(4000).emitWithAck("who"), []);
  });
});

for (const [kinds, options] of [
  [[OURS, OURS, OLDEST], { socketIo2: true }],
  [[OURS, OURS, UPSTREAM.find(({ versions }) => versions[1].startsWith("6."))!], {}],
] as const) {
  describe(`two servers of ours beside one with ${kinds[2].name}`, { skip: withoutRedis }, () => {
    test("nobody waits for acknowledgements of clients whose server knows of no such broadcasts", async (t) => {
      const redis = await RedisServer.start();
      const nodes: ClusterNode[] = [];
      t.after(async () => {
        await Promise.all(nodes.map((node) => node.stop()));
        await redis.stop();
      });
      for (const [at, kind] of kinds.entries()) {
        const node = await ClusterNode.start(kind, redis.port, kind.ours ? options : {});
        nodes.push(node);
        const { client } = await node.connect();
        client.on("name", (answer: (value: number) => void) => answer(at));
      }
      for (const { io } of nodes.slice(0, 2)) {
        const answers: number[] = await io.timeout(LONG_MS).emitWithAck("name");
        assert.deepEqual(
          answers.toSorted((one, other) => one - other),
          [0, 1],
        );
      }
    });
  });
}
