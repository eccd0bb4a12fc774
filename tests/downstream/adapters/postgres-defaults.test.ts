import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { VirtualTime } from "../../conformance/engine/virtual-time.ts";
import { StandInPostgres } from "./postgres-stand-in.ts";
import { assertServerIsOurs, load, placeOf } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- packages of the tree have no types here */

const time = VirtualTime.install();
const ADAPTER = "@socket.io/postgres-adapter";

/** Servers without clients, on one database. */
async function start(count: number, options?: object) {
  const { Server } = load("socket.io");
  const postgres = new StandInPostgres();
  const servers: any[] = [];
  for (let at = 0; at < count; at++) {
    servers.push(new Server({ adapter: load(ADAPTER).createAdapter(postgres.pool(at), options) }));
  }
  await postgres.idle();
  const advance = async (ms: number): Promise<void> => {
    time.advance(ms);
    await postgres.idle();
  };
  const counts = (): Promise<number[]> => Promise.all(servers.map((io) => io.of("/").adapter.serverCount()));
  const said = (start: string): readonly unknown[] => postgres.statements.filter(({ sql }) => sql.startsWith(start));
  return { postgres, servers, advance, counts, said };
}

describe(`defaults and times of ${ADAPTER} 0.5.0 on our server`, () => {
  beforeEach(() => time.reset());

  test("the package is that", () => {
    assertServerIsOurs();
    assert.equal(placeOf(ADAPTER).version, "0.5.0");
  });

  test("notifications have at most 8000 bytes; what is longer is in the table socket_io_attachments", async () => {
    const { postgres, servers } = await start(1);
    const statementFor = async (text: string): Promise<{ sql: string; params?: readonly unknown[] }> => {
      const from = postgres.statements.length;
      servers[0].emit("text", text);
      await postgres.idle();
      return postgres.statements[from]!;
    };
    const { sql, params } = await statementFor("");
    assert.equal(sql, "SELECT pg_notify($1, $2)");
    assert.equal(params![0], "socket.io#/");
    const room = 8000 - Buffer.byteLength(String(params![1]));
    assert.equal((await statementFor("x".repeat(room))).sql, sql);
    assert.match((await statementFor("x".repeat(room + 1))).sql, /^INSERT INTO socket_io_attachments /);
  });

  for (const [options, intervalMs] of [
    [{}, 30_000],
    [{ cleanupInterval: 700 }, 700],
  ] as const) {
    test(`the table is cleaned every ${intervalMs} ms, with ${JSON.stringify(options)}`, async () => {
      const { advance, said } = await start(1, options);
      await advance(intervalMs - 1);
      assert.deepEqual(said("DELETE"), []);
      await advance(1);
      const sql = `DELETE FROM socket_io_attachments WHERE created_at < now() - interval '${intervalMs} milliseconds'`;
      assert.deepEqual(said("DELETE"), [{ node: 0, sql }]);
    });
  }

  for (const [options, intervalMs, timeoutMs] of [
    [{}, 5000, 10_000],
    [{ heartbeatInterval: 300, heartbeatTimeout: 3000 }, 300, 3000],
  ] as const) {
    test(`a silent server says every ${intervalMs} ms that it is there, with ${JSON.stringify(options)}`, async () => {
      const { advance, said } = await start(1, options);
      const before = said("SELECT pg_notify").length;
      await advance(intervalMs - 1);
      assert.equal(said("SELECT pg_notify").length, before);
      await advance(1);
      assert.equal(said("SELECT pg_notify").length, before + 1);
    });

    test(`one that is cut off is gone ${timeoutMs} ms later, with ${JSON.stringify(options)}`, async () => {
      const { postgres, advance, counts } = await start(2, options);
      assert.deepEqual(await counts(), [2, 2]);
      for (const client of postgres.clients) client.release();
      await advance(timeoutMs - 1000);
      assert.deepEqual(await counts(), [2, 2]);
      // Looked for every second.
      await advance(2000);
      assert.deepEqual(await counts(), [1, 1]);
    });
  }
});
