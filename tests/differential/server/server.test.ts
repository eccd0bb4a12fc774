import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";
import type { Adapter } from "socket.io-adapter";
import type { Plant } from "./compare.ts";
import { describe, findDifference } from "./differential.ts";

/* The same programs in each run; `npm run differential -- server` draws others. */

const PROGRAMS = 60;
const SEED = 3;

test(`no program tells our server from upstream's, seed ${SEED}`, async () => {
  const budget = { seed: SEED, programs: PROGRAMS };
  const difference = await findDifference(budget);
  assert.ok(difference === null, difference === null ? "" : describe(difference, budget));
});

suite("faults that were planted in our server are found", () => {
  finds("broadcasts to rooms that forget whom to leave out", /client \d of/, ({ adapter }) => {
    const broadcast = adapter.broadcast.bind(adapter);
    adapter.broadcast = (packet, options) =>
      broadcast(packet, options.rooms.size === 0 ? options : { ...options, except: new Set() });
  });

  finds("broadcasts that count one client too many for their callback", /acks|promise/, ({ adapter }) => {
    const broadcastWithAck = adapter.broadcastWithAck.bind(adapter);
    adapter.broadcastWithAck = (packet, options, count, ack) =>
      broadcastWithAck(packet, options, (clients) => count(clients + 1), ack);
  });

  finds("sessions that forget the rooms of their sockets", /recovered|rooms/, ({ adapter }) => {
    const persistSession = adapter.persistSession.bind(adapter);
    adapter.persistSession = (session) => persistSession({ ...session, rooms: session.rooms.slice(0, 1) });
  });
});

/** @param plant changes the main namespace */
function finds(title: string, what: RegExp, plant: (main: { readonly adapter: Adapter }) => void): void {
  test(title, async () => {
    const prepare: Plant = (io) => plant(io.sockets);
    const difference = await findDifference({ seed: SEED, programs: PROGRAMS, shrinks: false }, prepare);
    assert.ok(difference !== null, "nothing was found");
    assert.match(difference.error.message, what);
  });
}
