import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Server } from "socket.io";
import { Server as Engine } from "engine.io";
import { text } from "../support/raw-frames.ts";
import { until } from "../support/until.ts";
import { DEADLINE, memory, MIB } from "./attack.ts";
import { SOCKET_IO } from "./peer.ts";

/** A connection without a network whose peer takes what comes first, and from then on nothing. */
class DeafConnection extends Duplex {
  isDeaf = false;

  constructor() {
    super({ read() {} });
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    if (!this.isDeaf) done();
  }
}

/** A WebSocket that joins the main namespace. */
function join(engine: Engine): DeafConnection {
  const connection = new DeafConnection();
  const req = new IncomingMessage(connection as unknown as TcpSocket);
  req.method = "GET";
  req.url = `${SOCKET_IO}&transport=websocket`;
  req.headers = {
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  engine.handleUpgrade(req, connection, text("40"));
  return connection;
}

// Seen to fail by a shared message that is copied for each receiver.
test("10,000 peers that never read hold one copy of each broadcast", DEADLINE, async (t) => {
  const PEERS = 10_000;
  const MESSAGES = 10;
  const BYTES = 10_000;
  const io = new Server({ pingInterval: 3_600_000 });
  const engine = new Engine({ pingInterval: 3_600_000 });
  io.bind(engine);
  const connections = Array.from({ length: PEERS }, () => join(engine));
  t.after(() => {
    engine.close();
    for (const connection of connections) connection.destroy();
  });
  await until(() => io.sockets.sockets.size === PEERS);
  await turn();
  for (const connection of connections) connection.isDeaf = true;
  const before = await memory();
  for (let at = 0; at < MESSAGES; at++) {
    io.emit("news", String(at).padEnd(BYTES, "."));
    await turn();
  }
  const waiting = [...io.sockets.sockets.values()].reduce((sum, socket) => sum + socket.bufferedBytes, 0);
  assert.ok(waiting > PEERS * (MESSAGES - 1) * BYTES, `${waiting} bytes wait`);
  const growth = (await memory()) - before;
  // Lists of references, and what a stream keeps of each write; a copy for each would be a gigabyte.
  assert.ok(growth < 64 * MIB, `${growth} bytes`);
  assert.equal(io.sockets.sockets.size, PEERS);
});
