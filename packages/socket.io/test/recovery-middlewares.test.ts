import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ticks } from "./support/fake-engine.ts";
import { connected, recovering, withoutOffset } from "./support/recovery.ts";

describe("middlewares", () => {
  test("are skipped for those who recover, by default, and run for all others", async () => {
    const { server, io, sockets } = recovering();
    const seen: boolean[] = [];
    io.use((socket, next) => {
      seen.push(socket.recovered);
      next();
    });
    const client = await connected(server);
    client.lose();
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, true);
    assert.deepEqual(seen, [false]);
    client.lose();
    await client.reconnect().enter({ pid: client.pid, offset: "none" });
    assert.deepEqual(seen, [false, false]);
  });

  test("run with recovered, id, rooms and data if skipMiddlewares is false", async () => {
    const { server, io, sockets } = recovering({ skipMiddlewares: false });
    const seen: unknown[] = [];
    io.use((socket, next) => {
      seen.push([socket.recovered, socket.id, [...socket.rooms], socket.data, socket.connected]);
      next();
    });
    const client = await connected(server);
    const { sid } = client;
    sockets[0]!.data = { a: 1 };
    await sockets[0]!.join("r");
    client.lose();
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, true);
    assert.deepEqual((seen as unknown[][])[0]!.slice(2), [[], {}, false]);
    assert.deepEqual(seen[1], [true, sid, [sid, "r"], { a: 1 }, false]);
  });

  test("that refuse delete the session, and what was missed is not told", async () => {
    const { server, io, sockets } = recovering({ skipMiddlewares: false });
    let open = true;
    io.use((_socket, next) => next(open ? undefined : new Error("no")));
    const client = await connected(server);
    const { sid } = client;
    client.lose();
    io.emit("missed");
    open = false;
    const refused = await client.reconnect().enter();
    assert.deepEqual([refused.missed, refused.refused], [['4{"message":"no"}'], '4{"message":"no"}']);
    assert.equal(io.sockets.adapter.sids.size, 0);
    open = true;
    const again = await client.enter();
    assert.notEqual(again.sid, sid);
    assert.deepEqual(again.missed, []);
    assert.equal(sockets[1]!.recovered, false);
  });

  test("that take their time lose nothing: what is sent meanwhile comes along", async () => {
    const { server, io, sockets, held } = holding();
    const client = await connected(server);
    client.lose();
    io.emit("n", 1);
    client.reconnect().ask();
    await ticks();
    io.emit("n", 2);
    io.to(client.sid!).emit("n", 3);
    assert.deepEqual(client.conn.take(), []);
    held[0]!();
    await ticks();
    const { missed } = client.answer();
    io.emit("n", 4);
    const all = [...missed.map((message) => withoutOffset(message)), ...client.heard()];
    assert.deepEqual(
      all,
      [1, 2, 3, 4].map((n) => ["n", n]),
    );
    assert.equal(sockets[1]!.recovered, true);
  });

  test("that take too long for the limits end the connection, and the next one is a new session", async () => {
    const { server, io, sockets, held } = holding({ maxPackets: 2 });
    const client = await connected(server);
    client.lose();
    client.reconnect().ask();
    await ticks();
    for (let n = 0; n < 3; n++) io.emit("n", n);
    held[0]!();
    await ticks();
    assert.equal(client.conn.readyState, "closed");
    assert.deepEqual(client.conn.take(), []);
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, false);
  });

  test("that are at work when the connection ends leave the session for the next attempt", async () => {
    const { server, io, sockets, held } = holding();
    const client = await connected(server);
    await sockets[0]!.join("r");
    client.lose();
    io.emit("n", 1);
    client.reconnect().ask();
    await ticks();
    client.lose();
    assert.equal(io.sockets._preConnectSockets.size, 0);
    assert.equal(io.sockets.adapter.sids.size, 0);
    io.emit("n", 2);
    client.reconnect().ask();
    await ticks();
    // The answer to the first attempt changes nothing for the second, which has the same id.
    held[0]!();
    await ticks();
    assert.equal(sockets.length, 1);
    assert.deepEqual([...io.sockets.adapter.sids.get(client.sid!)!], [client.sid, "r"]);
    held[1]!();
    await ticks();
    assert.deepEqual(
      client.answer().missed.map((message) => withoutOffset(message)),
      [
        ["n", 1],
        ["n", 2],
      ],
    );
    assert.equal(sockets[1]!.recovered, true);
    assert.equal(io.sockets.sockets.get(client.sid!), sockets[1]);
  });

  test("that are at work when the client comes once more: it takes over", async () => {
    const { server, sockets, held } = holding();
    const client = await connected(server);
    client.lose();
    client.reconnect().ask();
    await ticks();
    const old = client.conn;
    client.reconnect().ask();
    await ticks();
    assert.equal(old.readyState, "closed");
    for (const next of held) next();
    await ticks();
    assert.deepEqual(old.take(), []);
    assert.ok(client.answer().sid);
    assert.deepEqual(
      sockets.map(({ recovered }) => recovered),
      [false, true],
    );
  });
});

/** A server whose middleware lets in who comes back only when the test calls what is held. */
function holding(options: { maxPackets?: number } = {}) {
  const server = recovering({ skipMiddlewares: false, ...options });
  const held: (() => void)[] = [];
  server.io.use((socket, next) => {
    if (socket.recovered) held.push(next);
    else next();
  });
  return { ...server, held };
}
