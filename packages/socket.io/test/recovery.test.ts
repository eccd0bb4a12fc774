import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServerOptions, Socket } from "socket.io";
import { Adapter, SessionAwareAdapter } from "socket.io-adapter";
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

  test("after a farewell, catch-all listeners of its socket hear nothing of what is sent to it: it goes nowhere", async () => {
    const { server, sockets } = recovering();
    const client = await connected(server);
    const [socket] = sockets as [Socket];
    const outgoing: string[] = [];
    socket.onAnyOutgoing((event: string) => outgoing.push(event));
    socket.emit("before");
    client.conn.receive("1");
    await ticks();
    socket.emit("after");
    socket.emit("acknowledged", () => {});
    socket.volatile.emit("volatile");
    assert.deepEqual(outgoing, ["before"]);
  });

  test("hears what is sent to its former socket, volatile events too", async () => {
    const { server, sockets } = recovering();
    const client = await connected(server);
    client.lose();
    await client.reconnect().enter();
    assert.equal(sockets[1]!.recovered, true);
    client.conn.take();
    sockets[0]!.emit("event");
    sockets[0]!.volatile.emit("volatile");
    const names = client.conn.take().map((message) => (JSON.parse(String(message).slice(1)) as string[])[0]);
    assert.deepEqual(names, ["event", "volatile"]);
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
