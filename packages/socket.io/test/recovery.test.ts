import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { ServerOptions, Socket } from "socket.io";
import {
  Adapter,
  SessionAwareAdapter,
  type BroadcastOptions,
  type Session,
  type SessionToPersist,
} from "socket.io-adapter";
import type { Packet } from "socket.io-parser";
import { serve, ticks } from "./support/fake-engine.ts";
import { Client, connected, recovering, withoutOffset } from "./support/recovery.ts";

describe("with recovery on", () => {
  test("each socket has a private id of 20 characters of its own, that its client alone is told", async () => {
    const { server, sockets } = recovering();
    const ids = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const { sid, pid } = await new Client(server).enter({});
      assert.match(pid!, /^[\w-]{20}$/);
      ids.add(sid!).add(pid!);
    }
    assert.equal(ids.size, 100);
    assert.equal(
      sockets.every((socket) => !socket.recovered),
      true,
    );
  });

  test("it is off by default: no private id, no offset", async () => {
    const server = serve();
    const client = new Client(server);
    client.ask({});
    await ticks();
    assert.match(String(client.conn.take()[0]), /^0\{"sid":"[\w-]{20}"\}$/);
    server.io.emit("x");
    assert.deepEqual(client.conn.take(), ['2["x"]']);
    client.conn.end("transport close");
    const again = await new Client(server).enter({ pid: "x", offset: "y" });
    assert.deepEqual(again.missed, []);
  });

  test("events carry an offset as last argument, but not with an acknowledgement, nor volatile ones", async () => {
    const { server, sockets, io } = recovering();
    const client = new Client(server);
    await client.enter({});
    const [socket] = sockets as [Socket];
    const outgoing: unknown[][] = [];
    socket.onAnyOutgoing((...args: unknown[]) => outgoing.push(args));
    socket.emit("direct", 1);
    io.emit("all", 2);
    io.to(socket.id).emit("room", 3);
    await io.fetchSockets().then(([remote]) => remote!.emit("remote", 4));
    socket.compress(false).emit("uncompressed", 5);
    const offset = /^[\w.-]{10,20}$/;
    const sent = client.conn.take().map((message) => JSON.parse(String(message).slice(1)) as unknown[]);
    assert.deepEqual(
      sent.map((args) => args.slice(0, -1)),
      [
        ["direct", 1],
        ["all", 2],
        ["room", 3],
        ["remote", 4],
        ["uncompressed", 5],
      ],
    );
    for (const args of sent) assert.match(args.at(-1) as string, offset);
    assert.equal(new Set(sent.map((args) => args.at(-1))).size, 5);
    assert.deepEqual(outgoing, sent);
    outgoing.length = 0;

    socket.emit("ack", 1, () => {});
    socket.volatile.emit("volatile", 2);
    io.volatile.emit("volatile", 3);
    io.timeout(10).emit("acks", 4, () => {});
    assert.deepEqual(client.conn.take(), ['20["ack",1]', '2["volatile",2]', '2["volatile",3]', '21["acks",4]']);
    assert.deepEqual(outgoing, [
      ["ack", 1],
      ["volatile", 2],
      ["volatile", 3],
      ["acks", 4],
    ]);
    client.conn.receive('2["ask"]', '27["ask"]');
    socket.on("ask", (answer?: (text: string) => void) => answer?.("answer"));
    await ticks();
    assert.deepEqual(client.conn.take(), ['37["answer"]']);
  });

  test("the caller's list of an event is left alone, and parents of namespaces give each child one offset", async () => {
    const { server, io } = recovering();
    const parent = io.of(/^\/child-\d$/);
    const clients = [new Client(server, "/child-1"), new Client(server, "/child-2")];
    for (const client of clients) await client.enter({});
    parent.emit("all", 1);
    parent.to([...clients.map(({ sid }) => sid!)]).emit("some", 2);
    for (const client of clients) {
      assert.deepEqual(client.heard(), [
        ["all", 1],
        ["some", 2],
      ]);
    }
  });

  test("what a middleware emits reaches the client, before CONNECT's answer", async () => {
    const { server, io } = recovering();
    io.use((socket, next) => {
      socket.emit("early", 1);
      next();
    });
    const { missed, sid } = await new Client(server).enter({});
    assert.ok(sid);
    assert.deepEqual(missed, ['2["early",1]']);
  });
});

