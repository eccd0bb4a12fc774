import { createServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Server } from "socket.io";
import type { PackageAt } from "../makers.ts";
import type { Figures } from "../scenarios/scenario.ts";
import { serveApplication } from "../server/application.ts";
import { cpu, memory } from "../server/marks.ts";
import { requireAt } from "../server/require-at.ts";
import { body, FIRST_SEQ, JOIN } from "../wire/messages.ts";
import { MemoryConnection } from "./memory-connection.ts";

/* Says what connections in memory take at each point of the curve. Argument: socket.io and points, as JSON. */
const order = JSON.parse(process.argv[2]!) as { package: PackageAt; at: readonly number[] };
const { Server: SocketIo } = requireAt<{ Server: typeof Server }>(order.package);
const http = createServer();
// These clients answer no pings.
const io = new SocketIo(http, { pingInterval: 3_600_000 });
serveApplication(io);
const BROADCASTS = 5;
process.on("disconnect", () => process.exit());

const figures: Figures[] = [];
const connections: MemoryConnection[] = [];
const empty = memory();
for (const count of order.at) {
  while (connections.length < count) connections.push(open());
  while (io.of("/").sockets.size < count) await nextTurn();
  const heap = (memory().heapUsed - empty.heapUsed) / count / 1024;
  await broadcast();
  const before = cpu();
  for (let at = 0; at < BROADCASTS; at++) await broadcast();
  const after = cpu();
  const us = after.userUs + after.systemUs - before.userUs - before.systemUs;
  figures.push({ heap, cpu: us / BROADCASTS / count });
}
process.send!(figures);
process.disconnect();

function open(): MemoryConnection {
  const connection = new MemoryConnection();
  const request = new IncomingMessage(connection as unknown as Socket);
  request.method = "GET";
  request.url = "/socket.io/?EIO=4&transport=websocket";
  request.headers = {
    host: "localhost",
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  http.emit("upgrade", request, connection, Buffer.alloc(0));
  // A copy: servers take the mask off in place.
  connection.push(Buffer.from(JOIN));
  return connection;
}

/** Until it has been written to all. */
async function broadcast(): Promise<void> {
  const writes = connections.map(({ written }) => written);
  io.emit("msg", body(FIRST_SEQ));
  while (connections.some(({ written }, at) => written === writes[at])) await nextTurn();
}
