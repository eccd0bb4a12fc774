import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { messages, Pair } from "../../../tests/support/pair.ts";
import { memoryWebSocket } from "../../../tests/support/virtual-network.ts";

function names(pair: Pair): [client: string, server: string] {
  return [pair.client.session.transport.name, pair.server.session.transport.name];
}

/** Both sides can still talk: nothing is stuck. */
function assertAwake(pair: Pair): void {
  const before = [pair.client.received.length, pair.server.received.length];
  pair.client.session.send({ type: "message", data: "still there?" });
  pair.server.session.send({ type: "message", data: "still here" });
  pair.advance(500);
  assert.deepEqual([pair.client.received.length, pair.server.received.length], [before[0]! + 1, before[1]! + 1]);
}

describe("upgrade", () => {
  test("both sides move to the probed transport", () => {
    const pair = new Pair();
    pair.advance(10);
    pair.upgrade();
    pair.advance(100);
    assert.deepEqual(names(pair), ["websocket", "websocket"]);
    assert.deepEqual(pair.client.log, ["open", "upgrading", "upgrade: websocket"]);
    assert.deepEqual(pair.server.log, ["upgrading", "upgrade: websocket"]);
    assert.equal(pair.server.session.upgraded, true);
    assertAwake(pair);
  });

  test("the hanging poll is released as soon as the probe arrives: no timer in the way", () => {
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    const start = pair.clock.now;
    pair.upgrade();
    while (!pair.server.session.upgraded) pair.advance(1);
    // Connect and back, probe and back, upgrade: five trips; the released poll comes home beside the pong.
    assert.ok(pair.clock.now - start <= 51, `${pair.clock.now - start} ms`);
  });

  test("nothing is lost or reordered under load in both directions, whatever the delays", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const pair = new Pair({ latencyMs: 1, jitterMs: seed % 40, seed });
      let sent = 0;
      const send = (): void => {
        for (const packet of messages(sent, sent + 3)) {
          pair.client.session.send({ ...packet });
          pair.server.session.send({ ...packet });
        }
        sent += 3;
      };
      for (let i = 0; i < 20 + (seed % 7); i++) {
        send();
        pair.advance(5);
      }
      pair.upgrade();
      for (let i = 0; i < 60; i++) {
        send();
        pair.advance(4);
      }
      pair.advance(1_000);
      const expected = messages(0, sent).map((packet) => packet.data as string);
      assert.deepEqual(names(pair), ["websocket", "websocket"], `seed ${seed}`);
      assert.deepEqual(pair.client.received, expected, `to the client, seed ${seed}`);
      assert.deepEqual(pair.server.received, expected, `to the server, seed ${seed}`);
    }
  });

  test("heartbeats go on after the upgrade, also when a pong was awaited meanwhile", () => {
    const pair = new Pair({ pingIntervalMs: 1_000, pingTimeoutMs: 500, latencyMs: 5 });
    // The ping leaves at 1,000 ms; the upgrade begins when it is under way.
    pair.advance(1_003);
    pair.upgrade();
    pair.advance(60_000);
    assert.deepEqual(names(pair), ["websocket", "websocket"]);
    assert.ok(pair.server.log.filter((entry) => entry === "heartbeat").length >= 57);
    pair.network.drop = true;
    pair.advance(2_000);
    assert.equal(pair.server.closeCause?.reason, "ping timeout");
    assert.equal(pair.client.closeCause?.reason, "ping timeout");
  });

  test("a probe that is never answered leaves the session where it is, and the server drops it in time", () => {
    const pair = new Pair({ upgradeTimeoutMs: 10_000 });
    pair.advance(10);
    const { server } = pair.upgrade();
    server.sink = null; // The probe arrives, and nobody answers.
    pair.advance(9_000);
    assertAwake(pair);
    assert.notEqual(pair.server.session.upgrade, null);
    pair.advance(1_000);
    assert.equal(pair.server.session.upgrade, null);
    assert.deepEqual(names(pair), ["polling", "polling"]);
    assert.deepEqual(pair.client.log, ["open", "upgrade error"]);
    assertAwake(pair);
  });

  test("the client stays awake when the websocket dies after the probe was answered and before the last poll came home", () => {
    // Upstream leaves polling paused here: connected, deaf until the ping timeout.
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    const { client } = pair.upgradeUntilDraining();
    client.break({ reason: "transport error" });
    pair.polling!.release();
    pair.advance(200);
    assert.deepEqual(pair.client.log, ["open", "upgrading", "upgrade error"]);
    assert.deepEqual(names(pair), ["polling", "polling"]);
    assertAwake(pair);
    pair.upgrade();
    pair.advance(200);
    assert.deepEqual(names(pair), ["websocket", "websocket"], "another attempt is allowed");
    assertAwake(pair);
  });

  test("packets sent while the client drains its polls leave after the switch, in order", () => {
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    pair.upgradeUntilDraining();
    for (const packet of messages(0, 5)) pair.client.session.send(packet);
    assert.equal(pair.client.session.queue.length, 5);
    pair.polling!.release();
    pair.advance(200);
    assert.deepEqual(pair.server.received, ["0", "1", "2", "3", "4"]);
  });

  test("a repeated probe is answered again", () => {
    const pair = new Pair();
    pair.advance(10);
    const [peer, candidate] = memoryWebSocket(pair.network);
    pair.acceptUpgrade(candidate);
    const answers: unknown[] = [];
    peer.sink = { onPacket: (packet) => answers.push(packet), onWritable() {}, onSent() {}, onClose() {} };
    peer.send([
      { type: "ping", data: "probe" },
      { type: "ping", data: "probe" },
    ]);
    pair.advance(10);
    assert.deepEqual(answers, [
      { type: "pong", data: "probe" },
      { type: "pong", data: "probe" },
    ]);
  });

  test("an upgrade packet without a probe before it is accepted", () => {
    const pair = new Pair();
    pair.advance(10);
    const [peer, candidate] = memoryWebSocket(pair.network);
    pair.acceptUpgrade(candidate);
    peer.send([{ type: "upgrade" }]);
    pair.advance(10);
    assert.equal(pair.server.session.transport, candidate);
  });

  test("any other packet on the probed transport closes it and leaves the session untouched", () => {
    for (const packet of [
      { type: "ping" as const },
      { type: "ping" as const, data: "PROBE" },
      { type: "message" as const, data: "early" },
      { type: "error" as const, data: "parser error" },
    ]) {
      const pair = new Pair();
      pair.advance(10);
      const [peer, candidate] = memoryWebSocket(pair.network);
      pair.acceptUpgrade(candidate);
      peer.send([packet]);
      pair.advance(10);
      assert.equal(candidate.writable, false);
      assert.equal(pair.server.session.upgrade, null);
      assert.deepEqual(pair.server.received, []);
      assertAwake(pair);
    }
  });

  test("a client whose server answers the probe with anything else stays where it is", () => {
    const pair = new Pair();
    pair.advance(10);
    const { server } = pair.upgrade();
    server.sink = null;
    server.send([{ type: "message", data: "not a pong" }]);
    pair.advance(10);
    assert.deepEqual(pair.client.log, ["open", "upgrade error"]);
    assertAwake(pair);
  });

  test("of two probes the first one answered wins, the other is dropped in silence", () => {
    for (const firstIsDone of [false, true]) {
      const pair = new Pair({ latencyMs: 10 });
      pair.advance(100);
      pair.polling!.held = [];
      const [first, firstServer] = memoryWebSocket(pair.network);
      const [second, secondServer] = memoryWebSocket(pair.network);
      pair.acceptUpgrade(firstServer);
      pair.client.session.probe(first, second);
      pair.advance(100);
      if (firstIsDone) pair.polling!.release();
      pair.advance(100);
      secondServer.send([{ type: "pong", data: "probe" }]);
      pair.advance(100);
      pair.polling!.release();
      pair.advance(100);
      assert.equal(pair.server.session.transport, firstServer);
      assert.equal(first.writable, true);
      assert.deepEqual(pair.client.log, ["open", "upgrading", "upgrade: websocket"]);
      assert.equal(second.writable, false);
      assertAwake(pair);
    }
  });

  test("a batch that is still leaving on the old transport when the session switches counts as sent", () => {
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    const { session } = pair.server;
    const old = session.transport;
    const send = old.send.bind(old);
    old.send = (batch) => send(batch) && false;
    session.send({ type: "message", data: "on its way" });
    const [, candidate] = memoryWebSocket(pair.network);
    pair.acceptUpgrade(candidate).onPacket({ type: "upgrade" });
    session.close();
    assert.deepEqual(pair.server.log, ["upgrade: websocket", "close: forced close"]);
  });

  test("a client that polls on without upgrading is answered at a steady pace, not in a busy loop", () => {
    const pair = new Pair({ latencyMs: 0 });
    pair.advance(10);
    const [peer, candidate] = memoryWebSocket(pair.network);
    pair.acceptUpgrade(candidate);
    peer.send([{ type: "ping", data: "probe" }]);
    pair.advance(10);
    const transport = pair.server.session.transport;
    const send = transport.send.bind(transport);
    let answers = 0;
    transport.send = (batch) => {
      answers++;
      return send(batch);
    };
    pair.advance(1_000);
    assert.ok(answers >= 9 && answers <= 11, `${answers} answers in a second`);
  });

  test("a session that ends drops the transport on probation", () => {
    const pair = new Pair();
    pair.advance(10);
    const [, candidate] = memoryWebSocket(pair.network);
    pair.acceptUpgrade(candidate);
    pair.server.session.close(true);
    assert.equal(candidate.writable, false);
    assert.deepEqual(pair.server.log, ["close: forced close"]);
  });
});

