import assert from "node:assert/strict";
import { overPlainPolling, overPolling, type Behaviours } from "../behaviour.ts";
import { message } from "../codec.ts";
import { ask, type Asked } from "../http.ts";
import type { Session } from "../session.ts";
import type { Stage } from "../stage.ts";

/** What only HTTP long-polling has (protocols.md 1.6). */
export const polling: Behaviours = {
  "the answer to a POST": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      const { status, headers, body } = await session.polling.post(stage.codec.body([message("a")], false)).answer;
      assert.deepEqual([status, body], [200, "ok"]);
      assert.equal(headers["content-type"], "text/html");
      assert.equal(headers["content-length"], "2");
      assert.equal(headers["cache-control"], "no-store");
    },
  },

  "the answers to GETs": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("hello");
      for (const answer of [session.answer!, await session.polling.poll().answer]) {
        assert.equal(answer.status, 200);
        assert.equal(answer.headers["content-type"], "text/plain; charset=UTF-8");
        assert.equal(answer.headers["content-length"], String(answer.bytes.length));
        assert.equal(answer.headers["cache-control"], "no-store");
        assert.equal(answer.headers["x-xss-protection"], undefined);
      }
    },
  },

  "bytes for clients that take them": {
    cells: (cell) => overPlainPolling(cell) && cell.revision === 3,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("€").send(Buffer.from([1, 2, 3, 4]));
      const { headers, bytes } = await session.polling.poll().answer;
      assert.equal(headers["content-type"], "application/octet-stream");
      assert.equal(bytes.toString("hex"), "0004ff34e282ac0105ff0401020304");
    },
  },

  "several packets in one body": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("one").send("two").send("€");
      const answer = await session.polling.poll().answer;
      assert.deepEqual(session.polling.read(answer), [message("one"), message("two"), message("€")]);
      const text = stage.cell.revision === 4 ? "4one\u001e4two\u001e4€" : "4:4one4:4two2:4€";
      assert.equal(session.peer.units.at(-1), text);
    },
  },

  "old browsers with a filter of their own are told to leave it off": {
    cells: overPolling,
    async run(stage) {
      for (const agent of ["Mozilla/5.0 (compatible;MSIE 9.0)", "Mozilla/5.0 (Windows NT 6.3; Trident/7.0)"]) {
        const { answer } = await stage.connect({}, { "User-Agent": agent });
        assert.equal(answer?.headers["x-xss-protection"], "0");
      }
    },
  },

  "a GET is held until there is something": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      let isAnswered = false;
      void session.polling.poll().answer.then(() => (isAnswered = true));
      await session.polling.send(message("unrelated"));
      assert.equal(isAnswered, false);
      session.socket.send("now");
      assert.deepEqual(await session.peer.receive(1), [message("now")]);
    },
  },

  "a second GET ends the session": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      const second = await session.polling.ask("GET").answer;
      assert.deepEqual([second.status, second.body], [400, ""]);
      assert.deepEqual(session.ending, { reason: "transport error", description: "overlap from client" });
      assert.equal(await session.peer.end(), "close packet");
    },
  },

  "a second POST ends the session, and the first one gets no answer": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      const first = halfPost(stage, session);
      // Two connections: the server has to have the first one before the second is sent.
      await stage.served.arrival();
      const second = await session.polling.ask("POST", "4hello").answer;
      assert.deepEqual([second.status, second.body], [400, ""]);
      assert.deepEqual(session.ending, { reason: "transport error", description: "data request overlap from client" });
      await assert.rejects(first.answer);
    },
  },

  "a GET that breaks ends the session": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      session.peer.drop();
      assert.deepEqual(await session.ended(), {
        reason: "transport error",
        description: "poll connection closed prematurely",
      });
    },
  },

  "a POST that breaks ends the session": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      const post = halfPost(stage, session);
      await stage.served.arrival();
      post.abort();
      assert.deepEqual(await session.ended(), {
        reason: "transport error",
        description: "data request connection closed prematurely",
      });
      assert.deepEqual(session.messages, []);
    },
  },

  "other methods are answered 500, and the session goes on": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const { status, body } = await session.polling.ask(method).answer;
        assert.deepEqual([status, body], [500, ""]);
      }
      assert.equal(await session.echo("still here"), "still here");
    },
  },

  "bodies of bytes are no payloads of revision 4": {
    cells: (cell) => cell.revision === 4 && overPolling(cell),
    async run(stage) {
      const session = await stage.connect();
      const headers = { "Content-Type": "application/octet-stream" };
      const { status, body } = await session.polling.ask("POST", Buffer.from([1, 2]), headers).answer;
      assert.deepEqual([status, body], [400, ""]);
      assert.deepEqual(session.ending, { reason: "transport error", description: "invalid content" });
    },
  },

  "the content type of a POST of text does not matter": {
    cells: overPlainPolling,
    async run(stage) {
      const session = await stage.connect();
      const body = stage.codec.body([message("hello")], false);
      const { status } = await session.polling.ask("POST", body, { "Content-Type": "application/json" }).answer;
      assert.equal(status, 200);
      assert.deepEqual(await session.heard(1), ["hello"]);
    },
  },

  "a body in pieces is one body": {
    cells: overPlainPolling,
    async run(stage) {
      const session = await stage.connect();
      const bytes = Buffer.from(stage.codec.body([message("h€llo")], false));
      const target = stage.target({ sid: session.socket.id });
      const headers = { "Content-Length": String(bytes.length) };
      // In the middle of a character.
      const post = ask(stage.port, "POST", target, bytes.subarray(0, bytes.length - 4), headers, true);
      post.write(bytes.subarray(bytes.length - 4));
      assert.equal((await post.answer).status, 200);
      assert.deepEqual(await session.heard(1), ["h€llo"]);
    },
  },
};

/** A POST of nine bytes, of which two have left. */
function halfPost(stage: Stage, session: Session): Asked {
  const target = stage.target({ sid: session.socket.id });
  return ask(stage.port, "POST", target, "4h", { "Content-Length": "9" }, true);
}
