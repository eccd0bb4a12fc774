/** What docs/clusters.md has servers without sticky sessions do is run as it stands there, but for ports and addresses. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, describe, test, type TestContext } from "node:test";
import type { Socket } from "socket.io-client";
import { root } from "../../tools/setup.mjs";
import { parse } from "../guide/source.ts";
import { clearFolder, writeInFolder } from "../guide/support/compiler.ts";
import { freePort } from "../support/free-port.ts";
import { listening } from "../support/listening.ts";
import { http } from "../support/raw-peer.ts";
import { RedisServer, withoutRedis } from "../support/redis.ts";
import { loadRedis } from "../cluster/kinds.ts";
import { connect, connected, startProgram } from "../cluster/round-robin-stage.ts";

/* oxlint-disable typescript/no-explicit-any -- clients of Redis have no types here */

const { blocks } = parse(readFileSync(`${root}/docs/clusters.md`, "utf8"));

/** What follows the 20 characters of a session's own in its id is its server's. */
const serverOf = (sid: string): string => sid.slice(20);

describe("examples of servers without sticky sessions", { timeout: 60_000 }, () => {
  after(clearFolder);

  test("four workers of node:cluster take the requests of all clients in turn", { timeout: 30_000 }, async (t) => {
    const port = await freePort();
    const program = writeInFolder("workers", "cjs", exampleOf("Workers of one machine", { 3000: String(port) }));
    const primary = startProgram(program);
    t.after(() => {
      const ended = once(primary, "exit");
      primary.kill("SIGKILL");
      return ended;
    });
    const url = `http://127.0.0.1:${port}`;
    // Who begins with a WebSocket needs no other worker: so all have started.
    const workers = new Set<string>();
    while (workers.size < 4) {
      const scout = connect(t, "our client", url, { transports: ["websocket"] });
      await connected(scout);
      workers.add(serverOf(scout.io.engine.id));
    }
    const clients = Array.from({ length: 8 }, () => connect(t, "our client", url, {}));
    const ends: unknown[] = [];
    for (const client of clients) client.on("disconnect", (reason: unknown) => ends.push(reason));
    // Polling and the upgrade, each request whichever worker has its turn.
    await Promise.all(clients.map(upgraded));
    assert.deepEqual(ends, []);
  });

  test("two servers on Redis pass on each other's requests", { skip: withoutRedis }, async (t) => {
    const redis = await RedisServer.start();
    t.after(() => redis.stop());
    const ports = [await startServer(t, redis.port), await startServer(t, redis.port)] as const;
    const { body } = await http(ports[0], "GET", "/socket.io/?EIO=4&transport=polling");
    const path = `/socket.io/?EIO=4&transport=polling&sid=${(JSON.parse(body.slice(1)) as { sid: string }).sid}`;
    let posted = await http(ports[1], "POST", path, "40");
    // The servers may have yet to hear of each other.
    while (posted.status === 400) posted = await http(ports[1], "POST", path, "40");
    assert.equal(posted.body, "ok");
    assert.match((await http(ports[1], "GET", path)).body, /^40\{"sid":/);
  });
});

/** @param changes of ports and addresses, each of which has to be there once */
function exampleOf(heading: string, changes: Readonly<Record<string, string>>): string {
  const found = blocks.filter((block) => block.heading === heading);
  assert.equal(found.length, 1, heading);
  let { text } = found[0]!;
  for (const [old, ours] of Object.entries(changes)) {
    assert.equal(text.split(old).length, 2, old);
    text = text.replace(old, ours);
  }
  return text;
}

async function startServer(t: TestContext, redisPort: number): Promise<number> {
  const { Redis } = loadRedis("ioredis");
  const [pubClient, subClient] = [0, 1].map(() => new Redis(redisPort, "127.0.0.1").on("error", () => {}));
  const { Server } = createRequire(import.meta.url)("socket.io") as { Server: unknown };
  const httpServer = createServer();
  const scope = { require: createRequire(import.meta.url), Server, httpServer, pubClient, subClient };
  const code = exampleOf("Servers on Redis", { "10.0.0.7": "127.0.0.1" });
  // oxlint-disable-next-line typescript/no-implied-eval -- it is what a reader would paste
  const run = new Function(...Object.keys(scope), `${code}\nreturn io;`) as (...values: unknown[]) => any;
  const io = run(...Object.values(scope));
  const port = await listening(t, httpServer, io.engine);
  t.after(async () => {
    await io.close();
    for (const client of [pubClient, subClient]) client.disconnect();
  });
  return port;
}

async function upgraded(client: Socket): Promise<void> {
  await connected(client);
  const { engine } = client.io;
  if (engine.transport.name !== "websocket") await new Promise((resolve) => engine.once("upgrade", resolve));
}
