import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Socket } from "socket.io-client";
import { Primary } from "./primary.ts";
import { load, OUR_BASE, ourVersion, placeOf, type Place } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- the client of the tree has no types here, and workers answer with anything */

/*
 * The two packages as their documentation combines them: a primary that has the port, and workers that are servers. The adapter
 * wants a base class ~2.5.5; the manifest of the tree gives it ours, by "overrides".
 */
const STICKY_2 = { sticky: "@socket.io/sticky", version: "2.0.1", notPrimary: "not primary" } as const;
const SETUPS = [
  { ...STICKY_2, setUp: "setupPrimary", method: "least-connection" },
  { ...STICKY_2, setUp: "setupMaster", method: "round-robin" },
  { ...STICKY_2, setUp: "setupPrimary", method: "random" },
  // What @socket.io/pm2 has in its primary.
  { sticky: "sticky-1", version: "1.0.4", notPrimary: "not master", setUp: "setupMaster", method: "least-connection" },
] as const;

for (const { sticky, version, notPrimary, setUp, method } of SETUPS) {
  describe(`two workers over @socket.io/sticky ${version}, ${setUp}, ${method}`, () => {
    let primary: Primary;
    /** A client of each worker. */
    const clients: any[] = [];
    const heard: unknown[][][] = [[], []];

    before(async () => {
      primary = await Primary.start([sticky, setUp, method]);
      for (const worker of [0, 1]) {
        while ((await primary.ask(worker, "servers")) !== 2);
      }
      // Which worker gets a connection is for sticky to say: who has come to one that is taken goes again.
      while (clients.filter(Boolean).length < 2) {
        const client = await primary.connect();
        const upgraded = upgrades(client);
        const worker = (await primary.ask<string[]>(0, "sids")).includes(client.id) ? 0 : 1;
        assert.ok((await primary.ask<string[]>(worker, "sids")).includes(client.id));
        // While sticky hands a connection on, what comes over it may be lost, on a busy machine: then there is no upgrade.
        if (clients[worker] !== undefined || !(await upgraded)) extra.push(client);
        else {
          clients[worker] = client;
          client.onAny((...event: unknown[]) => {
            heard[worker]!.push(event);
            for (const look of watchers) look();
          });
        }
      }
      for (const client of extra) client.disconnect();
      for (const worker of [0, 1]) while ((await primary.ask<string[]>(worker, "sids")).length !== 1);
    });
    after(async () => {
      for (const client of [...clients, ...extra]) client?.disconnect();
      await primary.stop();
    });
    const extra: any[] = [];
    const watchers = new Set<() => void>();
    const hears = (worker: number, name: string): Promise<unknown[]> =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = heard[worker]!.find(([event]) => event === name);
          if (found === undefined) return;
          watchers.delete(look);
          resolve(found.slice(1));
        };
        watchers.add(look);
        look();
      });

    test("the packages are those, by version and place", async () => {
      assert.equal(placeOf(sticky).version, version);
      const running = await primary.ask<Place[]>(1, "packages");
      const named = (name: string): Place[] => running.filter((one) => one.name === name);
      assert.deepEqual(named("socket.io-adapter"), [OUR_BASE]);
      assert.deepEqual(named("@socket.io/cluster-adapter"), [
        { name: "@socket.io/cluster-adapter", version: "0.3.0", folder: "@socket.io/cluster-adapter" },
      ]);
      assert.deepEqual(named("@socket.io/sticky"), [{ name: "@socket.io/sticky", version, folder: sticky }]);
      for (const name of ["socket.io", "engine.io", "engine.io-parser", "socket.io-parser"]) {
        assert.deepEqual(named(name), [{ name, version: ourVersion(name), folder: name }]);
      }
    });

    test("a client that polls and upgrades stays with its worker", async () => {
      for (const [worker, client] of clients.entries()) {
        assert.match(client.io.engine.id, /^[\w-]{20}$/);
        assert.equal(client.io.engine.transport.name, "websocket");
        const [here, there] = [worker, 1 - worker].map((at) => primary.ask<string[]>(at, "engines"));
        assert.ok((await here)!.includes(client.io.engine.id));
        assert.ok(!(await there)!.includes(client.io.engine.id));
      }
    });

    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      test(`worker ${from} broadcasts to all, to a room, to all but some, in order`, async () => {
        const name = `of ${from}`;
        await primary.ask(from, "emit", { to: [], except: [], args: [`all ${name}`, 1, "€", null] });
        await primary.ask(from, "emit", { to: clients[to].id, except: [], args: [`to ${name}`] });
        await primary.ask(from, "emit", { to: "room", except: clients[from].id, args: [`except ${name}`] });
        await primary.ask(from, "broadcast", { sid: clients[from].id, args: [`others ${name}`] });
        await primary.ask(from, "emit", { to: [], except: [], args: [`end ${name}`] });
        await Promise.all([hears(0, `end ${name}`), hears(1, `end ${name}`)]);
        assert.deepEqual(await hears(to, `all ${name}`), [1, "€", null]);
        await primary.ask(from, "emitBytes", { to: clients[to].id, name: `bytes ${name}` });
        assert.deepEqual(await hears(to, `bytes ${name}`), [Buffer.from([1, 2, 3])]);
        const names = (worker: number): unknown[] =>
          heard[worker]!.map(([event]) => event).filter((event) => String(event).endsWith(name));
        const words = ["all", "to", "except", "others", "end", "bytes"].map((word) => `${word} ${name}`);
        assert.deepEqual(names(to), words);
        assert.deepEqual(names(from), [words[0], words[4]]);
      });

      test(`worker ${from} finds, moves and disconnects sockets of the other`, async () => {
        const [mine, theirs] = [clients[from].id, clients[to].id];
        const found = await primary.ask<{ id: string }[]>(from, "fetch", { room: "room" });
        assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([mine, theirs]));
        await primary.ask(from, "join", { sid: theirs, room: "new" });
        while (!(await primary.ask<string[]>(to, "rooms", { sid: theirs })).includes("new"));
        assert.deepEqual(await primary.ask(from, "fetch", { room: "new" }), [
          { id: theirs, rooms: [theirs, "room", "new"] },
        ]);
        await primary.ask(from, "leave", { room: "new" });
        while ((await primary.ask<string[]>(to, "rooms", { sid: theirs })).includes("new"));
      });

      test(`worker ${from} speaks with the other, and asks all clients`, async () => {
        await primary.ask(from, "tell", { args: [from, { a: 1 }] });
        while ((await primary.ask<unknown[]>(to, "told")).length === 0);
        assert.deepEqual(await primary.ask(to, "told"), [[from, { a: 1 }]]);
        assert.deepEqual(await primary.ask(from, "sum"), [3]);
        for (const client of clients) client.once("ask", (answer: (is: string) => void) => answer("yes"));
        assert.deepEqual(await primary.ask(from, "ask"), ["yes", "yes"]);
      });
    }

    test("only a primary sets up its half, only a worker its own", async () => {
      assert.equal(await primary.ask(0, "setUpPrimary"), notPrimary);
      assert.throws(() => load(sticky).setupWorker(), { message: "not worker" });
    });

    test("a worker that closes leaves the other alone", async () => {
      const gone = new Promise((resolve) => clients[0].once("disconnect", resolve));
      await primary.ask(1, "disconnect", { sid: clients[0].id });
      assert.equal(await gone, "io server disconnect");
      await primary.ask(0, "close");
      while ((await primary.ask(1, "servers")) !== 1);
      await primary.ask(1, "emit", { to: [], except: [], args: ["alone"] });
      await hears(1, "alone");
    });
  });
}

