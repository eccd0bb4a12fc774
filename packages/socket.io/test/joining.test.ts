import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServerOptions } from "socket.io";
import { serve, ticks } from "./support/fake-engine.ts";
import { connected, recovering } from "./support/recovery.ts";

type Next = (error?: Error) => void;

/** A server whose middleware answers when the test says so, and a client that has not joined yet. */
function waiting(options: Partial<ServerOptions> = {}) {
  const { io, engine } = serve(options);
  /** Who was with the middleware, in that order. */
  const asked: unknown[] = [];
  const answers: Next[] = [];
  io.use((socket, next) => {
    asked.push(socket.handshake.auth["user"]);
    answers.push(next);
  });
  const users: unknown[] = [];
  io.on("connection", (socket) => users.push(socket.handshake.auth["user"]));
  const peer = engine.connect();
  const connectAs = (user: string): void => peer.receive(`0{"user":"${user}"}`);
  return { io, engine, peer, connectAs, asked, answers, users };
}

describe("a client that asks again before it is answered", () => {
  test("is let in once, with its last credentials, which the middlewares have seen", async () => {
    const { io, peer, connectAs, asked, answers, users } = waiting();
    connectAs("ann");
    connectAs("bob");
    assert.deepEqual([asked, io.sockets._preConnectSockets.size], [["ann"], 1], "one after the other");
    answers[0]!();
    await ticks();
    assert.deepEqual([asked, users], [["ann", "bob"], []]);
    answers[1]!();
    await ticks();
    assert.deepEqual([users, peer.sent.length, io.sockets.sockets.size], [["bob"], 1, 1]);
    assert.equal(peer.readyState, "open");
  });

  test("hears no refusal of the credentials that do not count any more", async () => {
    const { peer, connectAs, answers, users } = waiting();
    connectAs("ann");
    connectAs("bob");
    answers[0]!(new Error("not you"));
    answers[1]!();
    await ticks();
    assert.deepEqual(users, ["bob"]);
    assert.match(String(peer.sent), /^0\{"sid":"[^"]+"\}$/);
  });

  test("is refused once, if its last credentials are", async () => {
    const { peer, connectAs, answers, users } = waiting();
    connectAs("ann");
    connectAs("bob");
    answers[0]!();
    await ticks();
    answers[1]!(new Error("not you"));
    await ticks();
    assert.deepEqual([users, peer.sent], [[], ['4{"message":"not you"}']]);
  });

  test("takes the middlewares' time for the first and the last of many", async () => {
    const { io, connectAs, asked, answers, users } = waiting();
    for (let at = 0; at <= 100; at++) connectAs(`user ${at}`);
    assert.equal(io.sockets._preConnectSockets.size, 1);
    answers[0]!();
    answers[1]!();
    await ticks();
    assert.deepEqual([asked, users], [["user 0", "user 100"], ["user 100"]]);
  });

  test("has asked for nothing new if it has come back to its first credentials", async () => {
    const { connectAs, asked, answers, users } = waiting();
    for (const user of ["ann", "bob", "ann"]) connectAs(user);
    answers[0]!();
    await ticks();
    assert.deepEqual([asked, users], [["ann"], ["ann"]]);
  });

  test("may do so in the same read as its first packets, which were somebody else's", async () => {
    const { io, engine } = serve();
    const heard: unknown[] = [];
    io.on("connection", (socket) => {
      heard.push(socket.handshake.auth["user"]);
      socket.onAny((name) => heard.push(name));
    });
    const peer = engine.connect();
    peer.receive('0{"user":"ann"}', '2["of ann"]', '0{"user":"bob"}');
    await ticks();
    assert.deepEqual([heard, peer.sent.length, peer.readyState], [["bob"], 1, "open"]);
  });

  test("for a namespace that a function decides on has that function see the last credentials", async () => {
    const { io, engine } = serve();
    const asked: unknown[] = [];
    const decide: ((error: Error | null, success: boolean) => void)[] = [];
    const parent = io.of((_name: string, auth: { [key: string]: unknown }, next: (typeof decide)[number]) => {
      asked.push(auth["user"]);
      decide.push(next);
    });
    const users: unknown[] = [];
    parent.on("connection", (socket) => users.push(socket.handshake.auth["user"]));
    const peer = engine.connect();
    peer.receive('0/child,{"user":"ann"}', '0/child,{"user":"bob"}');
    decide[0]!(null, true);
    assert.equal(io._nsps.has("/child"), false);
    decide[1]!(null, true);
    await ticks();
    assert.deepEqual([asked, users, peer.sent.length], [["ann", "bob"], ["bob"], 1]);
  });

  test("leaves the rooms that a middleware gave to somebody else", async () => {
    const { io, peer, connectAs, answers } = waiting();
    io.use((socket, next) => {
      void socket.join(`room of ${socket.handshake.auth["user"]}`);
      next();
    });
    connectAs("ann");
    connectAs("bob");
    for (let at = 0; at < 2; at++) answers[at]!();
    await ticks();
    assert.equal(io.sockets.adapter.rooms.has("room of ann"), false);
    assert.equal(io.sockets.adapter.rooms.get("room of bob")?.size, 1);
    assert.equal(peer.sent.length, 1);
  });

  test("leaves a session that it was about to take up to whoever comes back to it", async () => {
    const { server, io, sockets } = recovering({ skipMiddlewares: false });
    const answers: Next[] = [];
    const client = await connected(server);
    client.lose();
    io.use((_socket, next) => void answers.push(next));
    const other = client.reconnect().conn;
    client.ask();
    await ticks();
    client.ask({ user: "bob" });
    for (let at = 0; at < 2; at++) answers[at]!();
    client.reconnect().ask();
    await ticks();
    answers[2]!();
    await ticks();
    assert.deepEqual(
      sockets.slice(1).map(({ recovered }) => recovered),
      [false, true],
    );
    assert.equal(other.readyState, "open");
  });

  test("too soon for its rate is refused, and whoever it was is not let in any more", async () => {
    const { io, peer, connectAs, answers, users } = waiting({ rateLimit: { packets: { perSecond: 1, burst: 1 } } });
    connectAs("ann");
    connectAs("bob");
    answers[0]!();
    await ticks();
    assert.deepEqual([users, io.sockets._preConnectSockets.size], [[], 0]);
    assert.match(String(peer.sent), /^4\{"message":"too much at a time/);
  });
});
