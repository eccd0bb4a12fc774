import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Socket } from "engine.io";
import { pollingSession, serve, websocketSession } from "./support.ts";

describe("heartbeat", () => {
  test("the server pings, and goes on as long as it is answered", async (t) => {
    const served = await serve(t, { pingInterval: 20, pingTimeout: 2_000 });
    const [peer, socket] = await websocketSession(served);
    let heartbeats = 0;
    socket.on("heartbeat", () => heartbeats++);
    for (let i = 1; i <= 4; i++) {
      assert.deepEqual(await peer.receive(1), ["2"]);
      const heartbeat = once(socket, "heartbeat");
      peer.send("3");
      await heartbeat;
      assert.equal(heartbeats, i);
    }
    assert.equal(socket.readyState, "open");
    peer.close();
  });

  test("without an answer the session ends with ping timeout", async (t) => {
    const served = await serve(t, { pingInterval: 20, pingTimeout: 20 });
    const [peer] = await websocketSession(served);
    assert.deepEqual(await peer.receive(2), ["2", "closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "ping timeout", description: undefined }]);
  });

  test("over polling a ping answers the held GET, and a dead client is noticed", async (t) => {
    // On a busy machine the next request may take its time: as long as this, it is not the end.
    const served = await serve(t, { pingInterval: 20, pingTimeout: 2000 });
    const [peer] = await pollingSession(served);
    const ending = served.ending();
    assert.equal((await peer.poll()).body, "2");
    await peer.post("3");
    assert.equal((await peer.poll()).body, "2");
    // The GET that is held when the end comes is answered.
    assert.equal((await peer.poll()).body, "1");
    assert.equal((await ending).reason, "ping timeout");
  });

  for (const [isAsked, when] of [
    [true, "while a ping waits for a GET"],
    [false, "before the next ping"],
  ] as const) {
    test(`a session that is closed ${when}, by a client that never polls again, ends with ping timeout`, async (t) => {
      const served = await serve(t, { pingInterval: 20, pingTimeout: 200 });
      const [, socket] = await pollingSession(served);
      if (isAsked) await once(socket, "packetCreate");
      socket.close();
      assert.equal(socket.readyState, "closing");
      assert.deepEqual(await served.ending(), { reason: "ping timeout", description: undefined });
    });
  }

  test("goes on after an upgrade that came while a pong was awaited", async (t) => {
    const served = await serve(t, { pingInterval: 20, pingTimeout: 500 });
    const [peer, socket] = await pollingSession(served);
    assert.equal((await peer.poll()).body, "2");
    const candidate = await served.websocket(`&sid=${peer.sid}`).opened();
    const upgrade = once(socket, "upgrade");
    candidate.send("5");
    await upgrade;
    candidate.send("3");
    assert.deepEqual(await candidate.receive(1), ["2"]);
    assert.deepEqual(await candidate.receive(1), ["closed 1005"]);
    assert.equal(served.endings[0]?.reason, "ping timeout");
  });

  test("pingInterval and pingTimeout may be changed while sessions live", async (t) => {
    const served = await serve(t, { pingInterval: 20, pingTimeout: 10_000 });
    const [peer] = await websocketSession(served);
    assert.deepEqual(await peer.receive(1), ["2"]);
    served.engine.opts.pingTimeout = 20;
    peer.send("3");
    assert.deepEqual(await peer.receive(2), ["2", "closed 1005"]);
  });

  test("one timer serves all sessions, and none is left when they are gone", async (t) => {
    const served = await serve(t);
    const set = t.mock.method(globalThis, "setTimeout");
    const cleared = t.mock.method(globalThis, "clearTimeout");
    const sockets = [];
    for (let i = 0; i < 5; i++) sockets.push((await pollingSession(served))[1]);
    assert.equal(set.mock.callCount(), 1);
    for (const socket of sockets) socket.close(true);
    assert.equal(cleared.mock.calls.at(-1)?.arguments[0], set.mock.calls[0]?.result);
  });

  test("the timer goes off as often as the shortest delay needs it: a twentieth, from 10 ms to a second", async (t) => {
    for (const [pingInterval, periodMs] of [
      [25_000, 1_000],
      [2_000, 100],
      [50, 10],
    ] as const) {
      const served = await serve(t, { pingInterval });
      const set = t.mock.method(globalThis, "setTimeout");
      const [, socket] = await pollingSession(served);
      assert.equal(Math.round(set.mock.calls[0]!.arguments[1]!), periodMs);
      socket.close(true);
      set.mock.restore();
    }
  });
});

test("a listener that throws when a session times out does not stop the heartbeats of the others", async (t) => {
  const served = await serve(t, { pingInterval: 20, pingTimeout: 20 });
  const thrown = new Promise((resolve) => {
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      for (const listener of listeners) process.on("uncaughtException", listener);
      resolve(error.message);
    });
  });
  let first = true;
  served.engine.on("connection", (socket: Socket) => {
    if (first) {
      socket.on("close", () => {
        throw new Error("the application's own");
      });
    }
    first = false;
  });
  const [one] = await websocketSession(served);
  const [two] = await websocketSession(served);
  assert.equal(await thrown, "the application's own");
  assert.deepEqual(await two.receive(2), ["2", "closed 1005"]);
  one.terminate();
});
