import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import test, { type TestContext } from "node:test";
import type { ServerOptions, Socket } from "socket.io";
import { text } from "../../../tests/support/raw-frames.ts";
import { normalised, RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { serve } from "./support/serve.ts";

/** A server on a real port, with the listeners that the tests below talk to. */
async function listening(t: TestContext, options: Partial<ServerOptions> = {}) {
  const served = await serve(t, options);
  const log: unknown[] = [];
  served.io.on("connection", (socket) => {
    log.push("connection");
    socket.on("echo", (...args: unknown[]) => {
      log.push("echo");
      (args.pop() as (...answer: unknown[]) => void)(...args);
    });
    socket.on("disconnect", (reason) => log.push(reason));
  });
  return { ...served, log };
}

test("over a WebSocket: joins, sends, acknowledges and receives binary", async (t) => {
  const { io, port } = await listening(t);
  io.on("connection", (socket) => socket.emit("hello", { bytes: Buffer.from([1, 2]) }));
  const peer = await new RawWebSocket(port).opened();
  await peer.receive(1);
  peer.send('40{"token":1}');
  assert.deepEqual(normalised(await peer.receive(3)), [
    '40{"sid":"<id>"}',
    '451-["hello",{"bytes":{"_placeholder":true,"num":0}}]',
    Buffer.from([1, 2]),
  ]);
  peer.send('451-7["echo",[{"_placeholder":true,"num":0}],"x"]', Buffer.from([3]));
  assert.deepEqual(await peer.receive(2), ['461-7[[{"_placeholder":true,"num":0}],"x"]', Buffer.from([3])]);
  peer.close();
});

test("over polling: events that share a payload with CONNECT come after connection, in wire order", async (t) => {
  const { port, log } = await listening(t);
  const peer = new RawPolling(port);
  await peer.handshake();
  await peer.post("40", '421["echo",1]', '422["echo",2]');
  assert.deepEqual(normalised(await peer.receive(3)), ['40{"sid":"<id>"}', "431[1]", "432[2]"]);
  assert.deepEqual(log, ["connection", "echo", "echo"]);
  await peer.post("41");
});

test("a broadcast reaches polling and WebSocket peers alike", async (t) => {
  const { io, port } = await listening(t);
  const socket = await new RawWebSocket(port).opened();
  socket.send("40");
  await socket.receive(2);
  const polling = new RawPolling(port);
  await polling.handshake();
  await polling.post("40");
  await polling.receive(1);
  io.emit("news", "é", Buffer.from([9]));
  assert.deepEqual(await socket.receive(2), ['451-["news","é",{"_placeholder":true,"num":0}]', Buffer.from([9])]);
  assert.deepEqual(await polling.receive(2), ['451-["news","é",{"_placeholder":true,"num":0}]', "bCQ=="]);
  socket.close();
});

test("a peer that breaks the protocol is cut off, and the others are served on", async (t) => {
  const { port, log } = await listening(t);
  const [bad, good] = [await new RawWebSocket(port).opened(), await new RawWebSocket(port).opened()];
  for (const peer of [bad, good]) {
    peer.send("40");
    await peer.receive(2);
  }
  bad.send("42{}", '42["echo"]');
  assert.match(String((await bad.receive(1))[0]), /^closed/);
  good.send('421["echo","still here"]');
  assert.deepEqual(await good.receive(1), ['431["still here"]']);
  assert.deepEqual(log, ["connection", "connection", "forced close", "echo"]);
  good.close();
});

test("a connection without a namespace is closed after connectTimeout", async (t) => {
  const { port } = await listening(t, { connectTimeout: 20 });
  const peer = await new RawWebSocket(port).opened();
  await peer.receive(1);
  assert.match(String((await peer.receive(1))[0]), /^closed/);
});

test("disconnect(true) sends DISCONNECT before the connection is closed", async (t) => {
  const { io, port } = await listening(t);
  io.on("connection", (socket) => void socket.disconnect(true));
  const peer = await new RawWebSocket(port).opened();
  await peer.receive(1);
  peer.send("40");
  const [, disconnect, end] = await peer.receive(3);
  assert.equal(disconnect, "41");
  assert.match(String(end), /^closed/);
});

test("close cuts all peers off without DISCONNECT and frees the port", async (t) => {
  const { io, log, port } = await listening(t);
  const peer = await new RawWebSocket(port).opened();
  peer.send("40");
  await peer.receive(2);
  await io.close();
  assert.match(String((await peer.receive(1))[0]), /^closed/);
  assert.deepEqual(log, ["connection", "server shutting down"]);
  assert.equal(io.httpServer.listening, false);
});

for (const [what, last, reason] of [
  ["a frame that breaks the protocol", text("", { rsv: 7 }), "transport error"],
  ["the packet that ends the session", text("1"), "transport close"],
] as const) {
  test(`over a WebSocket: an event that came whole in the same read as ${what} is delivered`, async (t) => {
    const { io, port, log } = await listening(t);
    const connection = once(io, "connection");
    const peer = connect(port, "127.0.0.1");
    t.after(() => peer.destroy());
    peer.write(upgradeRequest("/socket.io/?EIO=4&transport=websocket"));
    // The 101 comes first.
    await once(peer, "data");
    peer.write(text("40"));
    const [socket] = (await connection) as [Socket];
    const end = once(socket, "disconnect");
    peer.write(Buffer.concat([text('421["echo","x"]'), last]));
    await end;
    // It answers no close frame, for which the server would wait.
    peer.destroy();
    assert.deepEqual(log, ["connection", "echo", reason]);
  });
}
