import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test, type TestContext } from "node:test";
import { Server } from "socket.io";
import { createSessionBus, type RedisSessionBus } from "socket.io-redis";
import { listen } from "../support/listening.ts";
import { http } from "../support/raw-peer.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { loadRedis } from "./kinds.ts";
import type { Client } from "./ways.ts";

/*
 * Servers that pass on requests to each other, and somebody who can read and write the Redis by which they know each other: he says that
 * a server is at an address of his, where requests would come with their cookies.
 */

const CHANNEL = "socket.io-sessions#";
const SIGNING = { signWith: "a".repeat(32) };
const FOREIGN = { signWith: "b".repeat(32) };
const COOKIE = { cookie: "login=secret" };
const POLLING = "/socket.io/?EIO=4&transport=polling";

/** Of what servers say, as much as is looked at. */
interface Word {
  readonly type: string;
  readonly id: string;
}

interface Serving {
  readonly port: number;
  readonly bus: RedisSessionBus;
}

describe("servers that know each other by Redis, beside somebody who writes to it", { skip: withoutRedis }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());

  const client = (t: TestContext): Client => {
    const { Redis } = loadRedis("ioredis");
    const made: Client = new Redis(redis.port, "127.0.0.1");
    t.after(() => made.disconnect());
    return made;
  };

  async function serve(t: TestContext, signing: object | undefined): Promise<Serving> {
    const bus = createSessionBus(client(t), client(t), { host: "127.0.0.1", signing } as object);
    const httpServer = createServer();
    const io = new Server(httpServer, { sessionBus: bus });
    t.after(() => io.close());
    return { port: await listen(httpServer), bus };
  }

  /** A session of the one, once the other knows where it is. */
  async function sessionOf(one: Serving, other: Serving): Promise<string> {
    const { body } = await http(one.port, "GET", POLLING);
    const { sid } = JSON.parse(body.slice(1)) as { sid: string };
    await until(async () => (await http(other.port, "POST", `${POLLING}&sid=${sid}`, "6")).status === 200);
    return sid;
  }

  /** Listens where requests would come, and to what the servers say. */
  async function spy(t: TestContext) {
    const cookies: unknown[] = [];
    const trap = createServer((req, res) => {
      cookies.push(req.headers.cookie);
      res.end("ok");
    });
    t.after(() => trap.close());
    const listener = client(t);
    const heard: Buffer[] = [];
    listener.on("messageBuffer", (_channel: Buffer, payload: Buffer) => heard.push(payload));
    await listener.subscribe(CHANNEL);
    const port = await listen(trap);
    const wordOf = (payload: Buffer): Word => JSON.parse(payload.toString("utf8", payload.indexOf('{"type"'))) as Word;
    return {
      cookies,
      writer: client(t),
      /** The second server's first word: both listen by then. */
      async heardByAll(): Promise<Buffer> {
        const hellos = (): Buffer[] => heard.filter((payload) => wordOf(payload).type === "hello");
        await until(() => hellos().length === 2);
        return hellos()[1]!;
      },
      /** What he would like to be taken for the word of the server that has this session. */
      lie(sid: string): string {
        const word = heard.map(wordOf).find(({ id }) => sid.endsWith(id));
        return JSON.stringify({ ...word, type: "here", port });
      },
    };
  }

  test("pass a session's requests on to its server, whatever he says, where they sign", async (t) => {
    const attacker = await spy(t);
    const [one, other] = [await serve(t, SIGNING), await serve(t, SIGNING)];
    const sid = await sessionOf(one, other);
    const lie = attacker.lie(sid);
    await attacker.writer.publish(CHANNEL, lie);
    createSessionBus(attacker.writer, client(t), { signing: FOREIGN }).publish(lie);
    await attacker.writer.publish(CHANNEL, await attacker.heardByAll());
    const refused = ({ bus }: Serving) => Object.fromEntries(bus.messagesRefused);
    await until(() => [one, other].every((server) => Object.keys(refused(server)).length === 3));
    for (const server of [one, other]) {
      assert.deepEqual(refused(server), { unsigned: 1, forged: 1, replayed: 1 });
      assert.equal((await http(server.port, "POST", `${POLLING}&sid=${sid}`, "6", COOKIE)).status, 200);
    }
    assert.deepEqual(attacker.cookies, []);
  });

  // What is to be guarded against: it shows that the lie above is one that would be believed.
  test("pass them on to him where they do not sign", async (t) => {
    const attacker = await spy(t);
    const [one, other] = [await serve(t, undefined), await serve(t, undefined)];
    const sid = await sessionOf(one, other);
    await attacker.writer.publish(CHANNEL, attacker.lie(sid));
    await until(async () => {
      await http(other.port, "POST", `${POLLING}&sid=${sid}`, "6", COOKIE);
      return attacker.cookies.length > 0;
    });
    assert.equal(attacker.cookies[0], COOKIE.cookie);
  });

  test("several servers of one process may share a bus: each hears a signed message once", async (t) => {
    const bus = createSessionBus(client(t), client(t), { host: "127.0.0.1", signing: SIGNING });
    const [first, second] = [1, 2].map(() => {
      const messages: string[] = [];
      return { messages, listener: (message: string) => void messages.push(message) };
    });
    await Promise.all([first, second].map((one) => bus.subscribe(one!.listener)));
    bus.publish("hello");
    await until(() => [first, second].every((one) => one!.messages.length > 0));
    bus.unsubscribe(first!.listener);
    bus.publish("bye");
    await until(() => second!.messages.length > 1);
    assert.deepEqual([first!.messages, second!.messages], [["hello"], ["hello", "bye"]]);
    assert.equal(bus.messagesRefused.size, 0);
    bus.unsubscribe(second!.listener);
  });

  test("take no key of less than 16 bytes", () => {
    const redisClient = { publish() {}, on() {} };
    assert.throws(
      () => createSessionBus(redisClient, redisClient, { signing: { signWith: "a".repeat(15) } }),
      TypeError,
    );
  });
});
