import { setTimeout as pause } from "node:timers/promises";
import { start } from "../hostile/victim.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RawWebSocket } from "../support/raw-peer.ts";
import { comeIn, KINDS, type SoakClient } from "./clients.ts";
import { application, atRest, connected, type Inventory } from "./server.ts";

export interface SoakOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
}

export interface SoakReport {
  readonly before: Inventory;
  readonly after: Inventory;
  /** Sockets that have connected while it was counted. */
  readonly connections: number;
}

/** How many come in, and how many act, in one step of the time. */
const ARRIVALS = 20;
const ACTIONS = 10;
const STEP_MS = 20;
/** The network changes every so many steps. */
const STEPS_PER_FAULT = 100;

/**
 * Many clients come and go through a network that fails, as long as asked. What is compared is a server that has had as many clients
 * before: half of the time is for that, up to a minute, and 3,000 connections before it. Until then its memory grows with each, since
 * code is compiled and tables grow.
 */
export async function soak({ seconds, clients, seed }: SoakOptions): Promise<SoakReport> {
  const ends: (() => unknown)[] = [];
  const ours = { maker: "ours", name: "socket.io", kind: "socket.io", version: /^/ } as const;
  const victim = await start({ after: (end) => void ends.push(end as () => unknown) }, ours, application);
  try {
    const random = randomOf(seed);
    const warmUp = Math.min(60, seconds / 2);
    await shortVisits(victim.port, 3000);
    await visits(victim.port, clients, warmUp, random);
    const before = await atRest(victim);
    const already = await connected(victim);
    await visits(victim.port, clients, seconds - warmUp, random);
    return { before, after: await atRest(victim), connections: (await connected(victim)) - already };
  } finally {
    for (const end of ends) end();
  }
}

/** Of peers that connect, say one thing and leave. */
async function shortVisits(port: number, count: number): Promise<void> {
  for (let left = count; left > 0; left -= ARRIVALS) {
    const peers = await Promise.all(Array.from({ length: ARRIVALS }, () => new RawWebSocket(port).opened()));
    for (const peer of peers) peer.send("40");
    await Promise.all(peers.map((peer) => peer.receive(2)));
    for (const peer of peers) peer.send('421["echo",1]');
    await Promise.all(peers.map((peer) => peer.receive(1)));
    for (const peer of peers) peer.terminate();
  }
}

async function visits(port: number, count: number, seconds: number, random: () => number): Promise<void> {
  const proxy = await FaultyProxy.start(port);
  const clients: SoakClient[] = [];
  const end = performance.now() + seconds * 1000;
  for (let step = 1; performance.now() < end || clients.length < count; step++) {
    for (let at = 0; at < ARRIVALS && clients.length < count; at++) {
      clients.push(comeIn(KINDS[clients.length % KINDS.length]!, proxy.port));
    }
    for (let at = 0; at < ACTIONS; at++) clients[Math.floor(random() * clients.length)]!.act(random());
    if (step % STEPS_PER_FAULT === 0) changeNetwork(proxy, random());
    await pause(STEP_MS);
  }
  proxy.forward();
  for (const client of clients) client.leave();
  proxy.close();
}

/** What was held or refused until now goes on, unless it is that again. */
function changeNetwork(proxy: FaultyProxy, dice: number): void {
  proxy.forward();
  if (dice < 0.2) proxy.cut();
  else if (dice < 0.4) proxy.hold();
  else if (dice < 0.5) proxy.refuse();
  else proxy.split(dice < 0.7 ? 50 : Infinity);
}

/** A small linear congruential generator: the same seed, the same order. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** What has not come back to within 5 % of where it was. */
export function leftBehind({ before, after }: SoakReport): string[] {
  return (Object.keys(before) as (keyof Inventory)[])
    .filter((name) => after[name] > before[name] * 1.05)
    .map((name) => `${name}: ${before[name]} before, ${after[name]} after`);
}
