import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { loadRedis } from "./kinds.ts";
import { connectClient, RecoveringNode } from "./streams-node.ts";

/* oxlint-disable typescript/no-explicit-any -- servers and clients of several makers have no type in common */

const ROUNDS = 25;

describe("recovery over Redis streams", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  let commands: any;
  before(async () => {
    redis = await RedisServer.start();
    const { Redis } = loadRedis("ioredis");
    commands = new Redis(redis.port, "127.0.0.1");
  });
  after(async () => {
    commands.disconnect();
    await redis.stop();
  });

  /** Sessions that are kept. */
  const sessions = (): Promise<string[]> => commands.keys("sio:session:*") as Promise<string[]>;

  test("a client that moves between servers under load hears each event once, and those of each server in order", async (t) => {
    const nodes = [
      await RecoveringNode.start(redis.port),
      await RecoveringNode.start(redis.port),
      await RecoveringNode.start(redis.port),
    ];
    // Middlewares that take their time: events arrive while a client is on its way in.
    for (const { io } of nodes) {
      io.use(async (_socket: unknown, next: () => void) => {
        for (let turn = 0; turn < 5; turn++) await commands.ping();
        next();
      });
    }
    const proxy = await FaultyProxy.start(nodes[0]!.port);
    const first = nodes[0]!.connection();
    const { client, heard, connected } = connectClient(proxy.url);
    const resident = connectClient(`http://127.0.0.1:${nodes[2]!.port}`);
    const socket = await first;
    socket.join("room");
    await Promise.all([connected(), resident.connected()]);
    const { id } = client as { id: string };
    nodes[0]!.io.emit("start");
    await until(() => heard.length > 0 && resident.heard.length > 0);
    const sent = nodes.map(() => 0);
    const traffic = setInterval(() => {
      nodes.forEach(({ io }, from) => {
        io.to("room").emit("traffic", from, sent[from]!++);
        io.except("room").emit("not for it", from);
      });
    }, 1);
    t.after(async () => {
      clearInterval(traffic);
      client.close();
      resident.client.close();
      proxy.close();
      await Promise.all(nodes.map((node) => node.stop()));
    });
    for (let round = 1; round <= ROUNDS; round++) {
      const node = nodes[round % 2]!;
      const back = node.connection();
      proxy.retarget(node.port);
      proxy.cut();
      const { recovered } = await back;
      assert.equal(recovered, true, `round ${round}`);
      await connected();
      const { length } = heard;
      await until(() => heard.length > length);
    }
    clearInterval(traffic);
    nodes[1]!.io.emit("end");
    await until(() => [heard, resident.heard].every((events) => events.some(([name]) => name === "end")));
    assert.equal(client.id, id);
    for (const [from, count] of sent.entries()) {
      const numbers = heard.filter(([name, node]) => name === "traffic" && node === from).map(([, , at]) => at);
      assert.deepEqual(
        numbers,
        Array.from({ length: count }, (_, at) => at),
        `of server ${from}`,
      );
    }
    assert.ok(!heard.some(([name]) => name === "not for it"));
  });

  for (const way of ["data", "save"] as const) {
    const what = way === "data" ? "a heartbeat interval after a change of its data" : "right after saveSession";
    test(`a client recovers rooms, data and events when its server is killed ${what}`, async () => {
      const earlier = await sessions();
      const node = await RecoveringNode.start(redis.port);
      const { process: child, port } = await startChild(redis.port, way === "data" ? 50 : 60_000);
      const proxy = await FaultyProxy.start(port);
      const { client, heard, connected } = connectClient(proxy.url);
      await connected();
      const { id } = client as { id: string };
      await client.emitWithAck("join", "room");
      node.io.to("room").emit("before");
      await until(() => heard.length === 1);
      const [key] = (await sessions()).filter((name) => !earlier.includes(name)) as [string];
      const kept = (await commands.get(key)) as string;
      await client.emitWithAck(way, { user: "ann" });
      if (way === "data") await until(async () => (await commands.get(key)) !== kept);
      const gone = once(child, "exit");
      const back = node.connection();
      // Nobody listens there.
      proxy.retarget(1);
      child.kill("SIGKILL");
      await gone;
      for (let at = 0; at < 50; at++) node.io.to("room").emit("missed", at);
      proxy.retarget(node.port);
      const socket = await back;
      node.io.to("room").emit("after");
      await until(() => heard.some(([name]) => name === "after"));
      assert.deepEqual([socket.recovered, client.recovered, client.id], [true, true, id]);
      assert.deepEqual(socket.data, { user: "ann" });
      assert.deepEqual(socket.rooms, new Set([id, "room"]));
      assert.deepEqual(heard, [["before"], ...Array.from({ length: 50 }, (_, at) => ["missed", at]), ["after"]]);
      client.close();
      proxy.close();
      await node.stop();
    });
  }

  test("a server that has not noticed that its client is gone gives it up to the one that it comes back to", async () => {
    const nodes = [await RecoveringNode.start(redis.port), await RecoveringNode.start(redis.port)] as const;
    const proxy = await FaultyProxy.start(nodes[0].port);
    const first = nodes[0].connection();
    const { client, heard, connected } = connectClient(proxy.url);
    const old = await first;
    await connected();
    old.join("room");
    nodes[1].io.emit("before");
    await until(() => heard.length === 1);
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const [holder] = await nodes[from].io.local.fetchSockets();
      const left = new Promise((resolve) => nodes[from].io.sockets.sockets.get(holder.id).once("disconnect", resolve));
      const back = nodes[to].connection();
      proxy.retarget(nodes[to].port);
      proxy.cutNear();
      const socket = await back;
      await left;
      assert.equal(socket.recovered, true);
      assert.ok(socket.rooms.has("room"));
      assert.equal((await nodes[0].io.in("room").fetchSockets()).length, 1);
      nodes[from].io.to("room").emit("at", to);
      await until(() => heard.some(([name, at]) => name === "at" && at === to));
    }
    assert.deepEqual(heard, [["before"], ["at", 1], ["at", 0]]);
    client.close();
    proxy.close();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  test("the session of a client that leaves, or is sent away, is kept no longer", async () => {
    const node = await RecoveringNode.start(redis.port);
    for (const end of ["client", "server"] as const) {
      const connection = node.connection();
      const { client, connected } = connectClient(`http://127.0.0.1:${node.port}`);
      const socket = await connection;
      await connected();
      await until(async () => (await sessions()).some((key) => key.endsWith(socket.pid)));
      if (end === "client") client.disconnect();
      else socket.disconnect();
      await until(async () => !(await sessions()).some((key) => key.endsWith(socket.pid)));
      client.close();
    }
    await node.stop();
  });

  test("namespaces over several streams hear what is theirs, also those whose hash is negative, and recover", async () => {
    const options = { streamCount: 4, streamName: "many", onlyPlaintext: true, useShardedPubSub: true };
    const nodes = [
      await RecoveringNode.start(redis.port, options),
      await RecoveringNode.start(redis.port, options),
    ] as const;
    const proxy = await FaultyProxy.start(nodes[0].port);
    const names = ["/", "/notifications", "/a", "/b", "/c", "/d"];
    for (const { io } of nodes) await Promise.all(names.map((name) => io.of(name).adapter.init()));
    const clients = names.map((name) => connectClient(proxy.url + name));
    await Promise.all(clients.map(({ connected }) => connected()));
    for (const [at, name] of names.entries()) {
      nodes[1].io.of(name).emit("hello", name);
      await until(() => clients[at]!.heard.length === 1);
    }
    proxy.retarget(nodes[1].port);
    const back = names.map((name) => nodes[1].connection(name));
    proxy.cut();
    for (const socket of await Promise.all(back)) assert.equal(socket.recovered, true);
    for (const name of names) nodes[0].io.of(name).emit("bye", name);
    await until(() => clients.every(({ heard }) => heard.length === 2));
    assert.deepEqual(
      clients.map(({ heard }) => heard),
      names.map((name) => [
        ["hello", name],
        ["bye", name],
      ]),
    );
    assert.equal((await nodes[0].io.of("/a").fetchSockets()).length, 1);
    assert.ok((await commands.keys("many-*")).every((key: string) => /^many-[0-3]$/.test(key)));
    for (const { client } of clients) client.close();
    proxy.close();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  test("a reader whose connection to Redis is ended goes on where it was", async () => {
    const nodes = [await RecoveringNode.start(redis.port), await RecoveringNode.start(redis.port)] as const;
    const { client, heard, connected } = connectClient(`http://127.0.0.1:${nodes[0].port}`);
    await connected();
    for (let round = 0; round < 3; round++) {
      const list = ((await commands.client("LIST")) as string).split("\n");
      const readers = list.filter((line) => line.includes("cmd=xread"));
      assert.ok(readers.length > 0 || round > 0);
      for (const reader of readers) await commands.client("KILL", "ID", /id=(\d+)/.exec(reader)![1]!);
      for (let at = 0; at < 20; at++) nodes[at % 2]!.io.emit("event", round, at);
      await until(() => heard.length === (round + 1) * 20);
    }
    const rounds = [0, 1, 2];
    for (const from of [0, 1]) {
      assert.deepEqual(
        heard.filter(([, , at]) => Number(at) % 2 === from),
        rounds.flatMap((round) => Array.from({ length: 10 }, (_, at) => ["event", round, at * 2 + from])),
      );
    }
    client.close();
    await Promise.all(nodes.map((node) => node.stop()));
  });
});

async function startChild(
  redisPort: number,
  heartbeatInterval: number,
): Promise<{ process: ChildProcess; port: number }> {
  const program = fileURLToPath(new URL("streams-server.ts", import.meta.url));
  const child = fork(program, [`${redisPort}`, `${heartbeatInterval}`], { execArgv: ["--import", "tsx"] });
  const [port] = (await once(child, "message")) as [number];
  return { process: child, port };
}
