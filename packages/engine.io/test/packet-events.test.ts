import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pollingSession, serve, websocketSession } from "./support.ts";

const METHODS = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;

for (const method of METHODS) {
  test(`who begins to listen by ${method} when a session is under way hears of what is written from then on`, async (t) => {
    for (const target of ["socket", "server"] as const) {
      for (const event of target === "socket" ? ["packetCreate", "flush", "drain"] : ["flush", "drain"]) {
        const served = await serve(t);
        const [peer, socket] = await websocketSession(served);
        socket.send("before", { preEncoded: true });
        assert.deepEqual(await peer.receive(1), ["4before"]);
        const heard: string[] = [];
        (target === "socket" ? socket : served.engine)[method](event, () => heard.push(event));
        socket.send("after", { preEncoded: true });
        assert.deepEqual(await peer.receive(1), ["4after"]);
        assert.ok(heard.includes(event), `${event} of the ${target}`);
      }
    }
  });
}

for (const method of METHODS) {
  test(`who begins to listen by ${method} when a session is under way hears of what arrives from then on`, async (t) => {
    const [peer, socket] = await websocketSession(await serve(t));
    peer.send("4before");
    await new Promise((resolve) => socket.once("packet", resolve));
    const heard: string[] = [];
    for (const event of ["data", "message", "packet"]) socket[method](event, () => heard.push(event));
    socket.transport[method]("packet", () => heard.push("packet of the transport"));
    peer.send("4after");
    await new Promise((resolve) => socket.once("message", resolve));
    assert.deepEqual(heard.toSorted(), ["data", "message", "packet", "packet of the transport"]);
  });
}

test("who begins to listen to drain in a listener of connection waits for what is sent there", async (t) => {
  for (const handshake of ["polling", "websocket"] as const) {
    const served = await serve(t);
    const heard: string[] = [];
    // Whoever listens on the server makes the engine tell of every batch, the open packet included.
    served.engine.on("drain", () => heard.push("drain of the server"));
    served.engine.on("connection", (socket) => socket.on("drain", () => heard.push("drain of the socket")));
    const socket = await (handshake === "polling" ? pollingSession(served) : websocketSession(served)).then(
      ([, it]) => it,
    );
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(heard, ["drain of the server"], handshake);
    socket.close(true);
  }
});

describe("a listener of flush", () => {
  test("may send: it comes after what is being flushed", async (t) => {
    const served = await serve(t);
    const [polling, overPolling] = await pollingSession(served);
    overPolling.once("flush", () => overPolling.send("after"));
    overPolling.send("before");
    assert.deepEqual(await polling.receive(2), ["4before", "4after"]);
    const [websocket, overWebSocket] = await websocketSession(served);
    overWebSocket.once("flush", () => overWebSocket.send("after"));
    overWebSocket.send("before");
    assert.deepEqual(await websocket.receive(2), ["4before", "4after"]);
  });

  test("may close: what is being flushed still leaves", async (t) => {
    const served = await serve(t);
    const [polling, overPolling] = await pollingSession(served);
    const poll = polling.receive(3);
    while (!overPolling.transport.writable) await new Promise((resolve) => setImmediate(resolve));
    overPolling.once("flush", () => overPolling.close());
    overPolling.send("last");
    assert.deepEqual(await poll, ["4last", "6", "1"]);
    const [websocket, overWebSocket] = await websocketSession(served);
    overWebSocket.once("flush", () => overWebSocket.close());
    overWebSocket.send("last");
    assert.deepEqual(await websocket.receive(2), ["4last", "closed 1005"]);
  });

  test("may end it at once: what is being flushed is lost with it", async (t) => {
    const [peer, socket] = await websocketSession(await serve(t));
    let drains = 0;
    socket.on("drain", () => drains++);
    socket.once("flush", () => socket.close(true));
    socket.send("lost");
    assert.deepEqual(await peer.receive(1), ["closed 1005"]);
    assert.equal(drains, 0);
  });

  test("may throw: the session goes on", async (t) => {
    const [peer, socket] = await websocketSession(await serve(t));
    socket.once("flush", () => {
      throw new Error("in the application");
    });
    assert.throws(() => socket.send("lost"), /in the application/);
    socket.send("next");
    assert.deepEqual(await peer.receive(1), ["4next"]);
  });
});
