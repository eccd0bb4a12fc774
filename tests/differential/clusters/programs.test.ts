import assert from "node:assert/strict";
import { describe as suite, test } from "node:test";
import type { Server } from "socket.io";
import { describe, differenceOf, shrunk } from "../programs.ts";
import { clusters, type Cluster } from "./subject.ts";

/* Programs of seeds, with clusters of ours, of both makes and of upstream's; main.ts beside this runs others. */

const FIRST = 1;
const PROGRAMS = 12;

const ours = clusters.load("ours");
const mixed = clusters.load("mixed");
const upstream = clusters.load("upstream");

suite("the same program with clusters of both makes", () => {
  shows("servers of ours", ours);
  shows("servers of both makes beside each other", mixed);
});

function shows(title: string, cluster: Cluster): void {
  test(`${title} show what upstream's show, seeds ${FIRST} to ${FIRST + PROGRAMS - 1}`, async () => {
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const program = clusters.draw(seed);
      const difference = await differenceOf(clusters, [cluster, upstream], program);
      assert.ok(difference === null, `seed ${seed}:\n${difference && describe(program, difference)}`);
    }
  });
}

suite("a fault in a cluster is found by such programs, and made small:", () => {
  finds("sockets that are made to join on their own server alone", ({ sockets: { adapter } }) => {
    const addSockets = adapter.addSockets.bind(adapter);
    adapter.addSockets = (target, rooms) => addSockets({ ...target, flags: { ...target.flags, local: true } }, rooms);
  });

  finds("broadcasts whose clients answer on their own server alone", ({ sockets: { adapter } }) => {
    const broadcastWithAck = adapter.broadcastWithAck.bind(adapter);
    adapter.broadcastWithAck = (packet, target, ...callbacks) =>
      broadcastWithAck(packet, { ...target, flags: { ...target.flags, local: true } }, ...callbacks);
  });
});

function finds(title: string, plant: (io: Server) => void): void {
  test(title, async () => {
    const faulty = { ...ours, plant };
    for (let seed = FIRST; seed < FIRST + PROGRAMS; seed++) {
      const program = clusters.draw(seed);
      if ((await differenceOf(clusters, [faulty, ours], program)) === null) continue;
      const { steps } = await shrunk(clusters, [faulty, ours], program);
      return assert.ok(steps.length <= 6, `${steps.length} steps`);
    }
    assert.fail("nobody can tell them apart");
  });
}
