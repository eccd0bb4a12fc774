import { setTimeout as pause } from "node:timers/promises";
import { start } from "../hostile/victim.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { RawPolling, RawWebSocket } from "../support/raw-peer.ts";
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
const ARRIVALS = 8;
const ACTIONS = 4;
const STEP_MS = 20;
/** Clients are spread over so many networks, so that not all of them fail together. */
const NETWORKS = 8;
/** One of them changes every so many steps. */
const STEPS_PER_FAULT = 25;
/** Those who come before the others, together. */
const VISITORS = 20;

/**
 * Many clients come and go through networks that fail, as long as asked. What is compared is a server that has had as many clients
 * before: half of the time is for that, up to five minutes, and 1,000 connections before it. Until then its memory grows with each,
 * since code is compiled and optimised: heap snapshots show nothing else that grows.
 */
export async function soak({ seconds, clients, seed }: SoakOptions): Promise<SoakReport> {
  const ends: (() => unknown)[] = [];
  const ours = { maker: "ours", name: "socket.io", kind: "socket.io", version: /^/ } as const;
  const victim = await start({ after: (end) => void ends.push(end as () => unknown) }, ours, application);
  try {
    const random = randomOf(seed);
    const warmUp = Math.min(300, seconds / 2);
    await shortVisits(victim.port, 1000);
    await visits(victim.port, clients, warmUp, random);
    const before = await atRest(victim);
    const already = await connected(victim);
    await visits(victim.port, clients, seconds - warmUp, random);
    return { before, after: await atRest(victim), connections: (await connected(victim)) - already };
  } finally {
    for (const end of ends) end();
  }
}

/** Of peers that connect, say one thing and leave: half of them by WebSocket, half by polling. */
async function shortVisits(port: number, count: number): Promise<void> {
  for (let left = count; left > 0; left -= VISITORS) {
    await Promise.all(
      Array.from({ length: VISITORS }, (_, at) => (at % 2 === 0 ? visitByWebSocket(port) : visitByPolling(port))),
    );
  }
}

async function visitByWebSocket(port: number): Promise<void> {
  const peer = await new RawWebSocket(port).opened();
  peer.send("40");
  await peer.receive(2);
  peer.send('421["echo",1]');
  await peer.receive(1);
  peer.terminate();
}

async function visitByPolling(port: number): Promise<void> {
  const peer = new RawPolling(port);
  await peer.handshake();
  await peer.post("40");
  await peer.receive(1);
  await peer.post('421["echo",1]');
  await peer.receive(1);
  await peer.post("1");
}

async function visits(port: number, count: number, seconds: number, random: () => number): Promise<void> {
  const proxies = await Promise.all(Array.from({ length: NETWORKS }, () => FaultyProxy.start(port)));
  const clients: SoakClient[] = [];
  const end = performance.now() + seconds * 1000;
  for (let step = 1; performance.now() < end || clients.length < count; step++) {
    for (let at = 0; at < ARRIVALS && clients.length < count; at++) {
      const kind = KINDS[clients.length % KINDS.length]!;
      clients.push(comeIn(kind, oneOf(proxies, random).port));
    }
    for (let at = 0; at < ACTIONS; at++) oneOf(clients, random).act(random());
    if (step % STEPS_PER_FAULT === 0) changeNetwork(oneOf(proxies, random), random());
    await pause(STEP_MS);
  }
  for (const proxy of proxies) proxy.forward();
  for (const client of clients) client.leave();
  for (const proxy of proxies) proxy.close();
}

/** What was held or refused until now goes on, unless it is that again. */
function changeNetwork(proxy: FaultyProxy, dice: number): void {
  proxy.forward();
  if (dice < 0.2) proxy.cut();
  else if (dice < 0.4) proxy.hold();
  else if (dice < 0.5) proxy.refuse();
  else proxy.split(dice < 0.7 ? 50 : Infinity);
}

function oneOf<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)]!;
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
