import assert from "node:assert/strict";
import type { Namespace } from "socket.io";
import { ask, type Behaviours } from "../stage.js";

export const namespaces: Behaviours = {
  "several namespaces share one connection": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    io.of("/b");
    const { client: root, server } = await stage.pair(io);
    const [a, b] = [stage.track(root.io.socket("/a")), stage.track(root.io.socket("/b"))];
    await stage.connected(a, b);
    assert.equal(new Set([root.id, a.id, b.id]).size, 3);
    assert.equal(stage.serverHalf(io, a).conn, server.conn);
    assert.equal(stage.serverHalf(io, b).conn, server.conn);
    assert.equal(io.engine.clientsCount, 1);
  },

  "io() reuses the connection for another namespace and opens a new one for the same": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const root = stage.client("/", { forceNew: false });
    const a = stage.client("/a", { forceNew: false });
    const again = stage.client("/", { forceNew: false });
    const apart = stage.client("/a", { forceNew: false, multiplex: false });
    assert.equal(a.io, root.io);
    assert.notEqual(again.io, root.io);
    assert.notEqual(apart.io, root.io);
    await stage.connected(root, a, again, apart);
    assert.equal(io.engine.clientsCount, 3);
  },

  "events stay in their namespace": async (stage) => {
    const io = await stage.serve();
    io.of("/a").on("connection", (socket) => socket.on("who", (answer) => answer("a")));
    io.on("connection", (socket) => socket.on("who", (answer) => answer("root")));
    const { client: root } = await stage.pair(io);
    const a = stage.track(root.io.socket("/a"));
    await stage.connected(a);
    const strays: unknown[] = [];
    root.on("for a", (...args: unknown[]) => strays.push(args));
    const arrival = stage.event(a, "for a");
    io.of("/a").emit("for a", 1);
    assert.deepEqual(await arrival, [1]);
    assert.equal(await stage.until("ack in /a", ask(a, "who")), "a");
    assert.equal(await stage.until("ack in /", ask(root, "who")), "root");
    assert.deepEqual(strays, []);
  },

  "an unknown namespace is refused and the connection lives on": async (stage) => {
    const io = await stage.serve();
    const { client, server } = await stage.pair(io);
    const nope = stage.track(client.io.socket("/nope"));
    const [error] = await stage.event<[Error & { data?: unknown }]>(nope, "connect_error");
    assert.ok(error instanceof Error);
    assert.equal(error.message, "Invalid namespace");
    assert.equal(error.data, undefined);
    assert.deepEqual([nope.active, nope.connected], [false, false]);
    const arrival = stage.event(server, "still here");
    client.emit("still here");
    await arrival;
  },

  "a namespace without its slash is the same namespace": async (stage) => {
    const io = await stage.serve();
    assert.equal(io.of("news"), io.of("/news"));
    const { server } = await stage.pair(io, "/news");
    assert.equal(server.nsp, io.of("news"));
  },

  "a regular expression makes namespaces as they are asked for": async (stage) => {
    const io = await stage.serve();
    const made: string[] = [];
    io.on("new_namespace", (namespace: Namespace) => made.push(namespace.name));
    const parent = io.of(/^\/tenant-\d+$/);
    parent.on("connection", (socket) => socket.emit("welcome", socket.nsp.name));
    const one = stage.client("/tenant-1");
    const two = stage.client("/tenant-2");
    const welcomes = [stage.event(one, "welcome"), stage.event(two, "welcome")];
    assert.deepEqual(await Promise.all(welcomes), [["/tenant-1"], ["/tenant-2"]]);
    const stray = stage.client("/tenant-x");
    const [error] = await stage.event<[Error]>(stray, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    assert.deepEqual(made.toSorted(), ["/tenant-1", "/tenant-2"]);
    const arrivals = [stage.event(one, "all"), stage.event(two, "all")];
    parent.emit("all", 7);
    assert.deepEqual(await Promise.all(arrivals), [[7], [7]]);
  },

  "a function decides about a namespace by its name and auth": async (stage) => {
    const io = await stage.serve();
    const asked: unknown[] = [];
    const parent = io.of((name, auth, next) => {
      asked.push([name, auth]);
      setImmediate(next, null, auth["token"] === "good");
    });
    parent.on("connection", (socket) => socket.emit("in", socket.nsp.name));
    const good = stage.client("/dyn", { auth: { token: "good" } });
    assert.deepEqual(await stage.event(good, "in"), ["/dyn"]);
    const bad = stage.client("/dyn2", { auth: { token: "bad" } });
    const [error] = await stage.event<[Error]>(bad, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    assert.deepEqual(asked, [
      ["/dyn", { token: "good" }],
      ["/dyn2", { token: "bad" }],
    ]);
  },

  "leaving one namespace leaves the others connected": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const { client: root, server } = await stage.pair(io);
    const a = stage.track(root.io.socket("/a"));
    await stage.connected(a);
    const left = stage.event(stage.serverHalf(io, a), "disconnect");
    a.disconnect();
    assert.deepEqual((await left)[0], "client namespace disconnect");
    assert.deepEqual([root.connected, server.connected], [true, true]);
    a.connect();
    await stage.connected(a);
    assert.equal(stage.serverHalf(io, a).conn, server.conn);
  },

  "names with dots, slashes and non-ASCII letters are told apart": async (stage) => {
    const io = await stage.serve();
    const names = ["/a", "/a/b", "/a.b", "/été", "/A"];
    for (const name of names) io.of(name).on("connection", (socket) => socket.emit("name", socket.nsp.name));
    const manager = stage.manager();
    const greetings = names.map((name) => stage.event(stage.track(manager.socket(name)), "name"));
    assert.deepEqual(
      await Promise.all(greetings),
      names.map((name) => [name]),
    );
  },
};
