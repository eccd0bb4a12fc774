import assert from "node:assert/strict";
import { message, packet } from "../codec.ts";
import { overPlainPolling, overPolling, overWebSocket, overWebTransport, type Behaviours } from "../behaviour.ts";
import { ask } from "../http.ts";

/** maxHttpBufferSize on both sides of it (protocols.md 1.11). */
export const limits: Behaviours = {
  "a body of exactly maxHttpBufferSize is taken": {
    cells: overPlainPolling,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      const overhead = stage.cell.revision === 4 ? 1 : "996:4".length;
      const body = stage.codec.body([message("a".repeat(1_000 - overhead))], false);
      assert.equal(body.length, 1_000);
      await session.peer.sendRaw(body);
      assert.equal((await session.heard(1)).length, 1);
    },
  },

  "a body above maxHttpBufferSize is answered 413": {
    cells: overPolling,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      const { status, body } = await session.polling.ask("POST", "4".padEnd(1_001, "a")).answer;
      assert.deepEqual([status, body, session.messages], [413, "", []]);
    },
  },

  "a body above maxHttpBufferSize ends the session": {
    cells: overPolling,
    options: { maxHttpBufferSize: 1_000 },
    upstreamDiffers: "9.2, 4; Q-25",
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      assert.equal((await session.polling.ask("POST", "4".padEnd(1_001, "a")).answer).status, 413);
      assert.deepEqual(session.ending, { reason: "transport error", description: "payload too large" });
      assert.equal(await session.peer.end(), "413");
    },
  },

  "bodies without a length are counted while they come": {
    cells: overPlainPolling,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      const target = stage.target({ sid: session.socket.id });
      const post = ask(stage.port, "POST", target, "4".padEnd(600, "a"), { "Transfer-Encoding": "chunked" }, true);
      post.write("a".repeat(600));
      assert.equal((await post.answer).status, 413);
      assert.deepEqual(session.messages, []);
    },
  },

  "characters of several bytes count as bytes": {
    cells: overPlainPolling,
    options: { maxHttpBufferSize: 100 },
    async run(stage) {
      const session = await stage.connect();
      const { status } = await session.polling.post(stage.codec.body([message("€".repeat(40))], false)).answer;
      assert.equal(status, 413);
    },
  },

  "a frame of exactly maxHttpBufferSize is taken": {
    cells: overWebSocket,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(message("a".repeat(999)));
      assert.deepEqual(await session.heard(1), ["a".repeat(999)]);
    },
  },

  "a frame above maxHttpBufferSize ends the session with 1009": {
    cells: overWebSocket,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(message("a".repeat(1_000)));
      assert.match(await session.peer.end(), /^close 1009/);
      const { reason, description } = await session.ended();
      assert.equal(reason, "transport error");
      assert.match(String(description), /Max payload size exceeded/);
      assert.deepEqual(session.messages, []);
    },
  },

  "over WebTransport a frame of exactly maxHttpBufferSize is taken": {
    cells: overWebTransport,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(message("a".repeat(999)));
      assert.deepEqual(await session.heard(1), ["a".repeat(999)]);
    },
  },

  "over WebTransport a frame above maxHttpBufferSize ends the session": {
    cells: overWebTransport,
    options: { maxHttpBufferSize: 1_000 },
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(message("a".repeat(1_000)));
      assert.equal((await session.ended()).reason, "parse error");
      await session.peer.end();
      assert.deepEqual(session.messages, []);
    },
  },

  "what is sent to clients has no limit": {
    options: { maxHttpBufferSize: 100 },
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a".repeat(10_000));
      assert.deepEqual(await session.peer.receive(1), [message("a".repeat(10_000))]);
    },
  },

  "the limit is that of each body, not of a session": {
    options: { maxHttpBufferSize: 100 },
    async run(stage) {
      const session = await stage.connect();
      for (let i = 1; i <= 5; i++) {
        await session.peer.send(message("a".repeat(50)));
        await session.heard(i);
      }
      await session.peer.send(packet("noop"));
      assert.equal(session.ending, null);
    },
  },
};