describe("@socket.io/sticky 2.0.1 without options", () => {
  let primary: Primary;
  const clients: any[] = [];
  before(async () => {
    primary = await Primary.start(["@socket.io/sticky", "setupPrimary"]);
  });
  after(async () => {
    for (const client of clients) client.disconnect();
    await primary.stop();
  });

  test("has two names for one function, beside that of workers", () => {
    const { setupPrimary, setupMaster, setupWorker } = load("@socket.io/sticky");
    assert.equal(setupPrimary, setupMaster);
    assert.equal(typeof setupWorker, "function");
    assert.deepEqual(Object.keys(load("@socket.io/sticky")).toSorted(), ["setupMaster", "setupPrimary", "setupWorker"]);
  });

  test("gives each connection to the worker that has fewest", async () => {
    const connect = async (): Promise<void> => void clients.push(await primary.connect({ transports: ["websocket"] }));
    const sids = (worker: number): Promise<string[]> => primary.ask<string[]>(worker, "sids");
    const counts = async (): Promise<number[]> => [(await sids(0)).length, (await sids(1)).length];
    for (let at = 0; at < 4; at++) await connect();
    assert.deepEqual(await counts(), [2, 2]);
    const ofFirst = await sids(0);
    for (const client of clients) if (ofFirst.includes(client.id)) client.disconnect();
    while ((await sids(0)).length > 0);
    for (let at = 0; at < 2; at++) await connect();
    assert.deepEqual(await counts(), [2, 2]);
  });
});

/** Whether the session of a client moves to a WebSocket. Who still polls when the server first looks for a sign of life has not managed to. */
function upgrades({ io: { engine } }: Socket): Promise<boolean> {
  if (engine.transport.name === "websocket") return Promise.resolve(true);
  return new Promise((resolve) => {
    engine.once("upgrade", () => resolve(true));
    for (const event of ["upgradeError", "close", "ping"] as const) engine.once(event, () => resolve(false));
  });
}
