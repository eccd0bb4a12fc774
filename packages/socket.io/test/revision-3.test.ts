import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "node:test";
import { attach } from "engine.io";
import { Server } from "socket.io";
import { http as request, RawWebSocket } from "../../../tests/support/raw-peer.ts";

test("clients of Socket.IO 2 are refused with code 5, and who allows them is told so", async (t) => {
  const http = createServer();
  const warning = once(process, "warning");
  const io = new Server(http, { allowEIO3: true });
  t.after(() => io.close());
  assert.match(((await warning) as [Error])[0].message, /allowEIO3 has no effect/);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const { status, body } = await request(port, "GET", "/socket.io/?EIO=3&transport=polling");
  assert.deepEqual([status, body], [400, '{"code":5,"message":"Unsupported protocol version"}']);
});

test("an engine that was bound may serve them, but no namespace sees them: their connection is closed", async (t) => {
  const http = createServer();
  const engine = attach(http, { allowEIO3: true, path: "/socket.io" });
  const io = new Server();
  io.bind(engine);
  t.after(() => {
    void io.close();
    http.close();
  });
  let connections = 0;
  io.on("connection", () => connections++);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const peer = new RawWebSocket((http.address() as AddressInfo).port, "&EIO=3");
  const [open, end] = await peer.receive(2);
  assert.equal(open?.[0], "0");
  assert.equal(end, "closed 1005");
  assert.equal(connections, 0);
});
