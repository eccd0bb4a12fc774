import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { decode } from "@msgpack/msgpack";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { loadRedis } from "./kinds.ts";
import { connectClient, RecoveringNode } from "./streams-node.ts";

/* oxlint-disable typescript/no-explicit-any -- servers and clients of several makers have no type in common */

/* When the session of a connected socket is written, by what Redis is asked for. */
describe("sessions of connected sockets over Redis streams", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  let monitor: any;
  /** Sessions in the order in which they were written. */
  const written: any[] = [];
  let look = (): void => {};
  let node: RecoveringNode;
  const clients: any[] = [];

  before(async () => {
    redis = await RedisServer.start();
    const { Redis } = loadRedis("ioredis");
    const client = new Redis(redis.port, "127.0.0.1");
    monitor = await client.monitor();
    client.disconnect();
    monitor.on("monitor", (_time: string, [command, key, value]: string[]) => {
      if (command!.toUpperCase() !== "SET" || !key!.startsWith("sio:session:")) return;
      written.push(decode(Buffer.from(value!, "base64")));
      look();
    });
  });
  after(async () => {
    monitor.disconnect();
    await redis.stop();
  });
  beforeEach(() => (written.length = 0));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await node.stop();
  });

  const connect = async (): Promise<any> => {
    const connection = node.connection();
    const { client, connected } = connectClient(`http://127.0.0.1:${node.port}`);
    clients.push(client);
    const socket = await connection;
    await connected();
    return socket;
  };
  const writesOf = ({ id }: { id: string }): any[] => written.filter(({ sid }) => sid === id);
  /** The latest of a socket, once it was written so often. */
  const nth = async (socket: any, count: number): Promise<any> => {
    while (writesOf(socket).length < count) await new Promise<void>((resolve) => (look = resolve));
    return writesOf(socket).at(-1);
  };

  test("they are written at connect, at each change of rooms, and at once when asked for", async () => {
    node = await RecoveringNode.start(redis.port, { heartbeatInterval: 3_600_000 });
    const socket = await connect();
    const first = await nth(socket, 1);
    assert.deepEqual([first.sid, first.pid, first.rooms], [socket.id, socket.pid, [socket.id]]);
    await socket.join(["a", "b"]);
    assert.deepEqual((await nth(socket, 2)).rooms, [socket.id, "a", "b"]);
    socket.leave("a");
    assert.deepEqual((await nth(socket, 3)).rooms, [socket.id, "b"]);
    node.io.socketsJoin("c");
    assert.deepEqual((await nth(socket, 4)).rooms, [socket.id, "b", "c"]);
    socket.data = { user: "ann" };
    await node.io.of("/").adapter.saveSession(socket.id);
    assert.deepEqual((await nth(socket, 5)).data, { user: "ann" });
    assert.equal(writesOf(socket).length, 5);
  });

  test("they are written by themselves when data has changed, in place too, and not when it is the same", async () => {
    node = await RecoveringNode.start(redis.port, { heartbeatInterval: 20 });
    const [changing, resting] = [await connect(), await connect()];
    await nth(resting, 1);
    await nth(changing, 1);
    changing.data.deep = { count: 0 };
    for (let count = 1; count <= 5; count++) {
      changing.data.deep.count = count;
      // Another object, but the same when it is written.
      resting.data = {};
      assert.deepEqual((await nth(changing, 1 + count)).data, { deep: { count } });
    }
    assert.equal(writesOf(resting).length, 1);
  });
});
