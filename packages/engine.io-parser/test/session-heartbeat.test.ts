import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ServerSession, type HeartbeatRole, type HeartbeatTiming, type SessionHost } from "engine.io-parser/session";
import { Pair, PATIENT } from "../../../tests/support/pair.ts";
import { memoryWebSocket, VirtualNetwork } from "../../../tests/support/virtual-network.ts";
import { VirtualClock } from "../../../tests/support/virtual-clock.ts";

const HOUR_MS = 3_600_000;

describe("heartbeat", () => {
  for (const transport of ["polling", "websocket"] as const) {
    test(`an hour of heartbeats keeps a quiet session open over ${transport}`, () => {
      const pair = new Pair({ transport, latencyMs: 40 });
      pair.advance(HOUR_MS);
      assert.equal(pair.client.session.state, "open");
      assert.equal(pair.server.session.state, "open");
      const beats = pair.server.log.filter((entry) => entry === "heartbeat").length;
      // One ping every 25 s after the last pong, which takes 80 ms to come back, and over polling a little more.
      assert.ok(beats >= 142 && beats <= 144, `${beats} heartbeats`);
      assert.equal(pair.client.log.filter((entry) => entry === "heartbeat").length, beats);
    });

    test(`both sides close with 'ping timeout' 45 s after the network goes silent over ${transport}`, () => {
      const pair = new Pair({ transport, pingIntervalMs: 25_000, pingTimeoutMs: 20_000, latencyMs: 0 });
      pair.advance(10);
      pair.network.drop = true;
      pair.advance(44_900);
      assert.equal(pair.server.session.state, "open");
      assert.equal(pair.client.session.state, "open");
      pair.advance(200);
      assert.deepEqual(pair.server.log, ["close: ping timeout"]);
      assert.deepEqual(pair.client.log, ["open", "close: ping timeout"]);
    });
  }

  test("a link that is half-open towards the server is noticed by the server, one towards the client by both", () => {
    const toServer = new Pair({ transport: "websocket" });
    toServer.advance(10);
    toServer.network.dropToServer = true;
    toServer.advance(46_000);
    assert.equal(toServer.server.closeCause?.reason, "ping timeout");
    assert.equal(
      toServer.client.closeCause?.reason,
      "transport close",
      "the close reaches the client, which hears still",
    );

    const toClient = new Pair({ transport: "websocket" });
    toClient.advance(10);
    toClient.network.dropToClient = true;
    toClient.advance(46_000);
    assert.equal(toClient.server.closeCause?.reason, "ping timeout");
    assert.equal(toClient.client.closeCause?.reason, "ping timeout");
  });

  test("the server prolongs the wait for the pong of a peer that is busy sending, once, and drops it if the pong never comes", () => {
    const { clock, session, peer, log } = serverAlone("pinger", { pingInterval: 150, pingTimeout: 100 });
    session.onDeadline(150);
    clock.advance(240);
    peer.send([{ type: "message", data: "busy" }]);
    clock.advance(0);
    assert.equal(session.deadline, 340, "the pong was due at 250 ms, the packet at 240 ms gave it until 340 ms");
    clock.advance(60);
    peer.send([{ type: "message", data: "busy" }]);
    clock.advance(0);
    assert.equal(session.deadline, 340, "the second packet changed nothing");
    session.onDeadline(340);
    assert.deepEqual(log, ["open", "ping", "ping timeout"]);
  });

  test("a session that is closing is watched as before, though it asks no more and hears no answer", () => {
    for (const [closedAt, heard] of [
      [90, []],
      [120, ["ping"]],
    ] as const) {
      const { clock, session, peer, log } = serverAlone("pinger", { pingInterval: 100, pingTimeout: 50 });
      // Its transport takes its time.
      session.transport.close = () => {};
      if (closedAt > 100) session.onDeadline(100);
      clock.advance(closedAt);
      session.close();
      peer.send([{ type: "pong" }]);
      clock.advance(0);
      if (closedAt < 100) session.onDeadline(100);
      assert.equal(session.deadline, 150);
      session.onDeadline(150);
      assert.deepEqual(log, ["open", ...heard, "ping timeout"]);
      assert.equal(session.deadline, Infinity);
    }
  });

  test("delays that the owner changes take effect at the next exchange", () => {
    const timing = { pingInterval: 100, pingTimeout: 50 };
    const { clock, session, peer } = serverAlone("pinger", timing);
    timing.pingInterval = 1_000;
    timing.pingTimeout = 500;
    assert.equal(session.deadline, 100);
    clock.advance(100);
    session.onDeadline(100);
    assert.equal(session.deadline, 600);
    peer.send([{ type: "pong" }]);
    clock.advance(0);
    assert.equal(session.deadline, 1_100);
  });

  test("a pong that nobody asked for restarts the interval", () => {
    const pair = new Pair({ transport: "websocket", latencyMs: 0 });
    pair.advance(10_000);
    pair.client.session.send({ type: "pong" });
    pair.advance(24_999);
    assert.deepEqual(pair.client.log, ["open"], "no ping at 25 s");
    pair.advance(2);
    assert.deepEqual(pair.client.log, ["open", "heartbeat"], "but at 35 s");
  });

  test("a ping from the client is a heartbeat in the wrong direction in protocol 4", () => {
    const pair = new Pair({ transport: "websocket" });
    pair.advance(10);
    pair.client.session.send({ type: "ping" });
    pair.advance(10);
    assert.equal(pair.server.closeCause?.reason, "transport error");
    assert.match(String(pair.server.closeCause?.description), /invalid heartbeat direction/);
  });

  test("an hour with a client that pings, as in protocol 3, and the end when it falls silent", () => {
    const { clock, session, peer, log } = serverAlone("responder", { pingInterval: 25_000, pingTimeout: 20_000 });
    for (let t = 0; t < HOUR_MS; t += 25_000) {
      clock.advance(25_000);
      assert.ok(session.deadline > clock.now);
      peer.send([{ type: "ping" }]);
      clock.advance(0);
    }
    assert.equal(log.filter((entry) => entry === "heartbeat").length, HOUR_MS / 25_000);
    assert.equal(log.filter((entry) => entry === "pong").length, HOUR_MS / 25_000);
    assert.equal(session.deadline, clock.now + 45_000);
    session.onDeadline(clock.now + 45_000);
    assert.deepEqual(log.slice(-1), ["ping timeout"]);
  });
});

/** A server session whose peer is the test itself. */
function serverAlone(role: HeartbeatRole, timing: HeartbeatTiming) {
  const clock = new VirtualClock();
  const [peer, transport] = memoryWebSocket(new VirtualNetwork(clock, { latencyMs: 0 }));
  const log: string[] = [];
  const host: SessionHost = {
    now: () => clock.now,
    onPacket: () => {},
    onMessage: () => {},
    onHeartbeat: () => log.push("heartbeat"),
    onFlush: (batch) => log.push(...batch.map((packet) => packet.type)),
    onDrain: () => {},
    onDeadlineSet: () => {},
    onUpgrade: () => {},
    onClose: (cause) => log.push(cause.reason),
  };
  const session = new ServerSession({ ...host, ...PATIENT, heartbeatRole: role, heartbeatTiming: timing }, transport);
  session.open([{ type: "open" }]);
  return { clock, session, peer, log };
}
