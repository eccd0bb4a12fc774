import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { actsAsOneServer, ALL, type Abilities } from "./behaviours.ts";
import { Node, type Pair, startPair, type StartingPair, stopPair } from "./pair.ts";
import { PostgresServer, withoutPostgres } from "./postgres-server.ts";
import { assertServerIsOurs, load, loadedPlaces, OUR_BASE, placeFor, placeOf, type Place } from "./tree.ts";

/* oxlint-disable typescript/no-explicit-any -- packages of the tree have no types here */

interface Kind {
  readonly folder: string;
  readonly version: string;
  readonly abilities: Abilities;
  /** The base class that it gets. */
  readonly base: Place;
  /** Releases from 0.4 drop what the emitter sends, which does not name the namespace. */
  readonly hearsEmitter: boolean;
}

const OLD_ABILITIES: Abilities = { serverSideEmit: true };
const KINDS: readonly Kind[] = [
  { folder: "@socket.io/postgres-adapter", version: "0.5.0", abilities: ALL, base: OUR_BASE, hearsEmitter: false },
  // Its range, ^2.4.0, includes ours.
  { folder: "postgres-adapter-0.3", version: "0.3.1", abilities: OLD_ABILITIES, base: OUR_BASE, hearsEmitter: true },
  {
    folder: "postgres-adapter-0.1",
    version: "0.1.0",
    abilities: OLD_ABILITIES,
    base: {
      name: "socket.io-adapter",
      version: "2.3.3",
      folder: "postgres-adapter-0.1/node_modules/socket.io-adapter",
    },
    hearsEmitter: true,
  },
];

for (const { folder, version, abilities, base, hearsEmitter } of KINDS) {
  describe(`@socket.io/postgres-adapter ${version} on our server`, { skip: withoutPostgres }, () => {
    let postgres: PostgresServer;
    const pools: any[] = [];
    const connections: any[] = [];
    const pair: StartingPair = {};

    // Several connections that notify would not keep the order of what is published.
    const connect = (max: number): any => {
      const { Pool } = load("pg");
      const pool = new Pool({ host: "127.0.0.1", port: postgres.port, user: "postgres", max });
      pool.on("error", () => {});
      pool.on("connect", (client: any) => connections.push(client));
      pools.push(pool);
      return pool;
    };
    const start = async (): Promise<Node> => {
      // One more listens.
      const pool = connect(2);
      return Node.start(load(folder).createAdapter(pool, { errorHandler: () => {} }));
    };

    before(async () => {
      if (version !== "0.5.0") letTimersBeLeft();
      postgres = await PostgresServer.start();
      const pool = connect(1);
      await pool.query(
        "CREATE TABLE socket_io_attachments (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)",
      );
      await startPair(pair, start);
    });
    after(async () => {
      await stopPair(pair);
      await Promise.all(pools.map((pool) => pool.end()));
      postgres.stop();
    });

    test("the packages are those, by version and place", () => {
      assertServerIsOurs();
      assert.equal(placeOf(folder).version, version);
      assert.deepEqual(placeFor(folder, "socket.io-adapter"), base);
      assert.ok(loadedPlaces("socket.io-adapter").some((place) => place.folder === base.folder));
    });

    test("a text that is too long for a notification travels through the table", async () => {
      const [one] = pair.nodes!;
      one.io.to("room").emit("long", "x".repeat(9000));
      assert.deepEqual(await pair.members![1].hears("long"), ["x".repeat(9000)]);
    });

    if (hearsEmitter)
      test("a process without server emits through @socket.io/postgres-emitter", async () => {
        assert.equal(placeOf("@socket.io/postgres-emitter").version, "0.1.1");
        const emitter = new (load("@socket.io/postgres-emitter").Emitter)(connect(1));
        const [one, other] = pair.members!;
        emitter.to("room 1").emit("emitted to a room", 1, "€");
        emitter.emit("emitted", { bytes: Buffer.from([1, 2]) });
        for (const member of [one, other]) {
          assert.deepEqual(await member.hears("emitted"), [{ bytes: Buffer.from([1, 2]) }]);
        }
        assert.deepEqual(await other.hears("emitted to a room"), [1, "€"]);
        assert.deepEqual(one.named("emitted to a room"), []);
        const heard = pair.nodes!.map(({ io }) => new Promise((resolve) => io.once("told", resolve)));
        emitter.serverSideEmit("told", 7);
        assert.deepEqual(await Promise.all(heard), [7, 7]);
        emitter.in("room 0").socketsJoin("emitted room");
        emitter.to("emitted room").emit("into the room");
        assert.deepEqual(await one.hears("into the room"), []);
        await one.socket.leave("emitted room");
        const guest = await pair.nodes![0].connect(["guests of the emitter"]);
        const gone = new Promise((resolve) => guest.client.once("disconnect", resolve));
        emitter.in("guests of the emitter").disconnectSockets();
        assert.equal(await gone, "io server disconnect");
      });

    actsAsOneServer(() => pair as Pair, abilities);
  });
}

/** Releases before 0.5 never stop their timers, which are not to keep this process alive. */
function letTimersBeLeft(): void {
  for (const name of ["setTimeout", "setInterval"] as const) {
    const set = globalThis[name] as (...args: unknown[]) => NodeJS.Timeout;
    Object.assign(globalThis, { [name]: (...args: unknown[]) => set(...args).unref() });
  }
}
