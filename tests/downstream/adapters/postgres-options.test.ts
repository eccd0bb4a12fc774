import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { Member } from "../../support/member.ts";
import { Node, untilConnected } from "./pair.ts";
import { PostgresServer, withoutPostgres } from "./postgres-server.ts";
import { assertServerIsOurs, load, placeOf } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- packages of the tree have no types here */

const ADAPTER = "@socket.io/postgres-adapter";
const { createAdapter, PostgresAdapter } = load(ADAPTER);

/** Past what is the threshold below, and far from the default. */
const LONG = "x".repeat(400);

describe(`options of ${ADAPTER} 0.5.0 on our server`, { skip: withoutPostgres }, () => {
  const options = { channelPrefix: "app", tableName: "attachments_of_app", payloadThreshold: 400 };
  let postgres: PostgresServer;
  let pool: any;
  let listening: any;
  /** What servers have said in the channel of the prefix. */
  const notified: any[] = [];
  let nodes: readonly [Node, Node];
  const others: Node[] = [];
  let member: Member;

  before(async () => {
    postgres = await PostgresServer.start();
    const { Pool } = load("pg");
    pool = new Pool({ host: "127.0.0.1", port: postgres.port, user: "postgres" });
    pool.on("error", () => {});
    for (const table of ["socket_io_attachments", options.tableName, "cleaned"]) {
      const columns = "id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea";
      await pool.query(`CREATE TABLE ${table} (${columns})`);
    }
    listening = await pool.connect();
    listening.on("notification", ({ payload }: { payload: string }) => notified.push(JSON.parse(payload)));
    await listening.query('LISTEN "app#/"');
    nodes = [await Node.start(createAdapter(pool, options)), await Node.start(createAdapter(pool, options))];
    await untilConnected(...nodes);
    member = await nodes[1].connect(["room"]);
  });
  after(async () => {
    await Promise.all([...nodes, ...others].map((node) => node.stop()));
    listening.release();
    await pool.end();
    postgres.stop();
  });

  const find = (name: string): any => notified.find(({ data }) => data?.packet?.data?.[0] === name);
  /** What was notified of an event, once it was. */
  const saidOf = async (name: string): Promise<any> => {
    while (find(name) === undefined) await once(listening, "notification");
    return find(name);
  };
  const rowsEver = async (table: string): Promise<number> => {
    const { rows } = await pool.query(`SELECT last_value, is_called FROM ${table}_id_seq`);
    return rows[0].is_called ? Number(rows[0].last_value) : 0;
  };

  test("the package is that, and the adapter of the class that it exports", () => {
    assertServerIsOurs();
    assert.equal(placeOf(ADAPTER).version, "0.5.0");
    for (const { io } of nodes) assert.ok(io.of("/").adapter instanceof PostgresAdapter);
  });

  test("`channelPrefix`: servers with another one on the same database are another cluster", async () => {
    const strangers = [await Node.start(createAdapter(pool)), await Node.start(createAdapter(pool))] as const;
    others.push(...strangers);
    await untilConnected(...strangers);
    for (const { io } of [...nodes, ...strangers]) assert.equal(await io.of("/").adapter.serverCount(), 2);
    strangers[0].io.emit("of others");
    nodes[0].io.emit("of ours");
    await member.hears("of ours");
    assert.deepEqual(member.named("of others"), []);
    await saidOf("of ours");
    await Promise.all(strangers.map((node) => node.stop()));
  });

  test("`payloadThreshold` and `tableName`: what is longer, or has bytes, is in the table, all else in the notification", async () => {
    nodes[0].io.emit("short", "x".repeat(100));
    await member.hears("short");
    assert.deepEqual((await saidOf("short")).data.packet.data, ["short", "x".repeat(100)]);
    assert.equal(await rowsEver(options.tableName), 0);
    nodes[0].io.emit("long", LONG);
    nodes[0].io.emit("bytes", Buffer.from([1]));
    assert.deepEqual([await member.hears("long"), await member.hears("bytes")], [[LONG], [Buffer.from([1])]]);
    nodes[0].io.emit("after them");
    await saidOf("after them");
    assert.deepEqual([find("long"), find("bytes")], [undefined, undefined]);
    assert.equal(await rowsEver(options.tableName), 2);
    assert.equal(await rowsEver("socket_io_attachments"), 0);
  });

  test("`cleanupInterval`: what is older leaves the table", async () => {
    others.push(await Node.start(createAdapter(pool, { tableName: "cleaned", cleanupInterval: 20 })));
    for (const table of ["cleaned", options.tableName]) await pool.query(`INSERT INTO ${table} (payload) VALUES ('')`);
    const count = async (table: string): Promise<number> => (await pool.query(`SELECT FROM ${table}`)).rowCount;
    const before = await count(options.tableName);
    while ((await count("cleaned")) > 0);
    assert.equal(await count(options.tableName), before);
  });

  test("`errorHandler` is told of what failed", async () => {
    const failures = new EventEmitter();
    const failure = once(failures, "failure") as Promise<[Error]>;
    const errorHandler = (error: Error): void => void failures.emit("failure", error);
    others.push(await Node.start(createAdapter(pool, { tableName: "missing", cleanupInterval: 20, errorHandler })));
    const [error] = await failure;
    assert.match(error.message, /relation "missing" does not exist/);
  });
});
