import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Guard } from "../src/signing/guard.ts";
import { fromBase64 } from "../src/streams/entry.ts";
import { LiveSessions } from "../src/streams/live-sessions.ts";
import { SessionStore } from "../src/streams/session-store.ts";

/** Connected sockets, and a Redis that may be away. */
function start() {
  const redis = { isAway: false, isKnownToBe: false, asked: 0, written: [] as string[] };
  const sockets = new Map<string, { id: string; pid: string; rooms: Set<string>; data: unknown }>();
  const store = new SessionStore(
    {
      command: async (_key, [command, , value]) => {
        redis.asked++;
        if (redis.isAway) throw new Error("Redis is away");
        if (command === "SET") redis.written.push((fromBase64(value!) as { sid: string }).sid);
      },
      duplicate: () => assert.fail("not asked for here"),
    },
    "session:",
    new Guard(undefined),
  );
  const live = new LiveSessions(store, {
    uid: "server",
    durationMs: 120_000,
    socketOf: (id) => sockets.get(id),
    isAway: () => redis.isKnownToBe,
  });
  const connect = (id: string): void => {
    sockets.set(id, { id, pid: `pid of ${id}`, rooms: new Set([id]), data: {} });
    live.onChange(id);
  };
  return { redis, sockets, live, connect };
}

/** What is to be done in this turn of the event loop is done. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("sessions of connected sockets", () => {
  test("those that could not be written are written by the next look, and not again by the one after it", async () => {
    const { redis, live, connect } = start();
    redis.isAway = true;
    connect("a");
    await turn();
    live.refresh();
    await turn();
    assert.deepEqual(redis.written, []);
    redis.isAway = false;
    live.refresh();
    await turn();
    live.refresh();
    await turn();
    assert.deepEqual(redis.written, ["a"]);
  });

  test("while Redis is known to be away it is asked for nothing, and what it lacks is written by the next look", async () => {
    const { redis, sockets, live, connect } = start();
    connect("a");
    await turn();
    redis.asked = 0;
    redis.isKnownToBe = true;
    connect("b");
    connect("c");
    sockets.get("a")!.data = { user: "ann" };
    await turn();
    live.refresh();
    await assert.rejects(live.save("a"), /Redis is away/);
    sockets.delete("c");
    live.onLeave("c", false);
    await turn();
    assert.equal(redis.asked, 0);
    redis.isKnownToBe = false;
    live.refresh();
    await turn();
    assert.deepEqual(redis.written, ["a", "a", "b"]);
  });

  test("who saves one hears that it was not written, and may try again", async () => {
    const { redis, sockets, live, connect } = start();
    connect("a");
    await turn();
    redis.isAway = true;
    sockets.get("a")!.data = { user: "ann" };
    await assert.rejects(live.save("a"), /Redis is away/);
    redis.isAway = false;
    await live.save("a");
    assert.deepEqual(redis.written, ["a", "a"]);
  });

  test("very many are looked at in turns, all of them, and by one look at a time", async () => {
    const { redis, sockets, live, connect } = start();
    const ids = Array.from({ length: 1000 }, (_, at) => `socket ${at}`);
    for (const id of ids) connect(id);
    await turn();
    assert.equal(redis.written.length, 1000);
    redis.written.length = 0;
    for (const socket of sockets.values()) socket.data = { changed: true };
    live.refresh();
    live.refresh();
    await turn();
    assert.ok(redis.written.length < 500, `${redis.written.length} in the first turns`);
    while (redis.written.length < 1000) await turn();
    assert.deepEqual(redis.written, ids);
    redis.written.length = 0;
    live.refresh();
    for (let turns = 0; turns < 40; turns++) await turn();
    assert.deepEqual(redis.written, []);
    // The next look is one of its own.
    for (const socket of sockets.values()) socket.data = { changed: "again" };
    live.refresh();
    while (redis.written.length < 1000) await turn();
  });
});
