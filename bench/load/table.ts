import { Random } from "../../tests/support/random.ts";
import { bigRequests, binaryRequests, echoRequests, MSGPACK_JOIN, msgpackRequests } from "../wire/messages.ts";
import { ask } from "./ask.ts";
import { echo } from "./echo.ts";
import type { Load, Visit } from "./load.ts";
import { pollingEcho } from "./polling-echo.ts";
import { quiet } from "./quiet.ts";
import { connectPoll, connectUpgrade, connectWs } from "./visits.ts";

/** Of the random bytes that clients send. */
export const SEED = 1;

/** What clients do for each scenario. */
export const LOADS: Readonly<Record<string, Load>> = {
  "echo-ack": echo({ clients: 100, depth: 1, batch: 1, requests: () => echoRequests(900) }),
  "echo-pipe": echo({ clients: 100, depth: 20, batch: 10, requests: () => echoRequests(900) }),
  "echo-big": echo({ clients: 20, depth: 2, batch: 1, requests: () => bigRequests(10) }),
  "binary-echo": echo({ clients: 100, depth: 4, batch: 1, requests: () => binaryRequests(100, randomBytes(1024)) }),
  "msgpack-echo": echo({ clients: 100, depth: 4, batch: 1, requests: () => msgpackRequests(900), join: MSGPACK_JOIN }),
  broadcast: ask({ clients: 1000, event: () => ["all", 1], deliveries: (clients) => clients }),
  burst: ask({ clients: 1000, event: () => ["all", 10], deliveries: (clients) => clients * 10 }),
  rooms: ask({
    clients: 1000,
    event: (clients) => ["rooms", clients / 10],
    deliveries: (clients) => clients,
    rooms: (at, clients) => [`room${at % (clients / 10)}`],
  }),
  "one-room": ask({
    clients: 1000,
    event: () => ["room", "r", 1],
    deliveries: () => 10,
    rooms: (at) => (at < 10 ? ["r"] : Array.from({ length: 10 }, (_, other) => `${at}-${other}`)),
  }),
  "redis-broadcast": ask({ clients: 500, event: () => ["all", 1], deliveries: (clients) => clients }),
  "polling-echo": pollingEcho({ clients: 50 }),
  heartbeat: quiet({ clients: 2000 }),
};

/** What clients do once. */
export const VISITS: Readonly<Record<string, Visit>> = {
  "connect-ws": connectWs,
  "connect-poll": connectPoll,
  "connect-upgrade": connectUpgrade,
};

function randomBytes(length: number): Buffer {
  const random = new Random(SEED);
  return Buffer.from(Array.from({ length }, () => random.between(0, 255)));
}
