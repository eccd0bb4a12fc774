import assert from "node:assert/strict";
import { gunzipSync, inflateSync } from "node:zlib";
import { overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import { firstAnswer } from "../first-answer.ts";
import type { Answer } from "../http.ts";
import type { Session } from "../session.ts";

/** Of polling answers and of frames (protocols.md 1.14). */
export const compression: Behaviours = {
  "long answers are compressed for clients that say so": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      for (const [encoding, inflate] of [
        ["gzip", gunzipSync],
        ["deflate", inflateSync],
      ] as const) {
        session.socket.send("a".repeat(1_024));
        const answer = await pollWith(session, encoding);
        assert.equal(answer.headers["content-encoding"], encoding);
        assert.equal(answer.headers["content-type"], "text/plain; charset=UTF-8");
        assert.match(inflate(answer.bytes).toString(), /a{1024}/);
      }
    },
  },

  "short answers are not compressed, nor for clients that do not ask": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a".repeat(900));
      assert.equal((await pollWith(session, "gzip")).headers["content-encoding"], undefined);
      session.socket.send("a".repeat(1_024));
      assert.equal((await session.polling.ask("GET").answer).headers["content-encoding"], undefined);
      session.socket.send("a".repeat(1_024));
      assert.equal((await pollWith(session, "identity")).headers["content-encoding"], undefined);
    },
  },

  "messages may ask not to be compressed": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a".repeat(2_000), { compress: false });
      assert.equal((await pollWith(session, "gzip")).headers["content-encoding"], undefined);
      session.socket.send("a".repeat(2_000), { compress: false });
      session.socket.send("b", { compress: true });
      assert.equal((await pollWith(session, "gzip")).headers["content-encoding"], "gzip");
    },
  },

  "the threshold of compression may be given": {
    cells: overPolling,
    options: { httpCompression: { threshold: 10 } },
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a".repeat(20));
      assert.equal((await pollWith(session, "gzip")).headers["content-encoding"], "gzip");
    },
  },

  "compression may be switched off": {
    cells: overPolling,
    options: { httpCompression: false },
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a".repeat(5_000));
      assert.equal((await pollWith(session, "gzip")).headers["content-encoding"], undefined);
    },
  },

  "compression of frames is off by default": {
    cells: overWebSocket,
    async run(stage) {
      const lines = await firstAnswer(stage, {}, { "Sec-WebSocket-Extensions": "permessage-deflate" });
      assert.deepEqual(lines("sec-websocket-extensions"), []);
    },
  },

  "compression of frames is agreed on if both want it": {
    cells: overWebSocket,
    options: { perMessageDeflate: true },
    async run(stage) {
      const asked = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };
      assert.deepEqual((await firstAnswer(stage, {}, asked))("sec-websocket-extensions"), ["permessage-deflate"]);
      assert.deepEqual((await firstAnswer(stage))("sec-websocket-extensions"), []);
    },
  },
};

function pollWith(session: Session, encoding: string): Promise<Answer> {
  return session.polling.ask("GET", undefined, { "Accept-Encoding": encoding }).answer;
}
