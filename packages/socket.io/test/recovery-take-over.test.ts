import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { ticks } from "./support/fake-engine.ts";
import { Client, connected, recovering, withoutOffset } from "./support/recovery.ts";

describe("while the old connection seems alive", () => {
  test("the client takes over: the old connection is closed, nothing is lost, nothing comes twice", async () => {
    const { server, sockets, io, log } = recovering();
    const client = await connected(server);
    const old = client.conn;
    await sockets[0]!.join("room");
    io.emit("lost on the way", 1);
    old.take();
    const { missed, sid } = await client.reconnect().enter();
    assert.deepEqual(
      missed.map((message) => withoutOffset(message)),
      [["lost on the way", 1]],
    );
    assert.deepEqual([old.readyState, old.discarded], ["closed", true]);
    assert.deepEqual(log, [[sid, "forced close"]]);
    assert.equal(sid, sockets[0]!.id);
    assert.equal(sockets[1]!.recovered, true);
    assert.deepEqual([...io.sockets.sockets.values()], [sockets[1]]);
    assert.deepEqual(sockets[1]!.rooms, new Set([sid, "room"]));
    io.emit("live", 2);
    assert.deepEqual(client.heard(), [["live", 2]]);
    assert.deepEqual(old.take(), []);
  });

  test("what still arrives by the old connection reaches nobody", async () => {
    const { server, sockets } = recovering();
    const client = await connected(server);
    const old = client.conn;
    const heard: unknown[] = [];
    sockets[0]!.on("late", () => heard.push("old"));
    await client.reconnect().enter();
    sockets[1]!.on("late", () => heard.push("new"));
    old.receive('2["late"]', "1");
    client.conn.receive('2["late"]');
    await ticks();
    assert.deepEqual(heard, ["new"]);
    assert.equal(sockets[1]!.connected, true);
  });

  test("all namespaces of the old connection are kept for the new one", async () => {
    const { server, io, note, sockets } = recovering();
    io.of("/a").on("connection", note);
    const main = await connected(server);
    const a = new Client(server, "/a");
    a.conn.end("unused");
    a.conn = main.conn;
    await a.enter({});
    io.of("/a").emit("first");
    a.heard();
    await main.reconnect().enter();
    assert.equal(io.of("/a").sockets.size, 0);
    io.of("/a").emit("missed");
    a.conn = main.conn;
    const { missed } = await a.enter();
    assert.deepEqual(
      missed.map((message) => withoutOffset(message, "2/a,")),
      [["missed"]],
    );
    assert.deepEqual(
      sockets.slice(2).map(({ recovered }) => recovered),
      [true, true],
    );
  });

  test("the namespace that lives as long as its sockets do stays", async () => {
    const { server, io, note, sockets } = recovering({}, { cleanupEmptyChildNamespaces: true });
    io.of(/^\/child/).on("connection", note);
    const client = await connected(server, "/child");
    const child = io.of("/child");
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, true);
    assert.equal(io._nsps.get("/child"), child);
    client.conn.receive("1/child,");
    await ticks();
    assert.equal(io._nsps.has("/child"), false);
  });

  describe("a namespace that lives as long as its sockets do", () => {
    /** One client of such a namespace, which may come back for 5 s. */
    function child(t: TestContext) {
      const served = recovering({ maxDisconnectionDuration: 5000 }, { cleanupEmptyChildNamespaces: true });
      t.mock.method(performance, "now", () => served.clock.now());
      served.io.of(/^\/child/).on("connection", served.note);
      return { ...served, exists: () => served.io._nsps.has("/child") };
    }

    test("waits for the last one that may come back, and for nobody else", async (t) => {
      const { server, clock, sockets, exists } = child(t);
      const client = await connected(server, "/child");
      const nsp = server.io.of("/child");
      client.lose();
      clock.advance(3000);
      nsp.emit("missed");
      const { missed } = await client.reconnect().enter();
      assert.deepEqual(
        missed.map((message) => withoutOffset(message, "2/child,")),
        [["missed"]],
      );
      assert.equal(sockets[1]!.recovered, true);
      clock.advance(5000);
      assert.equal(exists(), true, "it is not empty");
      client.lose();
      clock.advance(4990);
      assert.equal(exists(), true);
      clock.advance(10);
      assert.equal(exists(), false);
    });

    test("goes at once when its last one says goodbye, or has no offset to come back with", async (t) => {
      const { server, exists } = child(t);
      const client = await connected(server, "/child");
      client.lose();
      await client.reconnect().enter();
      client.conn.receive("1/child,");
      await ticks();
      assert.equal(exists(), false);
      const silent = new Client(server, "/child");
      await silent.enter({});
      silent.lose();
      assert.equal(exists(), false);
    });

    test("waits as well for one that was gone before it was let in", async (t) => {
      const { server, clock, exists } = child(t);
      const client = await connected(server, "/child");
      client.reconnect().ask();
      client.lose();
      await ticks();
      assert.equal(exists(), true);
      clock.advance(5000);
      assert.equal(exists(), false);
    });
  });

  test("two that claim a session at once never both have it", async () => {
    for (const first of ["lost", "alive"]) {
      const { server, sockets, io } = recovering();
      const client = await connected(server);
      if (first === "lost") client.lose();
      const { sid, pid, offset } = client;
      io.emit("missed");
      const rivals = Array.from({ length: 5 }, () => new Client(server));
      for (const rival of rivals) rival.ask({ pid, offset });
      await ticks();
      const alive = rivals.filter(({ conn }) => conn.readyState === "open");
      assert.equal(alive.length, 1, "the others were fenced");
      assert.deepEqual(
        alive[0]!.answer().missed.map((message) => withoutOffset(message)),
        [["missed"]],
      );
      assert.equal(io.sockets.sockets.size, 1);
      assert.equal(io.sockets._preConnectSockets.size, 0);
      assert.deepEqual(
        sockets.filter(({ connected: isConnected }) => isConnected).map(({ id, recovered }) => [id, recovered]),
        [[sid, true]],
      );
    }
  });

  test("a stranger with a wrong private id disturbs nobody", async () => {
    const { server, sockets } = recovering();
    const client = await connected(server);
    await new Client(server).enter({ pid: client.sid, offset: client.offset });
    assert.equal(client.conn.readyState, "open");
    assert.deepEqual(
      sockets.map(({ connected: isConnected, recovered }) => [isConnected, recovered]),
      [
        [true, false],
        [true, false],
      ],
    );
  });
});
