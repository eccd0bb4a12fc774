import assert from "node:assert/strict";
import type { Server } from "socket.io";
import type { Socket as ClientSocket } from "socket.io-client";
import type { Behaviours, Stage } from "../stage.js";

export const rooms: Behaviours = {
  "io.emit reaches every client": async (stage) => {
    const { io, heard } = await audience(stage, { a: [], b: [], c: [] });
    assert.deepEqual(await heard(() => io.emit("x", 1)), { a: ["x"], b: ["x"], c: ["x"] });
  },

  "to() reaches the members of a room": async (stage) => {
    const { io, heard } = await audience(stage, { a: ["red"], b: ["blue"], c: ["red", "blue"] });
    assert.deepEqual(await heard(() => io.to("red").emit("x")), { a: ["x"], b: [], c: ["x"] });
    assert.deepEqual(await heard(() => io.in("blue").emit("x")), { a: [], b: ["x"], c: ["x"] });
    assert.deepEqual(await heard(() => io.to("nobody").emit("x")), { a: [], b: [], c: [] });
  },

  "several rooms are a union that reaches each member once": async (stage) => {
    const { io, heard } = await audience(stage, { a: ["red"], b: ["blue"], c: ["red", "blue"], d: [] });
    const expected = { a: ["x"], b: ["x"], c: ["x"], d: [] };
    assert.deepEqual(await heard(() => io.to("red").to("blue").emit("x")), expected);
    assert.deepEqual(await heard(() => io.to(["red", "blue"]).emit("x")), expected);
    assert.deepEqual(await heard(() => io.to("red").in(["blue", "nobody"]).emit("x")), expected);
  },

  "except() leaves out the members of a room": async (stage) => {
    const { io, heard } = await audience(stage, { a: ["red"], b: ["blue"], c: ["red", "blue"], d: [] });
    assert.deepEqual(await heard(() => io.except("red").emit("x")), { a: [], b: ["x"], c: [], d: ["x"] });
    assert.deepEqual(await heard(() => io.to("red").except("blue").emit("x")), { a: ["x"], b: [], c: [], d: [] });
    assert.deepEqual(await heard(() => io.except(["red", "blue"]).emit("x")), { a: [], b: [], c: [], d: ["x"] });
    assert.deepEqual(await heard(() => io.to("red").except("nobody").emit("x")), { a: ["x"], b: [], c: ["x"], d: [] });
  },

  "a socket's broadcast leaves out the socket itself": async (stage) => {
    const { sockets, heard } = await audience(stage, { a: ["red"], b: ["red"], c: [] });
    assert.deepEqual(await heard(() => sockets.a.broadcast.emit("x")), { a: [], b: ["x"], c: ["x"] });
    assert.deepEqual(await heard(() => sockets.a.to("red").emit("x")), { a: [], b: ["x"], c: [] });
    assert.deepEqual(await heard(() => sockets.c.to("red").emit("x")), { a: ["x"], b: ["x"], c: [] });
    assert.deepEqual(await heard(() => sockets.a.except("red").emit("x")), { a: [], b: [], c: ["x"] });
    assert.deepEqual(await heard(() => sockets.a.in(["red", "blue"]).emit("x")), { a: [], b: ["x"], c: [] });
  },

  "a socket's id is a room of its own": async (stage) => {
    const { io, sockets, heard } = await audience(stage, { a: [], b: [] });
    assert.deepEqual(await heard(() => io.to(sockets.b.id).emit("x")), { a: [], b: ["x"] });
    assert.deepEqual(await heard(() => sockets.a.to(sockets.b.id).emit("x")), { a: [], b: ["x"] });
    assert.deepEqual(await heard(() => sockets.a.to(sockets.a.id).emit("x")), { a: [], b: [] });
    assert.deepEqual(await heard(() => io.except(sockets.a.id).emit("x")), { a: [], b: ["x"] });
  },

  "a socket that leaves a room hears it no more": async (stage) => {
    const { io, sockets, heard } = await audience(stage, { a: ["red"], b: ["red"] });
    await sockets.a.leave("red");
    assert.deepEqual([...sockets.a.rooms], [sockets.a.id]);
    assert.deepEqual(await heard(() => io.to("red").emit("x")), { a: [], b: ["x"] });
    await sockets.a.join(["red", "blue"]);
    assert.deepEqual(await heard(() => io.to("blue").emit("x")), { a: ["x"], b: [] });
  },

  "a room vanishes with its last member": async (stage) => {
    const { io, sockets, clients } = await audience(stage, { a: ["red"], b: [] });
    const { adapter } = io.of("/");
    assert.deepEqual([...(adapter.rooms.get("red") ?? [])], [sockets.a.id]);
    const { id } = sockets.a;
    const log: unknown[] = [];
    adapter.on("leave-room", (...args: unknown[]) => log.push(["leave", ...args]));
    adapter.on("delete-room", (...args: unknown[]) => log.push(["delete", ...args]));
    const gone = stage.event(sockets.a, "disconnect");
    clients.a.disconnect();
    await gone;
    assert.equal(adapter.rooms.has("red"), false);
    assert.equal(adapter.sids.has(id), false);
    assert.deepEqual(log.filter((entry) => (entry as unknown[])[1] === "red").length, 2);
  },

  "rooms of one name are apart in two namespaces": async (stage) => {
    const io = await stage.serve();
    io.of("/a");
    const { client: root, server } = await stage.pair(io);
    const a = stage.track(root.io.socket("/a"));
    await stage.connected(a);
    await server.join("room");
    await stage.serverHalf(io, a).join("room");
    const strays: unknown[] = [];
    root.on("x", () => strays.push("root heard /a"));
    const [inA, fence] = [stage.event(a, "x"), stage.event(root, "fence")];
    io.of("/a").to("room").emit("x");
    io.to("room").emit("fence");
    await Promise.all([inA, fence]);
    assert.deepEqual(strays, []);
  },

  "a number and its text are different rooms": async (stage) => {
    const { io, sockets, heard } = await audience(stage, { a: ["5"], b: [] });
    // The types allow text only; applications pass numbers all the same.
    const five = 5 as unknown as string;
    await sockets.b.join(five);
    assert.deepEqual(await heard(() => io.to("5").emit("x")), { a: ["x"], b: [] });
    assert.deepEqual(await heard(() => io.to(five).emit("x")), { a: [], b: ["x"] });
  },

  "fetchSockets tells ids, rooms, data and handshake": async (stage) => {
    const { io, sockets } = await audience(stage, { a: ["red"], b: ["blue"], c: ["red"] });
    sockets.a.data = { name: "ann" };
    const members = await stage.until("members", io.in("red").fetchSockets());
    assert.deepEqual(members.map((member) => member.id).toSorted(), [sockets.a.id, sockets.c.id].toSorted());
    const ann = members.find((member) => member.id === sockets.a.id);
    assert.deepEqual(ann?.data, { name: "ann" });
    assert.equal(ann?.rooms.has("red"), true);
    assert.equal(ann?.handshake.address, "127.0.0.1");
    assert.equal((await stage.until("all", io.fetchSockets())).length, 3);
  },

  "socketsJoin and socketsLeave move many at once": async (stage) => {
    const { io, heard } = await audience(stage, { a: ["red"], b: ["red"], c: [] });
    io.in("red").socketsJoin(["blue", "green"]);
    assert.deepEqual(await heard(() => io.to("blue").emit("x")), { a: ["x"], b: ["x"], c: [] });
    io.in("blue").socketsLeave("green");
    assert.deepEqual(await heard(() => io.to("green").emit("x")), { a: [], b: [], c: [] });
    io.socketsLeave("red");
    assert.deepEqual(await heard(() => io.to("red").emit("x")), { a: [], b: [], c: [] });
  },

  "disconnectSockets disconnects the members of a room": async (stage) => {
    const { io, sockets, clients } = await audience(stage, { a: ["red"], b: [] });
    const lost = stage.event(clients.a, "disconnect");
    const gone = stage.event(sockets.a, "disconnect");
    io.in("red").disconnectSockets();
    assert.equal((await lost)[0], "io server disconnect");
    assert.equal((await gone)[0], "server namespace disconnect");
    assert.equal(clients.b.connected, true);
  },

  "flags of a broadcast combine in any order": async (stage) => {
    const { io, sockets, heard } = await audience(stage, { a: ["red"], b: ["red"], c: [] });
    const all = { a: ["x"], b: ["x"], c: [] };
    assert.deepEqual(await heard(() => io.compress(false).local.to("red").emit("x")), all);
    assert.deepEqual(await heard(() => io.to("red").local.compress(true).emit("x")), all);
    assert.deepEqual(await heard(() => sockets.c.compress(true).to("red").except("blue").emit("x")), all);
    assert.deepEqual(await heard(() => sockets.a.local.to("red").emit("x")), { a: [], b: ["x"], c: [] });
  },

  "a broadcast operator can be kept and used again": async (stage) => {
    const { io, heard } = await audience(stage, { a: ["red"], b: ["red", "blue"] });
    const red = io.to("red");
    const redWithoutBlue = red.except("blue");
    assert.deepEqual(await heard(() => redWithoutBlue.emit("x")), { a: ["x"], b: [] });
    assert.deepEqual(await heard(() => red.emit("x")), { a: ["x"], b: ["x"] });
  },

  "a broadcast to a client that is leaving harms nobody": async (stage) => {
    const { io, clients, sockets } = await audience(stage, { a: ["red"], b: ["red"] });
    const arrivals = stage.events(clients.b, "x", 20);
    for (let n = 0; n < 20; n++) {
      if (n === 10) sockets.a.disconnect();
      io.to("red").emit("x", n);
    }
    assert.deepEqual(
      await arrivals,
      Array.from({ length: 20 }, (_, n) => [n]),
    );
  },
};

