import assert from "node:assert/strict";
import type { Server } from "socket.io";
import type { Socket } from "socket.io-client";
import type { Behaviour, Behaviours } from "../behaviour.ts";
import type { Options, Stage } from "../stage.ts";

const WAYS: Readonly<Record<string, Options>> = {
  polling: { transports: ["polling"] },
  fetch: {},
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

/** Whole conversations with a server, of whatever make: over each way of transport where that matters. */
export const served: Behaviours = {
  ...overEachWay("is connected, talks and is answered, with bytes, in both directions", async (stage, options) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", options);
    assert.equal(client.id, server.id);
    server.on("ask", (value: unknown, bytes: Buffer, answer: (...args: unknown[]) => void) => answer(bytes, value));
    const answer = new Promise((resolve) => client.emit("ask", 1, Buffer.from([2]), (...a: unknown[]) => resolve(a)));
    assert.deepEqual(await answer, [Buffer.from([2]), 1]);
    client.on("ask", (value: unknown, reply: (...args: unknown[]) => void) => reply(value, { deep: [value] }));
    const reply = new Promise((resolve) => server.emit("ask", Buffer.from([3]), (...a: unknown[]) => resolve(a)));
    assert.deepEqual(await reply, [Buffer.from([3]), { deep: [Buffer.from([3])] }]);
  }),

  ...overEachWay("hundreds of events keep their order in both directions", async (stage, options) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", options);
    const heard: unknown[] = [];
    const back: unknown[] = [];
    server.on("n", (n: number) => heard.push(n));
    client.on("n", (n: number) => back.push(n));
    for (let n = 0; n < 300; n++) {
      client.emit("n", n);
      server.emit("n", n);
      if (n % 60 === 0) await stage.quiet();
    }
    await stage.until(() => heard.length === 300 && back.length === 300);
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    assert.deepEqual([heard, back], [numbers, numbers]);
  }),

  ...overEachWay(
    "what is emitted before the connection arrives once, in order, before what connect emits",
    async (stage, options) => {
      const io = await stage.serve();
      const heard: unknown[] = [];
      io.on("connection", (socket) => socket.onAny((...args: unknown[]) => heard.push(args)));
      const client = stage.client("/", options);
      for (let n = 0; n < 5; n++) client.emit("n", n);
      client.on("connect", () => client.emit("connected"));
      await stage.until(() => heard.length === 6);
      assert.deepEqual(heard, [["n", 0], ["n", 1], ["n", 2], ["n", 3], ["n", 4], ["connected"]]);
    },
  ),

  ...overEachWay(
    "the server's disconnect() is 'io server disconnect', and it comes back by connect() alone",
    async (stage, options) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io, "/", { ...options, reconnection: true });
      const gone = stage.event(client, "disconnect");
      server.disconnect();
      assert.equal((await gone)[0], "io server disconnect");
      stage.clock.advance(10_000);
      await stage.quiet();
      assert.deepEqual([client.active, client.connected], [false, false]);
      client.connect();
      await stage.event(client, "connect");
    },
  ),

  ...overEachWay(
    "a connection that the server ends is 'transport close', and comes back by itself",
    async (stage, options) => {
      const io = await stage.serve();
      const { client, server } = await stage.pair(io, "/", { ...options, reconnection: true });
      if (options.transports?.length === 2) await stage.until(() => server.conn.transport.name === "websocket");
      if (client.io.engine.transport.name === "polling") await stage.until(() => server.conn.transport.writable);
      const { id } = client;
      const gone = stage.event(client, "disconnect");
      server.conn.close();
      assert.equal((await gone)[0], "transport close");
      assert.equal(client.active, true);
      const back = stage.event(client, "connect");
      await stage.whileTimePasses(back);
      assert.notEqual(client.id, id);
    },
  ),

  ...overEachWay("heartbeats keep a connection for hours", async (stage, options) => {
    const io = await stage.serve({ pingInterval: 25_000, pingTimeout: 20_000 });
    const { client, server } = await stage.pair(io, "/", options);
    if (options.transports?.length === 2) await stage.until(() => server.conn.transport.name === "websocket");
    const log = stage.log(client, ["disconnect"]);
    for (let minute = 0; minute < 30; minute++) {
      const ping = stage.event(client.io, "ping");
      await stage.whileTimePasses(ping, 1000);
      await stage.quiet();
    }
    assert.deepEqual(log, []);
    const answer = new Promise<void>((resolve) => server.on("fence", resolve));
    client.emit("fence");
    await answer;
  }),

  "a connection goes on over WebSocket, and both sides agree": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io, "/", WAYS["upgrade"]);
    const { engine } = client.io;
    if (engine.transport.name !== "websocket") await stage.whileTimePasses(stage.event(engine, "upgrade"), 1);
    await stage.until(() => server.conn.transport.name === "websocket");
    assert.equal(client.connected, true);
  },

  "the URL's query takes the place of the option query, and its path is the namespace": async (stage) => {
    const io = await stage.serve();
    const connection = stage.event(io.of("/admin"), "connection");
    stage.client("/admin?a=1", { query: { b: "2" } });
    const [socket] = await connection;
    assert.deepEqual([socket.handshake.query.a, socket.handshake.query.b], ["1", undefined]);
    const second = stage.event(io, "connection");
    stage.client("/", { query: { b: "2" } });
    assert.equal((await second)[0].handshake.query.b, "2");
  },

  "auth reaches the middlewares, and a refusal is told with message and data": async (stage) => {
    const io = await stage.serve();
    io.use((socket, next) => {
      const { token } = socket.handshake.auth;
      next(token === "good" ? undefined : Object.assign(new Error("not authorized"), { data: { token } }));
    });
    const client = stage.client("/", { auth: { token: "bad" }, reconnection: true });
    const [error] = await stage.event(client, "connect_error");
    assert.deepEqual([error.message, error.data, client.active], ["not authorized", { token: "bad" }, false]);
    client.auth = { token: "good" };
    client.connect();
    await stage.event(client, "connect");
  },

  "an unknown namespace is refused, and the connection lives on for others": async (stage) => {
    const io = await stage.serve();
    const { client } = await stage.pair(io);
    const unknown = client.io.socket("/unknown");
    const [error] = await stage.event(unknown, "connect_error");
    assert.deepEqual([error.message, unknown.active, client.connected], ["Invalid namespace", false, true]);
  },

  "namespaces share a connection, and each leaves by itself": async (stage) => {
    const io = await stage.serve();
    io.of("/b");
    const { client, server } = await stage.pair(io);
    const other = client.io.socket("/b", { auth: { mine: true } });
    await stage.event(other, "connect");
    const half = stage.half(io, other);
    assert.equal(half.conn, server.conn);
    assert.deepEqual(half.handshake.auth, { mine: true });
    client.disconnect();
    await stage.until(() => io.sockets.sockets.size === 0);
    const heard = stage.event(other, "still");
    half.emit("still");
    await heard;
  },

  "a server that closes is 'transport close'; once it is back, so is the client": async (stage) => {
    const io = await stage.serve();
    const { port } = stage;
    const { client } = await stage.pair(io, "/", { reconnection: true });
    const gone = stage.event(client, "disconnect");
    void io.close();
    assert.equal((await gone)[0], "transport close");
    await stage.whileTimePasses(stage.event(client.io, "reconnect_error"));
    const again = await stage.serve({}, port);
    await stage.whileTimePasses(stage.event(client, "connect"));
    assert.ok(stage.half(again, client));
  },

  "events emitted meanwhile arrive after the return, once and in order": async (stage) => {
    const io = await stage.serve();
    const heard: unknown[] = [];
    io.on("connection", (socket) => socket.on("n", (n: number) => heard.push(n)));
    const proxy = await stage.proxy();
    const { client } = await stage.pair(io, "/", { reconnection: true });
    const gone = stage.event(client, "disconnect");
    proxy.refuse();
    await gone;
    for (let n = 0; n < 5; n++) client.emit("n", n);
    client.volatile.emit("n", "volatile");
    await stage.whileTimePasses(stage.event(client.io, "reconnect_error"));
    proxy.forward();
    await stage.whileTimePasses(stage.event(client, "connect"));
    await stage.until(() => heard.length >= 5);
    await stage.quiet();
    assert.deepEqual(heard.slice(0, 5), [0, 1, 2, 3, 4]);
  },

  "a link that falls silent is 'ping timeout', and is made anew": async (stage) => {
    const io = await stage.serve();
    const proxy = await stage.proxy();
    const { client } = await stage.pair(io, "/", { reconnection: true });
    const gone = stage.event(client, "disconnect");
    proxy.halfOpen();
    proxy.forward();
    assert.equal((await stage.whileTimePasses(gone, 1000))[0], "ping timeout");
    await stage.whileTimePasses(stage.event(client, "connect"));
  },

  "with retries an event that the server did not answer is sent again, and arrives in order": async (stage) => {
    const io = await stage.serve();
    const heard: unknown[] = [];
    io.on("connection", (socket) => {
      socket.on("n", (n: number, answer: (n: number) => void) => {
        // The first try of each is lost on the server.
        if (heard.push(n) % 2 === 0) answer(n);
      });
    });
    const client = stage.client("/", { retries: 3, ackTimeout: 1000 });
    const answers = Promise.all([1, 2, 3].map((n) => client.emitWithAck("n", n)));
    assert.deepEqual(await stage.whileTimePasses(answers), [1, 2, 3]);
    assert.deepEqual(heard, [1, 1, 2, 2, 3, 3]);
  },

  "a session is recovered after a loss: id, and what was missed before connect": sinceRecovery(async (stage) => {
    const io = await stage.serve({ connectionStateRecovery: {} });
    const proxy = await stage.proxy();
    const { client, server } = await stage.pair(io, "/", { reconnection: true });
    const { id } = client;
    const first = stage.event(client, "n");
    server.emit("n", 0);
    await first;
    const log = stage.log(client, ["connect", "n"]);
    await cutOff(stage, io, client, proxy);
    io.emit("n", 1);
    io.emit("n", 2);
    proxy.forward();
    await stage.whileTimePasses(stage.event(client, "connect"));
    await stage.until(() => log.length === 3);
    assert.deepEqual([client.recovered, client.id], [true, id]);
    const names = log.map(([name, n]) => (name === "n" ? n : name));
    assert.deepEqual(
      names.filter((name) => name !== "connect"),
      [1, 2],
    );
  }),
};

/** Breaks the connection and sees that the server has noticed. */
async function cutOff(stage: Stage, io: Server, client: Socket, proxy: { refuse(): void }): Promise<void> {
  const gone = stage.event(client, "disconnect");
  proxy.refuse();
  await gone;
  await stage.until(() => io.sockets.sockets.size === 0);
}

function sinceRecovery(run: Behaviour["run"]): Behaviour {
  return { lackingIn3: "connectionStateRecovery", run };
}

function overEachWay(title: string, run: (stage: Stage, options: Options) => Promise<void>): Behaviours {
  return Object.fromEntries(
    Object.entries(WAYS).map(([way, options]) => [
      `over ${way}: ${title}`,
      (stage: Stage) => {
        if (way === "fetch") return run(stage, { transports: [stage.cell.engine.Fetch] as never });
        // Upstream's server looks after an upgrade by a timer.
        return way === "upgrade" ? stage.whileTimePasses(run(stage, options), 1) : run(stage, options);
      },
    ]),
  );
}
