import assert from "node:assert/strict";
import { once } from "node:events";
import { message } from "../codec.ts";
import { endsKindly, overHttp, overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import type { EngineSocket } from "../engine.ts";

/** How sessions end (protocols.md 1.6, 1.7, 1.10). */
export const closing: Behaviours = {
  "a client that leaves": async (stage) => {
    const session = await stage.connect();
    await session.peer.leave();
    assert.deepEqual(await session.ended(), { reason: "transport close" });
    assert.equal(session.socket.readyState, "closed");
  },

  "a client whose WebSocket breaks": {
    cells: overWebSocket,
    async run(stage) {
      const session = await stage.connect();
      session.peer.drop();
      assert.deepEqual(await session.ended(), { reason: "transport close" });
    },
  },

  "a session that is over is forgotten": async (stage) => {
    const session = await stage.connect();
    assert.deepEqual([Object.keys(stage.engine.clients), stage.engine.clientsCount], [[session.socket.id], 1]);
    await session.peer.leave();
    await session.ended();
    assert.deepEqual([Object.keys(stage.engine.clients), stage.engine.clientsCount], [[], 0]);
    if (!overHttp(stage.cell)) return;
    assert.deepEqual(await stage.refused({ sid: session.socket.id }), stage.refusal(1, "Session ID unknown"));
  },

  "the server closes: the client is told, the reason is forced close": async (stage) => {
    const session = await stage.connect();
    await session.ready();
    session.socket.close();
    assert.equal(await session.peer.end(), stage.goodbye);
    assert.deepEqual(await session.ended(), { reason: "forced close" });
  },

  "the server closes behind what it has sent": {
    cells: endsKindly,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("one").send(Buffer.from([2]));
      session.socket.close();
      assert.deepEqual(await session.peer.receive(2), [message("one"), message(Buffer.from([2]))]);
      assert.equal(await session.peer.end(), stage.goodbye);
      assert.deepEqual(await session.ended(), { reason: "forced close" });
    },
  },

  "a polling client is told of the end at its next GET": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      session.socket.close();
      assert.equal(session.socket.readyState, "closing");
      assert.deepEqual(await session.peer.receive(2), [{ type: "noop" }, { type: "close" }]);
      assert.deepEqual(await session.ended(), { reason: "forced close" });
    },
  },

  "a polling client that does not come back is dropped after 30 s": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      session.socket.close();
      stage.clock.advance(29_900);
      assert.deepEqual([session.ending, session.socket.readyState], [null, "closing"]);
      stage.clock.advance(1_700);
      assert.deepEqual(session.ending, { reason: "forced close" });
    },
  },

  "a session that is closing takes no more messages": {
    cells: endsKindly,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("before");
      session.socket.close();
      let called = 0;
      session.socket.send("after", {}, () => called++);
      assert.deepEqual(await session.peer.receive(1), [message("before")]);
      await session.peer.end();
      await session.ended();
      session.socket.send("long after", {}, () => called++);
      assert.equal(called, 0);
    },
  },

  "close with discard ends at once": async (stage) => {
    const session = await stage.connect();
    session.socket.close(true);
    assert.deepEqual(session.ending, { reason: "forced close" });
    assert.equal(session.socket.readyState, "closed");
    assert.equal(stage.engine.clientsCount, 0);
  },

  "close is announced once, however often it is asked for": async (stage) => {
    const session = await stage.connect();
    let closes = 0;
    session.socket.on("close", () => closes++);
    await session.ready();
    session.socket.close();
    session.socket.close();
    await session.peer.end();
    await session.ended();
    session.socket.close();
    session.socket.close(true);
    assert.equal(closes, 1);
  },

  "in the close listener the session is over": async (stage) => {
    const session = await stage.connect();
    const states: unknown[] = [];
    session.socket.on("close", () => {
      states.push(session.socket.readyState);
      session.socket.send("too late");
      session.socket.close();
    });
    await session.peer.leave();
    await session.ended();
    assert.deepEqual(states, ["closed"]);
  },

  "a session may be closed in the connection listener": {
    cells: endsKindly,
    async run(stage) {
      stage.engine.on("connection", (socket: EngineSocket) => socket.close());
      const session = await stage.connect();
      assert.deepEqual(session.first[0]?.type, "open");
      await session.peer.end();
      if (session.ending === null && session.socket.readyState !== "closed") await session.ended();
      assert.equal(session.socket.readyState, "closed");
    },
  },

  "a session may be closed in a message listener": async (stage) => {
    const session = await stage.connect();
    session.socket.on("message", () => session.socket.close());
    session.listen();
    await session.peer.send(message("go"));
    assert.equal(await session.peer.end(), stage.goodbye);
    assert.deepEqual(await session.ended(), { reason: "forced close" });
  },

  "the engine closes: all sessions end with forced close": async (stage) => {
    const [one, other] = [await stage.connect(), await stage.connect()];
    await one.ready();
    assert.equal(stage.engine.close(), stage.engine);
    assert.deepEqual([one.ending, other.ending], [{ reason: "forced close" }, { reason: "forced close" }]);
    assert.deepEqual([stage.engine.clientsCount, stage.engine.clients], [0, {}]);
    assert.equal(await one.peer.end(), stage.goodbye);
  },

  "the HTTP server closes: its sessions end, those too that have no connection": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      await stage.served.stop();
      assert.deepEqual(session.ending, { reason: "forced close" });
      assert.equal(stage.engine.clientsCount, 0);
    },
  },

  "a client that leaves while much is on its way to it": async (stage) => {
    const session = await stage.connect();
    for (let i = 0; i < 50; i++) session.socket.send("x".repeat(1_000));
    const closed = once(session.socket, "close");
    await session.peer.leave();
    await closed;
    assert.deepEqual(session.ending, { reason: "transport close" });
  },
};