type ServerSockets<Name extends string> = Record<Name, ReturnType<Stage["serverHalf"]>>;

interface Audience<Name extends string> {
  readonly io: Server;
  readonly clients: Record<Name, ClientSocket>;
  readonly sockets: ServerSockets<Name>;
  /** Events `x` that each client hears because of `act`: all before a fence that is sent to all of them. */
  readonly heard: (act: () => unknown) => Promise<Record<Name, string[]>>;
}

/** Named clients in their rooms. */
async function audience<Name extends string>(
  stage: Stage,
  members: Record<Name, readonly string[]>,
): Promise<Audience<Name>> {
  const io = await stage.serve();
  const names = Object.keys(members) as Name[];
  const clients = mapOf(names, () => stage.client());
  await stage.connected(...names.map((name) => clients[name]));
  const sockets = mapOf(names, (name) => stage.serverHalf(io, clients[name]));
  for (const name of names) await sockets[name].join([...members[name]]);

  let logs: Record<Name, string[]> = mapOf(names, () => []);
  for (const name of names) {
    clients[name].on("x", () => logs[name].push("x"));
  }
  const heard: Audience<Name>["heard"] = async (act) => {
    logs = mapOf(names, () => []);
    const fences = names.map((name) => stage.event(clients[name], "fence"));
    act();
    io.emit("fence");
    await Promise.all(fences);
    return logs;
  };
  return { io, clients, sockets, heard };
}

function mapOf<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
