/** Servers that end or stand still, with the times that they have by default: who notices, and what becomes of their answers. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import { http } from "../support/raw-peer.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { startProgram } from "./round-robin-stage.ts";

const PROGRAM = fileURLToPath(new URL("silent-server.mjs", import.meta.url));

/** What becomes of each of them. */
const ROLES = ["asking", "other", "leaving", "killed", "frozen"] as const;

const UNKNOWN = [400, '{"code":1,"message":"Session ID unknown"}'];

/** What a server gets for a question. */
interface Outcome {
  readonly answers: readonly string[];
  readonly isWhole: boolean;
  /** Names of servers. */
  readonly missing: readonly string[];
}

/** A server, and a client of it. */
interface Server {
  readonly port: number;
  readonly pid: number;
  /** Its name in the cluster. */
  readonly uid: string;
  readonly client: Socket;
  /** How many servers it has counted, one after the other. */
  readonly counts: number[];
  /** What was said to all. */
  readonly heard: string[];
}

describe("servers with the times that they have by default", { concurrency: true, timeout: 120_000 }, () => {
  test("over node:cluster know at once of who is killed, and in time of who stands still", async (t) => {
    const primary = startProgram(PROGRAM, "workers", String(ROLES.length));
    t.after(() => {
      const ended = once(primary, "exit");
      primary.disconnect();
      return ended;
    });
    await loseServers(t, await portsOf(primary, ROLES.length), { withHeartbeats: true });
  });

  test(
    "over Redis know at once of who is killed, and go on waiting for who stands still",
    { skip: withoutRedis },
    async (t) => {
      const redis = await RedisServer.start();
      t.after(() => redis.stop());
      const programs = ROLES.map(() => startProgram(PROGRAM, "streams", String(redis.port)));
      t.after(() => programs.forEach((program) => program.kill("SIGKILL")));
      const ports = await Promise.all(programs.map((program) => portsOf(program, 1)));
      await loseServers(t, ports.flat(), { withHeartbeats: false });
    },
  );
});

async function loseServers(
  t: TestContext,
  ports: readonly number[],
  { withHeartbeats }: { readonly withHeartbeats: boolean },
): Promise<void> {
  const servers = await Promise.all(ports.map((port) => meet(t, port)));
  const [asking, other, leaving, killed, frozen] = servers as [Server, Server, Server, Server, Server];
  await Promise.all(servers.map((server) => counts(server, ROLES.length)));
  const query = await openSession(frozen.port);
  // By way of another server; a namespace that is not there has no socket to be found.
  assert.deepEqual(await request(asking, "POST", query, "40/nowhere"), [200, "ok"]);
  assert.deepEqual(await request(asking, "GET", query), [200, '44/nowhere,{"message":"Invalid namespace"}']);
  // All of them were heard just now.
  for (const { client } of servers) client.emit("say", client.id);
  for (const server of servers) for (const { client } of servers) await hears(server, client.id!);
  for (const { heard } of servers) heard.length = 0;

  process.kill(frozen.pid, "SIGSTOP");
  process.kill(killed.pid, "SIGKILL");
  const outcomes = ask(asking);
  const held = request(asking, "GET", query);
  leaving.client.emit("bye");
  // The primary, or Redis, has told of the others.
  await counts(asking, 3);
  for (const [at, { answers, isWhole, missing }] of (await outcomes).entries()) {
    assert.equal(isWhole, false);
    const here = at === 1 ? [other.uid] : [asking.client.id!, other.client.id!];
    for (const answer of here) assert.ok(answers.includes(answer), "what has come is there");
    // Over Redis somebody else may be on the way out.
    assert.deepEqual(withHeartbeats ? missing : missing.filter((uid) => uid === frozen.uid), [frozen.uid]);
  }
  if (withHeartbeats) {
    await counts(asking, 2);
    assert.deepEqual(await ask(asking), answersOf(asking, other));
  }
  assert.deepEqual(await held, UNKNOWN);
  assert.deepEqual(await request(asking, "GET", query), UNKNOWN);

  asking.client.emit("say", "while it stood still");
  await hears(other, "while it stood still");
  process.kill(frozen.pid, "SIGCONT");
  await Promise.all([counts(asking, 3), counts(frozen, 3)]);
  assert.deepEqual(await ask(asking), answersOf(asking, other, frozen));
  asking.client.emit("say", "last");
  for (const server of [asking, other, frozen]) {
    await hears(server, "last");
    assert.deepEqual(server.heard, ["while it stood still", "last"]);
  }
}

async function portsOf(program: ChildProcess, count: number): Promise<number[]> {
  const ports: number[] = [];
  for await (const [{ port }] of on(program, "message")) {
    if (ports.push(port as number) === count) break;
  }
  return ports;
}

async function meet(t: TestContext, port: number): Promise<Server> {
  const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  t.after(() => client.close());
  const [numbers, heard]: [number[], string[]] = [[], []];
  client.on("count", (count: number) => numbers.push(count));
  client.on("said", (text: string) => heard.push(text));
  client.on("id", (answer: (id: string) => void) => answer(client.id!));
  const { pid, uid } = (await client.emitWithAck("who")) as Pick<Server, "pid" | "uid">;
  return { port, pid, uid, client, counts: numbers, heard };
}

/** Resolves once the server counts so many. */
async function counts({ client, counts: numbers }: Server, count: number): Promise<void> {
  while (numbers.at(-1) !== count) await new Promise((resolve) => client.once("count", resolve));
}

async function hears({ client, heard }: Server, text: string): Promise<void> {
  while (!heard.includes(text)) await new Promise((resolve) => client.once("said", resolve));
}

/** Sockets are fetched, the other servers are asked, and all clients: by one server, at once. */
function ask({ client }: Server): Promise<Outcome[]> {
  return client.emitWithAck("ask") as Promise<Outcome[]>;
}

/** What the first of these gets if they are all, and nobody is missing. */
function answersOf(...servers: readonly Server[]): Outcome[] {
  const sockets = servers.map(({ client }) => client.id!).sort();
  const others = servers.slice(1).map(({ uid }) => uid);
  return [sockets, others.sort(), sockets].map((answers) => ({ answers, isWhole: true, missing: [] }));
}

/** @returns the query of a new session */
async function openSession(port: number): Promise<string> {
  const { body } = await http(port, "GET", "/socket.io/?EIO=4&transport=polling");
  const { sid } = JSON.parse(body.slice(1)) as { sid: string };
  return `?EIO=4&transport=polling&sid=${sid}`;
}

async function request({ port }: Server, method: string, query: string, body?: string): Promise<unknown[]> {
  const answer = await http(port, method, `/socket.io/${query}`, body);
  return [answer.status, answer.body];
}
