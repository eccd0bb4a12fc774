import assert from "node:assert/strict";
import type { Behaviours } from "../stage.js";

type RefusalError = Error & { data?: unknown };

export const middleware: Behaviours = {
  "middlewares run in order before the client is connected": async (stage) => {
    const io = await stage.serve();
    const order: string[] = [];
    io.use((socket, next) => {
      order.push(`first ${socket.handshake.auth["user"]} ${socket.connected}`);
      setImmediate(next);
    });
    io.use((socket, next) => {
      order.push(`second ${socket.connected}`);
      socket.data = { user: socket.handshake.auth["user"] };
      next();
    });
    io.on("connection", (socket) => order.push(`connection ${socket.data.user} ${socket.connected}`));
    await stage.pair(io, "/", { auth: { user: "ann" } });
    assert.deepEqual(order, ["first ann false", "second false", "connection ann true"]);
  },

  "a refusal arrives as connect_error with message and data": async (stage) => {
    const io = await stage.serve();
    const later: string[] = [];
    io.use((_, next) => next(Object.assign(new Error("not authorized"), { data: { code: 42, hints: ["a", null] } })));
    io.use((_, next) => {
      later.push("ran");
      next();
    });
    io.on("connection", () => later.push("connected"));
    const client = stage.client();
    const [error] = await stage.event<[RefusalError]>(client, "connect_error");
    assert.ok(error instanceof Error);
    assert.equal(error.message, "not authorized");
    assert.deepEqual(error.data, { code: 42, hints: ["a", null] });
    assert.deepEqual([client.connected, client.active, client.id], [false, false, undefined]);
    assert.deepEqual(later, []);
  },

  "a refusal without data has none": async (stage) => {
    const io = await stage.serve();
    io.use((_, next) => next(new Error("closed on Sundays ☀")));
    const [error] = await stage.event<[RefusalError]>(stage.client(), "connect_error");
    assert.equal(error.message, "closed on Sundays ☀");
    assert.equal(error.data, undefined);
  },

  "a refused client mends its auth and connects": async (stage) => {
    const io = await stage.serve();
    io.use((socket, next) => next(socket.handshake.auth["token"] === "new" ? undefined : new Error("expired")));
    const client = stage.client("/", { auth: { token: "old" } });
    const [error] = await stage.event<[Error]>(client, "connect_error");
    assert.equal(error.message, "expired");
    client.auth = { token: "new" };
    client.connect();
    await stage.connected(client);
    assert.deepEqual(stage.serverHalf(io, client).handshake.auth, { token: "new" });
  },

  "a middleware guards its own namespace only": async (stage) => {
    const io = await stage.serve();
    io.of("/admin").use((_, next) => next(new Error("admins only")));
    const { client } = await stage.pair(io);
    const admin = stage.track(client.io.socket("/admin"));
    const [error] = await stage.event<[Error]>(admin, "connect_error");
    assert.equal(error.message, "admins only");
    assert.equal(client.connected, true);
  },

  "rooms joined in a middleware are kept": async (stage) => {
    const io = await stage.serve();
    io.use((socket, next) => {
      void socket.join("early");
      next();
    });
    const { client, server } = await stage.pair(io);
    assert.deepEqual([...server.rooms].toSorted(), ["early", server.id].toSorted());
    const arrival = stage.event(client, "hello");
    io.to("early").emit("hello", 1);
    assert.deepEqual(await arrival, [1]);
  },

  "a socket middleware sees each event and may refuse it": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const heard: unknown[] = [];
    server.use(([name, ...args], next) => next(name === "bad" ? new Error(`no ${String(args[0])}`) : undefined));
    server.on("bad", () => heard.push("bad"));
    server.on("good", (value) => heard.push(value));
    const refusal = stage.event<[Error]>(server, "error");
    const fence = stage.event(server, "fence");
    client.emit("good", 1);
    client.emit("bad", "thing");
    client.emit("good", 2);
    client.emit("fence");
    assert.equal((await refusal)[0].message, "no thing");
    await fence;
    assert.deepEqual(heard, [1, 2]);
    assert.equal(client.connected, true);
  },

  "events sent before the middleware has decided arrive after connection": async (stage) => {
    const io = await stage.serve();
    io.use((_, next) => setImmediate(next));
    const heard = new Promise<unknown[]>((resolve) => {
      io.on("connection", (socket) => socket.on("early", (...args) => resolve(args)));
    });
    const client = stage.client();
    client.emit("early", 1, "two");
    assert.deepEqual(await stage.until("the early event", heard), [1, "two"]);
  },
};
