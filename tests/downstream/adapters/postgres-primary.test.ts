import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PostgresServer, withoutPostgres } from "./postgres-server.ts";
import { Primary } from "./primary.ts";
import { load, OUR_BASE, placeOf, type Place } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- packages of the tree have no types here */

const ADAPTER = "@socket.io/postgres-adapter";

/*
 * As its documentation says: workers with @socket.io/cluster-adapter, whose primaries speak with each other over PostgreSQL.
 */
describe(`two machines with setupPrimary of ${ADAPTER} 0.5.0`, { skip: withoutPostgres }, () => {
  const options = { channelPrefix: "app", tableName: "attachments_of_app", payloadThreshold: 400 };
  let postgres: PostgresServer;
  let pool: any;
  const machines: Primary[] = [];
  /** A client of each machine, and what it has heard. */
  const clients: any[] = [];
  const heard: unknown[][][] = [[], []];
  const workers = [0, 1] as const;

  before(async () => {
    postgres = await PostgresServer.start();
    const { Pool } = load("pg");
    pool = new Pool({ host: "127.0.0.1", port: postgres.port, user: "postgres" });
    pool.on("error", () => {});
    await pool.query(
      `CREATE TABLE ${options.tableName} (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)`,
    );
    const args = ["@socket.io/sticky", "setupPrimary", "", `${postgres.port}`, JSON.stringify(options)];
    for (const at of [0, 1]) {
      machines.push(await Primary.start(args));
      const client = await machines[at]!.connect({ transports: ["websocket"] });
      client.onAny((...event: unknown[]) => heard[at]!.push(event));
      clients.push(client);
    }
    for (const machine of machines) {
      for (const worker of workers) while ((await machine.ask(worker, "servers")) !== 4);
    }
  });
  after(async () => {
    for (const client of clients) client.disconnect();
    await Promise.all(machines.map((machine) => machine.stop()));
    await pool?.end();
    postgres.stop();
  });

  /** What a client has heard, once it has heard an event of this name. */
  const until = async (client: number, name: string): Promise<unknown[][]> => {
    const found = (): boolean => heard[client]!.some(([event]) => event === name);
    while (!found()) await new Promise((resolve) => clients[client].io.once("packet", resolve));
    return heard[client]!.filter(([event]) => event !== "end");
  };

  test("the packages are those, by version and place", async () => {
    assert.equal(placeOf(ADAPTER).version, "0.5.0");
    const running = await machines[0]!.ask<Place[]>(0, "packages");
    assert.deepEqual(
      running.filter(({ name }) => name === "socket.io-adapter"),
      [OUR_BASE],
    );
    assert.ok(running.some(({ name }) => name === "@socket.io/cluster-adapter"));
  });

  test("what a worker broadcasts reaches the clients of the other machine once: short, long and as bytes", async () => {
    const to = clients[1].id as string;
    for (const worker of workers) {
      const emit = (name: string, ...args: unknown[]): Promise<unknown> =>
        machines[0]!.ask(worker, "emit", { to, except: [], args: [`${name} of ${worker}`, ...args] });
      await emit("short", 1, "€");
      await until(1, `short of ${worker}`);
      await emit("long", "x".repeat(500));
      await until(1, `long of ${worker}`);
      await machines[0]!.ask(worker, "emitBytes", { to, name: `bytes of ${worker}` });
      await until(1, `bytes of ${worker}`);
    }
    assert.deepEqual(
      heard[1],
      workers.flatMap((worker) => [
        [`short of ${worker}`, 1, "€"],
        [`long of ${worker}`, "x".repeat(500)],
        [`bytes of ${worker}`, Buffer.from([1, 2, 3])],
      ]),
    );
    assert.deepEqual(heard[0], []);
  });

  test("a worker finds the sockets of both machines, moves those of the other and asks all other workers", async () => {
    const [mine, theirs] = clients.map(({ id }) => id as string);
    const [machine] = machines;
    const found = await machine!.ask<{ id: string }[]>(0, "fetch", { room: "room" });
    assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([mine, theirs]));
    await machine!.ask(1, "join", { sid: theirs, room: "moved" });
    const moved = (): Promise<unknown[]> => machine!.ask<unknown[]>(0, "fetch", { room: "moved" });
    while ((await moved()).length === 0);
    assert.deepEqual(await moved(), [{ id: theirs, rooms: [theirs, "room", "moved"] }]);
    assert.deepEqual(await machine!.ask(0, "sum"), [3, 3, 3]);
  });

  test("once it is closed, nobody listens to PostgreSQL there, and the workers go on among themselves", async () => {
    const listening = async (): Promise<number> =>
      (await pool.query("SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")).rowCount;
    assert.equal(await listening(), 2);
    await machines[0]!.ask("primary", "close");
    while ((await listening()) > 1);
    for (const worker of workers)
      await machines[0]!.ask(worker, "emit", { to: [], except: [], args: [`end ${worker}`] });
    await Promise.all(workers.map((worker) => until(0, `end ${worker}`)));
  });
});
