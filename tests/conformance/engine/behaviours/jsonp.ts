import assert from "node:assert/strict";
import { overJsonp, type Behaviours } from "../behaviour.ts";

/** Polling by scripts and forms (protocols.md 2.6). */
export const jsonp: Behaviours = {
  "a script calls what it is asked to call, digits alone": {
    cells: overJsonp,
    async run(stage) {
      const { body } = await stage.ask("GET", { j: "1a2);alert(3" });
      assert.match(body, /^___eio\[123\]\("/);
      assert.match(body, /"\);$/);
    },
  },

  "a script escapes the line ends that only scripts know": {
    cells: overJsonp,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send('a\u2028b\u2029c"\n\\');
      const { body, headers } = await session.polling.poll().answer;
      assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
      assert.match(body, /a\\u2028b\\u2029c\\"\\n\\\\/);
    },
  },

  "bytes in a script are base64": {
    cells: overJsonp,
    upstreamDiffers: ({ revision }) => (revision === 3 ? "9.2, 11" : undefined),
    async run(stage) {
      const session = await stage.connect({ b64: null });
      session.socket.send(Buffer.from([1, 2, 3, 4]));
      const { body } = await session.polling.poll().answer;
      assert.equal(body, stage.cell.revision === 3 ? '___eio[0]("10:b4AQIDBA==");' : '___eio[0]("bAQIDBA==");');
    },
  },

  "a form with the field twice is answered, and means nothing": {
    cells: overJsonp,
    async run(stage) {
      const session = await stage.connect();
      const { status, body } = await session.polling.ask("POST", "d=4a&d=4b").answer;
      assert.deepEqual([status, body], [200, "ok"]);
      assert.equal(await session.echo("still here"), "still here");
      assert.deepEqual(session.messages, ["still here"]);
    },
  },

  "an empty field is an empty payload, which is none": {
    cells: overJsonp,
    async run(stage) {
      const session = await stage.connect();
      assert.equal((await session.polling.ask("POST", "d=").answer).status, 200);
      assert.deepEqual(await session.ended(), { reason: "parse error" });
    },
  },

  "a form without the field is answered, and means nothing": {
    cells: overJsonp,
    async run(stage) {
      const session = await stage.connect();
      const { status, body } = await session.polling.ask("POST", "x=1").answer;
      assert.deepEqual([status, body], [200, "ok"]);
      assert.equal(await session.echo("still here"), "still here");
      assert.deepEqual(session.messages, ["still here"]);
    },
  },
};
