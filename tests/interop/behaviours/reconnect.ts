import assert from "node:assert/strict";
import { ask, type Behaviours, type ClientOptions } from "../stage.js";

/** Reconnects at once, without the spread that keeps real clients from coming back all together. */
const eager: ClientOptions = {
  reconnection: true,
  reconnectionDelay: 5,
  reconnectionDelayMax: 40,
  randomizationFactor: 0,
};

export const reconnect: Behaviours = {
  "after a cut the client comes back and events flow again": async (stage) => {
    const io = await stage.serve();
    io.on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
    const proxy = await stage.proxy();
    const { client, server } = await stage.pair(io, "/", { ...eager, port: proxy.port });
    await stage.upgraded(client, server);
    await stage.until("round trip", ask(client, "echo", 0));
    await stage.writable(server);
    const lost = stage.event(client, "disconnect");
    const back = stage.event(client, "connect");
    proxy.cut();
    assert.equal((await lost)[0], stage.transport === "polling" ? "transport error" : "transport close");
    assert.equal(client.active, true);
    await back;
    assert.notEqual(client.id, server.id);
    assert.equal(await stage.until("round trip", ask(client, "echo", "again")), "again");
    const arrival = stage.event(client, "news");
    io.emit("news", 1);
    assert.deepEqual(await arrival, [1]);
  },

  "the Manager tells attempt and success before the sockets connect": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", eager);
    const log: unknown[] = [];
    client.on("disconnect", (reason) => log.push(["disconnect", reason]));
    client.io.on("reconnect_attempt", (n) => log.push(["reconnect_attempt", n]));
    client.io.on("reconnect", (n) => log.push(["reconnect", n]));
    client.on("connect", () => log.push(["connect"]));
    const back = stage.event(client, "connect");
    await stage.upgraded(client, server);
    server.conn.close();
    await back;
    assert.deepEqual(log, [["disconnect", "transport close"], ["reconnect_attempt", 1], ["reconnect", 1], ["connect"]]);
  },

  "events emitted while disconnected are delivered after the reconnection, in order": async (stage) => {
    const io = await stage.serve();
    const heard: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      io.on("connection", (socket) => {
        socket.on("n", (n) => heard.push(n));
        socket.on("fence", () => resolve());
      });
    });
    const { client, server } = await stage.pair(io, "/", eager);
    await stage.upgraded(client, server);
    client.on("disconnect", () => {
      for (let n = 0; n < 10; n++) client.emit("n", n);
      client.emit("fence");
    });
    server.conn.close();
    await stage.until("fence at the server", done);
    assert.deepEqual(
      heard,
      Array.from({ length: 10 }, (_, n) => n),
    );
  },

  "all namespaces of a connection come back": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const { client, server } = await stage.pair(io, "/", eager);
    const a = stage.track(client.io.socket("/a"));
    await stage.connected(a);
    await stage.upgraded(client, server);
    const back = [stage.event(client, "connect"), stage.event(a, "connect")];
    server.conn.close();
    await Promise.all(back);
    assert.equal(stage.serverHalf(io, a).conn, stage.serverHalf(io, client).conn);
  },

  "rooms belong to the old socket and are empty after a reconnection": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", eager);
    await stage.upgraded(client, server);
    await server.join("room");
    const back = stage.event(client, "connect");
    server.conn.close();
    await back;
    assert.equal(io.of("/").adapter.rooms.has("room"), false);
    assert.deepEqual([...stage.serverHalf(io, client).rooms], [client.id]);
  },

  "a restarted server gets its clients back": async (stage) => {
    const first = await stage.serve();
    const proxy = await stage.proxy();
    const { client, server } = await stage.pair(first, "/", { ...eager, port: proxy.port });
    await stage.upgraded(client, server);
    const lost = stage.event(client, "disconnect");
    proxy.refuse();
    await stage.until("close of the first server", first.close());
    await lost;
    await stage.event(client.io, "reconnect_error");
    const second = await stage.serve();
    const back = stage.event(client, "connect");
    proxy.retarget(stage.port);
    proxy.forward();
    await back;
    const arrival = stage.event(stage.serverHalf(second, client), "hello");
    client.emit("hello", "again");
    assert.deepEqual(await arrival, ["again"]);
  },

  "a first connection that fails is tried again": async (stage) => {
    const io = await stage.serve();
    const proxy = await stage.proxy();
    proxy.refuse();
    const client = stage.client("/", { ...eager, port: proxy.port });
    const [error] = await stage.event<[Error & { type?: string }]>(client, "connect_error");
    assert.equal(error.type, "TransportError");
    assert.equal(client.active, true);
    proxy.forward();
    await stage.event(client, "connect");
    assert.equal(stage.serverHalf(io, client).id, client.id);
  },

  "the delays between attempts double up to their limit": async (stage) => {
    await stage.serve();
    const proxy = await stage.proxy();
    proxy.refuse();
    const client = stage.client("/", { ...eager, autoConnect: false, reconnectionAttempts: 5, port: proxy.port });
    const delays: number[] = [];
    const manager = client.io as unknown as { backoff: { duration(): number } };
    const duration = manager.backoff.duration.bind(manager.backoff);
    manager.backoff.duration = () => {
      delays.push(duration());
      return delays.at(-1) as number;
    };
    const failed = stage.event(client.io, "reconnect_failed");
    client.connect();
    await failed;
    assert.deepEqual(delays, [5, 10, 20, 40, 40]);
  },

  "attempts are counted and end with reconnect_failed": async (stage) => {
    await stage.serve();
    const proxy = await stage.proxy();
    proxy.refuse();
    const client = stage.client("/", { ...eager, autoConnect: false, reconnectionAttempts: 2, port: proxy.port });
    const log: unknown[] = [];
    client.connect();
    client.on("connect_error", () => log.push("connect_error"));
    for (const name of ["error", "reconnect_attempt", "reconnect_error", "reconnect_failed"] as const) {
      client.io.on(name, (value?: unknown) => log.push(name === "reconnect_attempt" ? [name, value] : name));
    }
    // Emitted last of all, and in the same tick as reconnect_failed.
    const last = new Promise<void>((resolve) => {
      client.io.once("reconnect_failed", () => client.io.once("reconnect_error", () => resolve()));
    });
    await stage.until("the last reconnect_error", last);
    assert.deepEqual(log, [
      "connect_error",
      "error",
      ["reconnect_attempt", 1],
      "connect_error",
      "error",
      "reconnect_error",
      ["reconnect_attempt", 2],
      "connect_error",
      "error",
      "reconnect_failed",
      "reconnect_error",
    ]);
  },

  "without reconnection the client stays away": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", { reconnection: false });
    await stage.upgraded(client, server);
    client.io.on("reconnect_attempt", () => assert.fail("it tried to reconnect"));
    const lost = stage.event(client, "disconnect");
    server.conn.close();
    await lost;
    client.connect();
    await stage.connected(client);
    assert.equal(io.sockets.sockets.size, 1);
  },

  "a client disconnected by the server comes back only when told": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", eager);
    client.io.on("reconnect_attempt", () => assert.fail("it tried to reconnect"));
    const lost = stage.event(client, "disconnect");
    server.disconnect();
    await lost;
    client.connect();
    await stage.connected(client);
    assert.notEqual(client.id, server.id);
  },

  "a server that does not answer is a timeout": async (stage) => {
    await stage.serve();
    const proxy = await stage.proxy();
    proxy.hold();
    const client = stage.client("/", { port: proxy.port, timeout: 40 });
    const [error] = await stage.event<[Error]>(client, "connect_error");
    assert.equal(error.message, "timeout");
  },

  "bytes that arrive in small pieces make the same events": async (stage) => {
    const io = await stage.serve();
    const proxy = await stage.proxy();
    proxy.split(7);
    const { client, server } = await stage.pair(io, "/", { port: proxy.port });
    const value = { text: "é€😀".repeat(20), binary: Buffer.from("0123456789") };
    const up = stage.event<[typeof value]>(server, "ev");
    client.emit("ev", value);
    const [received] = await up;
    assert.equal(received.text, value.text);
    assert.equal(Buffer.from(received.binary).toString(), "0123456789");
    const down = stage.event<[typeof value]>(client, "ev");
    server.emit("ev", value);
    assert.equal((await down)[0].text, value.text);
  },

  "bytes that are held up arrive late and complete": async (stage) => {
    const io = await stage.serve();
    const proxy = await stage.proxy();
    const { client, server } = await stage.pair(io, "/", { port: proxy.port });
    await stage.upgraded(client, server);
    const heard: unknown[] = [];
    server.on("n", (n) => heard.push(n));
    proxy.hold();
    for (let n = 0; n < 10; n++) client.emit("n", n);
    // Another client, straight to the server: its round trip shows that time has passed there.
    const { server: other, client: direct } = await stage.pair(io);
    other.on("echo", (answer) => answer());
    await stage.until("round trip", ask(direct, "echo"));
    assert.deepEqual(heard, []);
    const fence = stage.event(server, "fence");
    client.emit("fence");
    proxy.forward();
    await fence;
    assert.deepEqual(
      heard,
      Array.from({ length: 10 }, (_, n) => n),
    );
  },

  "an unanswered emit with retries is sent again after the reconnection": async (stage) => {
    const io = await stage.serve();
    const heard: string[] = [];
    io.on("connection", (socket) => {
      socket.on("order", (_, answer) => {
        heard.push(socket.id);
        if (heard.length === 1) socket.conn.close();
        else answer("taken");
      });
    });
    const { client, server } = await stage.pair(io, "/", { ...eager, retries: 5, ackTimeout: 9000 });
    await stage.upgraded(client, server);
    const answer = client.emitWithAck("order", 1);
    assert.equal(await stage.until("ack", answer), "taken");
    assert.equal(heard.length, 2);
    assert.notEqual(heard[0], heard[1]);
  },
};
