import type { TargetName } from "../targets.ts";
import { client } from "./client.ts";
import { connects } from "./connects.ts";
import { idle } from "./idle.ts";
import { redisBroadcast } from "./redis.ts";
import { requireScenario } from "./require.ts";
import type { Scenario } from "./scenario.ts";
import { steady } from "./steady.ts";

const MAKERS = ["ours", "upstream"] as const;
const FLOORS = ["ws", "net", "net-cork"] as const;
const ALL: readonly TargetName[] = [...MAKERS, ...FLOORS];

/** Everything that is measured. */
export const SCENARIOS: readonly Scenario[] = [
  steady({
    name: "echo-ack",
    does: "100 WebSocket clients, one event outstanding each, one frame a write; an event of 100 bytes and its acknowledgement",
    clients: 100,
    targets: ALL,
  }),
  steady({ name: "echo-pipe", does: "the same, 20 outstanding, ten frames a write", clients: 100, targets: ALL }),
  steady({
    name: "echo-big",
    does: "20 WebSocket clients, 16 KiB of text, two outstanding",
    clients: 20,
    targets: [...MAKERS, "ws", "net"],
  }),
  steady({
    name: "binary-echo",
    does: "100 WebSocket clients, a Buffer of 1 KiB with acknowledgement, four outstanding",
    clients: 100,
    targets: ALL,
  }),
  steady({
    name: "msgpack-echo",
    does: "as echo-ack with socket.io-msgpack-parser, four outstanding",
    clients: 100,
    targets: MAKERS,
    needs: { msgpack: true },
  }),
  steady({
    name: "broadcast",
    does: "1,000 WebSocket clients, one `io.emit` at a time; a message is one delivery",
    clients: 1000,
    targets: ALL,
  }),
  steady({ name: "burst", does: "the same, ten `io.emit` in one tick", clients: 1000, targets: ALL }),
  steady({
    name: "rooms",
    does: "1,000 WebSocket clients in 100 rooms of ten, one `to(room).emit` to each room in one tick",
    clients: 1000,
    targets: ALL,
  }),
  connects({
    name: "connect-ws",
    does: "4,000 connections, 64 at a time: WebSocket handshake and joining the namespace",
    count: 4000,
    width: 64,
    targets: ALL,
  }),
  connects({
    name: "connect-upgrade",
    does: "2,000 connections, 64 at a time: polling handshake, joining, upgrade, one acknowledgement",
    count: 2000,
    width: 64,
    targets: MAKERS,
  }),
  connects({
    name: "upgrade-alone",
    does: "40 connections of that kind, one at a time",
    visit: "connect-upgrade",
    count: 40,
    width: 1,
    targets: MAKERS,
  }),
  connects({
    name: "connect-poll",
    does: "3,000 connections, 64 at a time: polling handshake and joining",
    count: 3000,
    width: 64,
    targets: [...MAKERS, "http"],
  }),
  steady({
    name: "polling-echo",
    does: "50 long-polling clients, kept connections, one POST and one GET per message",
    clients: 50,
    targets: [...MAKERS, "http"],
  }),
  steady({
    name: "heartbeat",
    does: "2,000 quiet WebSocket clients, `pingInterval` 1,000 ms; a message is a ping and its pong",
    clients: 2000,
    targets: MAKERS,
    needs: { options: () => ({ pingInterval: 1000 }) },
  }),
  idle({
    name: "idle",
    does: "heapUsed and RSS per quiet WebSocket connection, after four forced collections",
    keepRequest: true,
    targets: [...MAKERS, "ws", "net"],
  }),
  idle({
    name: "idle-released",
    does: "the same, ours with `keepRequest: false`, for which upstream has no counterpart",
    keepRequest: false,
    targets: MAKERS,
  }),
  requireScenario,
  redisBroadcast,
  client(
    "client-echo",
    "socket.io-client in Node, 50 sockets over WebSocket, echo with acknowledgement, four outstanding each",
    { work: "echo", transport: "websocket", count: 40_000 },
  ),
  client("client-recv", "the same, events that the server sends", {
    work: "recv",
    transport: "websocket",
    count: 100_000,
  }),
  client("client-connect", "connecting and disconnecting over WebSocket, one after the other", {
    work: "connect",
    transport: "websocket",
    count: 1000,
  }),
  client("client-echo-polling", "client-echo over long polling", { work: "echo", transport: "polling", count: 10_000 }),
  client("client-recv-polling", "client-recv over long polling", {
    work: "recv",
    transport: "polling",
    count: 100_000,
  }),
  client("client-connect-polling", "client-connect over long polling", {
    work: "connect",
    transport: "polling",
    count: 1000,
  }),
];

/** What `--uws` adds to a scenario of servers: both makers on uWebSockets.js. */
export function withUws(scenario: Scenario): Scenario {
  const isOfServers = !/^(client|redis|require|upgrade-alone)/.test(scenario.name);
  return isOfServers ? { ...scenario, targets: [...scenario.targets, "ours-uws", "upstream-uws"] } : scenario;
}
