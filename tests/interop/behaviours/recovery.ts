import assert from "node:assert/strict";
import type { Server, ServerOptions } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import type { Behaviours, ClientOptions, Stage } from "../stage.js";

const RECOVERY: Partial<ServerOptions> = { connectionStateRecovery: {} };

/** Comes back as soon as it notices. */
const eager: ClientOptions = {
  reconnection: true,
  reconnectionDelay: 5,
  reconnectionDelayMax: 40,
  randomizationFactor: 0,
};

/** A client behind a proxy that has had one event, so that it has an offset to come back with. */
async function recoverable(stage: Stage, io: Server, options: ClientOptions = {}) {
  const proxy = await stage.proxy();
  const { client, server } = await stage.pair(io, "/", { ...eager, port: proxy.port, ...options });
  await stage.upgraded(client, server);
  const first = stage.event(client, "first");
  server.emit("first");
  await first;
  await stage.writable(server);
  return { client, server, proxy };
}

/** All events that the client hears from now on, without their offsets. */
function log(client: ClientSocket): unknown[][] {
  const heard: unknown[][] = [];
  client.onAny((...args: unknown[]) => heard.push(args.slice(0, -1)));
  return heard;
}

export const recovery: Behaviours = {
  "a client that was cut off gets back its id, rooms, data and what it missed, once and in order": async (stage) => {
    const io = await stage.serve(RECOVERY);
    const { client, server, proxy } = await recoverable(stage, io);
    await server.join("room");
    server.data = { name: "Ada" };
    const { id } = client;
    const heard = log(client);
    const gone = stage.event(server, "disconnect");
    const back = stage.event(client, "connect");
    proxy.refuse();
    await gone;
    io.emit("n", 0);
    io.to("room").emit("n", 1);
    io.to("elsewhere").emit("n", "for others");
    io.emit("bin", Buffer.from([1, 2]), { deep: [Buffer.from([3])] });
    io.volatile.emit("n", "volatile");
    for (let n = 2; n < 20; n++) io.emit("n", n);
    proxy.forward();
    await back;
    assert.equal(client.recovered, true);
    assert.equal(client.id, id);
    const again = stage.serverHalf(io, client);
    assert.equal(again.recovered, true);
    assert.deepEqual([...again.rooms], [id, "room"]);
    assert.deepEqual(again.data, { name: "Ada" });
    const live = stage.event(client, "live");
    io.to("room").emit("live");
    await live;
    assert.deepEqual(heard, [
      ["n", 0],
      ["n", 1],
      ["bin", Buffer.from([1, 2]), { deep: [Buffer.from([3])] }],
      ...Array.from({ length: 18 }, (_, n) => ["n", n + 2]),
      ["live"],
    ]);
  },

  "a client may be cut off again and again": async (stage) => {
    const io = await stage.serve(RECOVERY);
    const { client, proxy } = await recoverable(stage, io);
    const heard = log(client);
    for (let round = 0; round < 5; round++) {
      const gone = stage.event(stage.serverHalf(io, client), "disconnect");
      const back = stage.event(client, "connect");
      proxy.refuse();
      await gone;
      io.emit("n", 2 * round);
      proxy.forward();
      await back;
      assert.equal(client.recovered, true);
      const live = stage.event(client, "n");
      io.emit("n", 2 * round + 1);
      await live;
      await stage.upgraded(client, stage.serverHalf(io, client));
      await stage.writable(stage.serverHalf(io, client));
    }
    assert.deepEqual(
      heard,
      Array.from({ length: 10 }, (_, n) => ["n", n]),
    );
  },

  "events carry an offset as last argument, which answers and volatile events lack": async (stage) => {
    const io = await stage.serve(RECOVERY);
    const { client, server } = await recoverable(stage, io);
    const direct = stage.event(client, "direct");
    const all = stage.event(client, "all");
    server.emit("direct", 1);
    io.emit("all");
    for (const args of [await direct, await all]) assert.equal(typeof args.at(-1), "string");
    assert.equal((await direct).length, 2);
    server.on("ask", (answer: (n: number) => void) => answer(1));
    const answer = new Promise((resolve) => client.emit("ask", (...args: unknown[]) => resolve(args)));
    assert.deepEqual(await stage.until("answer", answer), [1]);
    const asked = stage.event(client, "asked");
    server.emit("asked", 2, () => {});
    assert.equal((await asked).length, 2);
    await stage.writable(server);
    const dropped = stage.event(client, "volatile");
    server.volatile.emit("volatile", 3);
    assert.deepEqual(await dropped, [3]);
  },

  "a client without an offset, or with one that is none, gets a new session": async (stage) => {
    const io = await stage.serve(RECOVERY);
    const { client, server } = await stage.pair(io, "/", eager);
    await stage.upgraded(client, server);
    const { id } = client;
    const back = stage.event(client, "connect");
    server.conn.close();
    await back;
    assert.equal(client.recovered, false);
    assert.notEqual(client.id, id);
    const second = stage.serverHalf(io, client);
    await stage.upgraded(client, second);
    await stage.writable(second);
    const text = stage.event(client, "text");
    second.volatile.emit("text", "no offset");
    await text;
    const again = stage.event(client, "connect");
    second.conn.close();
    await again;
    assert.equal(client.recovered, false);
    assert.equal(stage.serverHalf(io, client).recovered, false);
  },

  "who leaves gets a new session, and so does who is shown out": async (stage) => {
    const io = await stage.serve(RECOVERY);
    const { client, server } = await recoverable(stage, io);
    const heard = log(client);
    const gone = stage.event(server, "disconnect");
    client.disconnect();
    assert.equal((await gone)[0], "client namespace disconnect");
    io.emit("missed");
    client.connect();
    await stage.connected(client);
    assert.equal(client.recovered, false);
    const second = stage.serverHalf(io, client);
    await stage.upgraded(client, second);
    const first = stage.event(client, "second");
    second.emit("second");
    await first;
    const out = stage.event(client, "disconnect");
    second.disconnect();
    assert.equal((await out)[0], "io server disconnect");
    io.emit("missed");
    client.connect();
    await stage.connected(client);
    assert.equal(client.recovered, false);
    assert.deepEqual(heard, [["second"]]);
  },

  "middlewares are skipped for who recovers": async (stage) => {
    const io = await stage.serve(RECOVERY);
    let runs = 0;
    io.use((_socket, next) => {
      runs++;
      next();
    });
    const { client, proxy } = await recoverable(stage, io);
    const back = stage.event(client, "connect");
    proxy.cut();
    await back;
    assert.equal(client.recovered, true);
    assert.equal(runs, 1);
  },

  "with skipMiddlewares false they run, and see that the socket recovers": async (stage) => {
    const io = await stage.serve({ connectionStateRecovery: { skipMiddlewares: false } });
    const seen: unknown[] = [];
    io.use((socket, next) => {
      seen.push([socket.recovered, [...socket.rooms]]);
      next();
    });
    const { client, proxy } = await recoverable(stage, io);
    const { id } = client;
    const back = stage.event(client, "connect");
    proxy.cut();
    await back;
    assert.equal(client.recovered, true);
    assert.deepEqual(seen, [
      [false, []],
      [true, [id]],
    ]);
  },

  "all namespaces of a connection recover, each by itself": async (stage) => {
    const io = await stage.serve(RECOVERY);
    io.of("/a");
    const { client, server, proxy } = await recoverable(stage, io);
    const a = stage.track(client.io.socket("/a"));
    await stage.connected(a);
    const first = stage.event(a, "first");
    io.of("/a").emit("first");
    await first;
    const heard = log(a);
    await stage.writable(server);
    const gone = stage.event(server, "disconnect");
    const back = [stage.event(client, "connect"), stage.event(a, "connect")];
    proxy.refuse();
    await gone;
    io.of("/a").emit("missed", "a");
    io.emit("missed", "main");
    proxy.forward();
    await Promise.all(back);
    assert.deepEqual([client.recovered, a.recovered], [true, true]);
    const live = stage.event(a, "live");
    io.of("/a").emit("live");
    await live;
    assert.deepEqual(heard, [["missed", "a"], ["live"]]);
  },

  "a client that comes back for a session that is too old gets a new one": async (stage) => {
    const io = await stage.serve({ connectionStateRecovery: { maxDisconnectionDuration: 1 } });
    const { client, server, proxy } = await recoverable(stage, io, { reconnectionDelay: 60, reconnectionDelayMax: 60 });
    const { id } = client;
    const gone = stage.event(server, "disconnect");
    const back = stage.event(client, "connect");
    proxy.cut();
    await gone;
    io.emit("missed");
    await back;
    assert.equal(client.recovered, false);
    assert.notEqual(client.id, id);
  },
};