describe("a client that comes back", () => {
  test("has its id, its rooms, its data and what it has missed, which comes before CONNECT's answer", async () => {
    const { server, sockets, io, log } = recovering();
    const client = await connected(server);
    const [socket] = sockets as [Socket];
    await socket.join("room");
    socket.data["name"] = "Ada";
    client.lose();
    assert.deepEqual(log, [[client.sid, "transport close"]]);
    assert.equal(io.sockets.sockets.size, 0);
    io.emit("all", 1);
    io.to("room").emit("room", Buffer.from([7]));
    io.to("elsewhere").emit("elsewhere");
    io.except("room").emit("not for the room");
    io.volatile.emit("volatile");
    io.timeout(10).emit("acks", () => {});
    socket.emit("to a socket that has left", 2);
    const before = { sid: client.sid, pid: client.pid };
    const { missed, sid, pid } = await client.reconnect().enter();
    assert.deepEqual({ sid, pid }, before);
    assert.deepEqual(
      missed.map((message) => withoutOffset(message)),
      [["all", 1], ["room", { _placeholder: true, num: 0 }], Buffer.from([7]), ["to a socket that has left", 2]],
    );
    const back = sockets[1]!;
    assert.equal(back.recovered, true);
    assert.notEqual(back, socket);
    assert.equal(io.sockets.sockets.get(sid!), back);
    assert.deepEqual(back.rooms, new Set([sid, "room"]));
    assert.equal(back.data, socket.data);
    io.to("room").emit("live", 3);
    assert.deepEqual(client.heard(), [["live", 3]]);
  });

  test("comes back as often as it likes, and misses nothing nor hears anything twice", async () => {
    const { server, io } = recovering();
    const client = await connected(server);
    const heard: unknown[] = [];
    for (let n = 0; n < 30; n++) {
      io.emit("n", 3 * n);
      // Every third time the connection is lost before this one arrives.
      if (n % 3 > 0) heard.push(...client.heard());
      else client.conn.take();
      client.lose();
      io.emit("n", 3 * n + 1);
      heard.push(...(await client.reconnect().enter()).missed.map((message) => withoutOffset(message)));
      io.emit("n", 3 * n + 2);
      heard.push(...client.heard());
    }
    assert.deepEqual(
      heard,
      Array.from({ length: 90 }, (_, n) => ["n", n]),
    );
  });

  test("after each reason that is no farewell", async () => {
    const ends: Record<string, boolean> = {
      "transport close": true,
      "transport error": true,
      "ping timeout": true,
      "forced close": true,
      "parse error": false,
    };
    for (const [reason, recovers] of Object.entries(ends)) {
      const { server, sockets, log } = recovering();
      const client = await connected(server);
      client.lose(reason);
      assert.equal(log[0]![1], reason);
      await client.reconnect().enter();
      assert.equal(sockets[1]!.recovered, recovers, reason);
    }
    // The transport could not be closed at once.
    const { server, sockets, log } = recovering();
    const client = new Client(server, "/", "polling");
    await client.enter({});
    server.io.emit("first");
    client.heard();
    client.conn.receive("2/unknown,[]");
    assert.equal(log[0]![1], "forced server close");
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, true);
  });

  test("not after a farewell of either side: the session is gone for good", async () => {
    const farewells: Record<string, (client: Client, socket: Socket) => void> = {
      "client namespace disconnect": (client) => client.conn.receive("1"),
      "server namespace disconnect": (_client, socket) => void socket.disconnect(),
      "server namespace disconnect (closing)": (_client, socket) => void socket.disconnect(true),
      "server namespace disconnect (all)": (_client, socket) => socket.nsp.disconnectSockets(),
    };
    for (const [name, leave] of Object.entries(farewells)) {
      const { server, sockets, log } = recovering();
      const client = await connected(server);
      const before = client.sid;
      leave(client, sockets[0]!);
      await ticks();
      assert.equal(log[0]![1], name.replace(/ \(.*/, ""));
      client.lose();
      sockets[0]!.emit("nobody hears this");
      const { missed } = await client.reconnect().enter();
      assert.equal(sockets[1]!.recovered, false, name);
      assert.notEqual(client.sid, before);
      assert.deepEqual(missed, []);
    }
  });

  test("not by a session that it has used already and left by a farewell", async () => {
    const { server, sockets, io } = recovering();
    const client = await connected(server);
    const { pid, offset } = client;
    client.lose();
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, true);
    client.conn.receive("1");
    await ticks();
    io.emit("missed");
    const { missed } = await client.reconnect().enter({ pid, offset });
    assert.equal(sockets[2]!.recovered, false);
    assert.deepEqual(missed, []);
  });

  test("gets a new session if it has had no event, or gives an offset that is none", async () => {
    const bad: unknown[] = [
      undefined,
      null,
      5,
      {},
      [],
      "",
      "a text of the application",
      "Q82hk17",
      "__proto__",
      "x".repeat(100_000),
    ];
    for (const offset of bad) {
      const { server, sockets, io } = recovering();
      const client = await connected(server);
      client.lose();
      io.emit("missed");
      const { missed } = await client.reconnect().enter({ pid: client.pid, offset });
      assert.equal(sockets[1]!.recovered, false);
      assert.deepEqual(missed, []);
    }
  });

  test("gets a new session if it gives a private id that is none", async () => {
    for (const pid of [undefined, null, 5, {}, [], "", "__proto__", "constructor", "x".repeat(100_000)]) {
      const { server, sockets } = recovering();
      const client = await connected(server);
      client.lose();
      await client.reconnect().enter({ pid, offset: client.offset });
      assert.equal(sockets[1]!.recovered, false);
      assert.notEqual(sockets[1]!.id, sockets[0]!.id);
    }
  });

  test("gets a new session rather than a part of what it missed", async () => {
    const { server, sockets, io } = recovering({ maxPackets: 3 });
    const client = await connected(server);
    client.lose();
    for (let n = 0; n < 4; n++) io.emit("missed", n);
    const { missed } = await client.reconnect().enter();
    assert.deepEqual([sockets[1]!.recovered, missed], [false, []]);
  });

  test("of Socket.IO 2 never does: it is told no private id", async () => {
    const { server, sockets, io } = recovering({}, { allowEIO3: true });
    const conn = server.engine.connect("websocket", undefined, 3);
    await ticks();
    assert.deepEqual(conn.take(), ["0"]);
    io.emit("first");
    const [message] = conn.take();
    const offset = (JSON.parse(String(message).slice(1)) as string[]).at(-1)!;
    conn.end("transport close");
    const again = server.engine.connect("websocket", undefined, 3);
    again.receive(`0/?pid=${sockets[0]!.id}&offset=${offset}`);
    await ticks();
    assert.equal(
      sockets.some((socket) => socket.recovered),
      false,
    );
  });

  test("in each namespace by itself", async () => {
    const { server, io, note, sockets } = recovering();
    io.of("/a").on("connection", note);
    const a = await connected(server, "/a");
    const pid = a.pid;
    a.lose();
    // The private id says nothing elsewhere.
    const main = await new Client(server).enter({ pid, offset: a.offset });
    assert.ok(main.sid);
    assert.equal(sockets.at(-1)!.recovered, false);
    io.of("/a").emit("missed");
    const { missed } = await a.reconnect().enter();
    assert.equal(sockets.at(-1)!.recovered, true);
    assert.deepEqual(
      missed.map((message) => withoutOffset(message, "2/a,")),
      [["missed"]],
    );
  });
});

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
    const { server, io, sockets } = recovering({ skipMiddlewares: false });
    let letIn: (() => void) | undefined;
    io.use((socket, next) => {
      if (socket.recovered) letIn = next;
      else next();
    });
    const client = await connected(server);
    client.lose();
    io.emit("n", 1);
    client.reconnect().ask();
    await ticks();
    io.emit("n", 2);
    io.to(client.sid!).emit("n", 3);
    assert.deepEqual(client.conn.take(), []);
    letIn!();
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
    const { server, io, sockets } = recovering({ skipMiddlewares: false, maxPackets: 2 });
    let letIn: (() => void) | undefined;
    io.use((socket, next) => {
      if (socket.recovered) letIn = next;
      else next();
    });
    const client = await connected(server);
    client.lose();
    client.reconnect().ask();
    await ticks();
    for (let n = 0; n < 3; n++) io.emit("n", n);
    letIn!();
    await ticks();
    assert.equal(client.conn.readyState, "closed");
    assert.deepEqual(client.conn.take(), []);
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, false);
  });

  test("that are at work when the connection ends leave the session for the next attempt", async () => {
    const { server, io, sockets } = recovering({ skipMiddlewares: false });
    const held: (() => void)[] = [];
    io.use((socket, next) => {
      if (socket.recovered) held.push(next);
      else next();
    });
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
    const { server, io, sockets } = recovering({ skipMiddlewares: false });
    const held: (() => void)[] = [];
    io.use((socket, next) => {
      if (socket.recovered) held.push(next);
      else next();
    });
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

/** An adapter with a store that takes its time, as those of other makes do. */
class StoreAdapter extends Adapter {
  static sessions = new Map<string, Session>();
  static persisted: unknown[] = [];
  static restored: unknown[][] = [];
  /** What runs before a call is answered. */
  static saving: Promise<void> | undefined;
  static loading: Promise<void> | undefined;

  static fresh(): typeof StoreAdapter {
    return class extends StoreAdapter {
      static override sessions = new Map<string, Session>();
      static override persisted: unknown[] = [];
      static override restored: unknown[][] = [];
      static override saving = undefined;
      static override loading = undefined;
    };
  }

  private get store(): typeof StoreAdapter {
    return this.constructor as typeof StoreAdapter;
  }

  // oxlint-disable-next-line typescript/no-misused-promises -- adapters with a store may take their time
  override persistSession(session: Session): Promise<void> {
    const { store } = this;
    store.persisted.push(session);
    const save = (): void =>
      void store.sessions.set(session.pid, { ...session, missedPackets: [["stored", 1, "7-0"]] });
    if (store.saving !== undefined) return store.saving.then(save);
    save();
    return Promise.resolve();
  }

  override async restoreSession(pid: string, offset: string): Promise<Session> {
    const { store } = this;
    store.restored.push([pid, offset]);
    if (store.loading !== undefined) await store.loading;
    const session = store.sessions.get(pid);
    store.sessions.delete(pid);
    // As the adapter of Redis Streams does.
    // oxlint-disable-next-line typescript/only-throw-error -- what is thrown elsewhere has to be borne
    if (session === undefined) throw "session or offset not found";
    return session;
  }
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

describe("adapters of other makes", () => {
  test("are given sessions to keep between disconnecting and disconnect, and asked for them", async () => {
    const Store = StoreAdapter.fresh();
    const { server, sockets } = recovering({}, { adapter: Store });
    const client = await connected(server);
    const [socket] = sockets as [Socket];
    await socket.join("r");
    socket.data = { a: 1 };
    const order: unknown[] = [];
    socket.on("disconnecting", () => order.push(["disconnecting", Store.persisted.length]));
    socket.on("disconnect", () => order.push(["disconnect", Store.persisted.length]));
    client.lose();
    assert.deepEqual(order, [
      ["disconnecting", 0],
      ["disconnect", 1],
    ]);
    assert.deepEqual(Store.persisted, [{ sid: client.sid, pid: client.pid, rooms: [client.sid, "r"], data: { a: 1 } }]);
    const { missed } = await client.reconnect().enter({ pid: client.pid, offset: "3-0" });
    assert.deepEqual(Store.restored, [[client.pid, "3-0"]]);
    assert.deepEqual(missed, ['2["stored",1,"7-0"]']);
    assert.equal(sockets[1]!.recovered, true);
    assert.deepEqual(sockets[1]!.rooms, new Set([client.sid, "r"]));
  });

  test("without a log, that throw, that reject or that lack the hooks: a new session, and nothing breaks", async () => {
    class Rejecting extends Adapter {
      // oxlint-disable-next-line typescript/no-misused-promises -- adapters with a store may take their time
      override persistSession(): Promise<void> {
        return Promise.reject(new Error("store is down"));
      }
      override restoreSession(): Promise<Session> {
        return Promise.reject(new Error("store is down"));
      }
    }
    class Throwing extends Adapter {
      override persistSession(): void {
        throw new Error("store is down");
      }
      override restoreSession(): Promise<Session> {
        throw new Error("store is down");
      }
    }
    class Lacking extends Adapter {}
    Object.assign(Lacking.prototype, { persistSession: undefined, restoreSession: undefined });
    class Odd extends Adapter {
      override restoreSession(): Promise<Session> {
        return Promise.resolve({ sid: "stolen", pid: "of somebody else", rooms: [], data: {}, missedPackets: [] });
      }
    }
    for (const adapter of [Adapter, Rejecting, Throwing, Lacking, Odd]) {
      const { server, sockets, log } = recovering({}, { adapter });
      const client = await connected(server);
      assert.ok(client.pid);
      const old = client.sid;
      client.lose();
      assert.deepEqual(log, [[old, "transport close"]]);
      await client.reconnect().enter({ pid: client.pid, offset: "x" });
      assert.equal(sockets[1]!.recovered, false, adapter.name);
      assert.notEqual(client.sid, old);
    }
  });

  test("may extend the one that keeps sessions, and change what it is given and gives", async () => {
    const noted: unknown[] = [];
    class Noting extends SessionAwareAdapter {
      override broadcast(packet: Packet, opts: BroadcastOptions): void {
        super.broadcast({ ...packet, data: [...(packet.data as unknown[]), "noted"] }, opts);
      }
      override persistSession(session: SessionToPersist): void {
        noted.push(["kept", session.sid]);
        super.persistSession({ ...session, rooms: [...session.rooms, "one more"] });
      }
      override async restoreSession(pid: string, offset: string): Promise<Session | null> {
        const session = await super.restoreSession(pid, offset);
        noted.push(["restored", session?.sid]);
        return session;
      }
    }
    const { server, sockets, io } = recovering({}, { adapter: Noting });
    const client = await connected(server);
    const { sid } = client;
    io.emit("seen");
    const [name, note, offset] = JSON.parse(String(client.conn.take().at(-1)).slice(1)) as string[];
    assert.deepEqual([name, note], ["seen", "noted"]);
    client.lose();
    io.emit("missed");
    const { missed } = await client.reconnect().enter({ pid: client.pid, offset });
    assert.deepEqual(
      missed.map((message) => withoutOffset(message)),
      [["missed", "noted"]],
    );
    assert.deepEqual([sockets[1]!.recovered, sockets[1]!.id, [...sockets[1]!.rooms]], [true, sid, [sid, "one more"]]);
    assert.deepEqual(noted, [
      ["kept", sid],
      ["restored", sid],
    ]);
  });

  test("that are still writing a session are waited for", async () => {
    const Store = StoreAdapter.fresh();
    const { promise, open } = gate();
    const { server, sockets } = recovering({}, { adapter: Store });
    const client = await connected(server);
    Store.saving = promise;
    // The old connection seems alive: it is closed, its session is on its way to the store.
    client.reconnect().ask({ pid: client.pid, offset: "x" });
    await ticks();
    assert.deepEqual([Store.persisted.length, Store.restored.length], [1, 0]);
    open();
    await ticks();
    assert.equal(Store.restored.length, 1);
    assert.equal(sockets[1]!.recovered, true);
  });

  test("that are still reading a session when the connection ends are given it back", async () => {
    const Store = StoreAdapter.fresh();
    const { promise, open } = gate();
    const { server, sockets, io } = recovering({}, { adapter: Store });
    const client = await connected(server);
    client.lose();
    Store.loading = promise;
    client.reconnect().ask({ pid: client.pid, offset: "x" });
    await ticks();
    client.lose();
    open();
    await ticks();
    Store.loading = undefined;
    assert.deepEqual(Store.persisted[1], Store.persisted[0]);
    assert.equal(io.sockets._preConnectSockets.size, 0);
    assert.equal(io.sockets.adapter.sids.size, 0);
    await client.reconnect().enter({ pid: client.pid, offset: "x" });
    assert.deepEqual(
      sockets.map(({ recovered }) => recovered),
      [false, true],
    );
  });

  test("that are still reading a session when its client comes once more: the later attempt has it", async () => {
    const Store = StoreAdapter.fresh();
    const { promise, open } = gate();
    const { server, sockets, io } = recovering({}, { adapter: Store });
    const client = await connected(server);
    client.lose();
    Store.loading = promise;
    const auth = { pid: client.pid, offset: "x" };
    client.reconnect().ask(auth);
    const old = client.conn;
    client.reconnect().ask(auth);
    await ticks();
    open();
    await ticks();
    assert.equal(old.readyState, "closed");
    assert.equal(client.answer().sid, sockets[0]!.id);
    assert.equal(io.sockets.sockets.size, 1);
  });

  test("are given the sessions of a server that closes, and time to write them", async () => {
    const Store = StoreAdapter.fresh();
    const { promise, open } = gate();
    let closed = 0;
    Store.prototype.close = () => void closed++;
    const { server, io, log } = recovering({}, { adapter: Store });
    const client = await connected(server);
    Store.saving = promise;
    const done = io.close();
    await ticks();
    assert.deepEqual(log, [[client.sid, "server shutting down"]]);
    assert.deepEqual([Store.persisted.length, closed], [1, 0]);
    open();
    await done;
    assert.deepEqual([Store.sessions.size, closed], [1, 1]);
  });
});

describe("the option connectionStateRecovery", () => {
  const optionsOf = (given: unknown): unknown => {
    const { io } = serve({ connectionStateRecovery: given } as Partial<ServerOptions>);
    return io._opts.connectionStateRecovery;
  };

  test("is completed, under the name that adapters read, and the caller's object stays as it was", () => {
    const defaults = { maxDisconnectionDuration: 120_000, skipMiddlewares: true };
    assert.deepEqual(optionsOf({}), defaults);
    assert.deepEqual(optionsOf(true), defaults);
    assert.deepEqual(optionsOf({ maxDisconnectionDuration: 5 }), { ...defaults, maxDisconnectionDuration: 5 });
    assert.deepEqual(optionsOf({ skipMiddlewares: false }), { ...defaults, skipMiddlewares: false });
    assert.equal(optionsOf(undefined), undefined);
    assert.equal(optionsOf(false), false);
    const given = { connectionStateRecovery: { maxPackets: 5 }, path: "/x" };
    const { io } = serve(given);
    assert.deepEqual(given, { connectionStateRecovery: { maxPackets: 5 }, path: "/x" });
    assert.equal((io as unknown as { opts: object }).opts, io._opts);
  });

  test("brings the adapter that keeps sessions, unless there is one of the user's", () => {
    assert.ok(serve({ connectionStateRecovery: {} }).io.of("/").adapter instanceof SessionAwareAdapter);
    assert.ok(!(serve().io.of("/").adapter instanceof SessionAwareAdapter));
    const { io } = serve({ connectionStateRecovery: {}, adapter: Adapter });
    assert.equal(io.of("/").adapter.constructor, Adapter);
  });

  test("maxDisconnectionDuration: who comes later gets a new session", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    for (const [wait, recovers] of [
      [4999, true],
      [5000, false],
    ] as const) {
      const { server, sockets } = recovering({ maxDisconnectionDuration: 5000 });
      const client = await connected(server);
      client.lose();
      now += wait;
      await client.reconnect().enter();
      assert.equal(sockets[1]!.recovered, recovers);
    }
  });
});