describe("closing during an upgrade", () => {
  test("the client finishes the upgrade first, then closes", () => {
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    pair.upgradeUntilDraining();
    pair.client.session.send({ type: "message", data: "last words" });
    pair.client.session.close();
    assert.equal(pair.client.session.state, "closing");
    pair.polling!.release();
    pair.advance(200);
    assert.deepEqual(pair.server.received, ["last words"]);
    assert.deepEqual(pair.client.log.slice(-2), ["upgrade: websocket", "close: forced close"]);
    assert.equal(pair.server.closeCause?.reason, "transport close");
  });

  test("the client closes over the old transport if the upgrade fails meanwhile", () => {
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    const { client } = pair.upgradeUntilDraining();
    pair.client.session.close();
    client.break({ reason: "transport error" });
    pair.polling!.release();
    pair.advance(200);
    assert.deepEqual(pair.client.log.slice(-1), ["close: forced close"]);
    assert.equal(pair.server.closeCause?.reason, "transport close");
  });

  test("a closing server takes the upgrade as the way to say goodbye", () => {
    const pair = new Pair({ latencyMs: 10 });
    pair.advance(100);
    pair.upgradeUntilDraining();
    // No GET is left that could carry the close packet.
    pair.server.session.close();
    pair.advance(200);
    assert.equal(pair.server.session.state, "closing");
    pair.polling!.release();
    pair.advance(200);
    assert.deepEqual(pair.server.log.slice(-1), ["close: forced close"]);
    assert.equal(pair.client.session.state, "closed");
    assert.equal(pair.client.closeCause?.reason, "transport close");
  });

  test("probes that come faster than their answers leave cost the candidate, not the session", () => {
    const pair = new Pair();
    pair.advance(10);
    const [peer, candidate] = memoryWebSocket(pair.network);
    pair.acceptUpgrade(candidate);
    candidate.full = true;
    peer.send([{ type: "ping", data: "probe" }]);
    pair.advance(100);
    candidate.full = false;
    assert.equal(candidate.writable, false);
    assert.equal(pair.server.session.upgrade, null);
    assertAwake(pair);
  });
});
