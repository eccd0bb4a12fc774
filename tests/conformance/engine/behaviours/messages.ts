import assert from "node:assert/strict";
import { message, type EnginePacket } from "../codec.ts";
import { overHttp, type Behaviours } from "../behaviour.ts";
import type { Stage } from "../stage.ts";

/** Data there and back. */
export const messages: Behaviours = {
  "text comes back as it was": (stage) => echoes(stage, "hello"),
  "text of all planes of Unicode": (stage) => echoes(stage, "é € 😀 漢字 \u{10ffff} \u0000 \u2028\u2029"),
  "text with quotes, backslashes and markup": (stage) => echoes(stage, `"'\\ </script> & %20 +`),
  "text with newlines, written and meant": (stage) => echoes(stage, "a\nb\\nc\\\\nd"),
  "text that looks like packets and payloads": async (stage) => {
    for (const text of ["4", "b4AAAA", "bAAAA", "6:4hello", "2probe", "0"]) await echoes(stage, text);
  },
  "text of 100,000 characters": (stage) => echoes(stage, "0123456789".repeat(10_000)),
  bytes: (stage) => echoes(stage, Buffer.from([0, 1, 2, 3, 4, 127, 128, 253, 254, 255])),
  "one byte of each value": (stage) => echoes(stage, Buffer.from(Array.from({ length: 256 }, (_, i) => i))),
  "no bytes at all": {
    // There a length of 0 is an error (protocols.md 9.2, 12).
    cells: overHttp,
    run: (stage) => echoes(stage, Buffer.alloc(0)),
  },
  "100,000 bytes": (stage) => echoes(stage, Buffer.alloc(100_000, "0123456789abcdefg")),

  "empty text arrives without data": async (stage) => {
    const session = await stage.connect();
    await session.peer.send(message(""));
    assert.deepEqual(await session.heard(1), [undefined]);
    session.socket.send("");
    assert.deepEqual(await session.peer.receive(1), [{ type: "message" }]);
  },

  "a burst to the server keeps its order": async (stage) => {
    const session = await stage.connect();
    const sent = mixed(100);
    await session.peer.send(...sent);
    assert.deepEqual(
      await session.heard(100),
      sent.map(({ data }) => data),
    );
  },

  "a burst to the client keeps its order": async (stage) => {
    const session = await stage.connect();
    const sent = mixed(100);
    for (const { data } of sent) session.socket.send(data);
    assert.deepEqual(await session.peer.receive(100), sent);
  },

  "a burst of large messages keeps its order, and all callbacks come": async (stage) => {
    const session = await stage.connect();
    const sent = Array.from({ length: 12 }, (_, i) =>
      message(i % 2 === 0 ? `${i}`.repeat(40_000) : Buffer.alloc(40_000, i)),
    );
    const called: number[] = [];
    const done = new Promise<void>((resolve) => {
      for (const [i, { data }] of sent.entries()) {
        session.socket.send(data, {}, () => {
          if (called.push(i) === sent.length) resolve();
        });
      }
    });
    assert.deepEqual(await session.peer.receive(12), sent);
    await done;
    assert.deepEqual(
      called,
      [...called].sort((a, b) => a - b),
    );
  },

  "half a character leaves as a replacement character": {
    // Scripts can say it: as an escape.
    cells: ({ transport }) => transport !== "jsonp",
    async run(stage) {
      const session = await stage.connect();
      session.socket.send("a\ud800b");
      assert.deepEqual(await session.peer.receive(1), [message("a\ufffdb")]);
    },
  },

  "messages of many ticks keep their order": async (stage) => {
    const session = await stage.connect();
    const sent = mixed(30);
    for (const { data } of sent) {
      session.socket.send(data);
      await Promise.resolve();
    }
    assert.deepEqual(await session.peer.receive(30), sent);
  },

  "bursts that cross each other keep their order": async (stage) => {
    const session = await stage.connect();
    session.socket.on("message", (data: unknown) => session.socket.send(data));
    const sent = mixed(50);
    const half = sent.length / 2;
    session.listen();
    await session.peer.send(...sent.slice(0, half));
    await session.peer.send(...sent.slice(half));
    assert.deepEqual(await session.peer.receive(50), sent);
  },

  "numbers and truth values leave as text": {
    // Upstream's frames of WebTransport are bytes then, which nothing says anything about.
    cells: overHttp,
    async run(stage) {
      const session = await stage.connect();
      session.socket.send(12).send(true);
      assert.deepEqual(await session.peer.receive(2), [message("12"), message("true")]);
    },
  },

  "views and array buffers leave as bytes": async (stage) => {
    const session = await stage.connect();
    const bytes = Uint8Array.from([9, 1, 2, 3, 4, 9]);
    session.socket
      .send(bytes.subarray(1, 5))
      .send(bytes.buffer)
      .send(new DataView(bytes.buffer, 1, 2));
    assert.deepEqual(await session.peer.receive(3), [
      message(Buffer.from([1, 2, 3, 4])),
      message(Buffer.from(bytes)),
      message(Buffer.from([1, 2])),
    ]);
  },

  "write is send": async (stage) => {
    const session = await stage.connect();
    assert.equal(session.socket.write("a"), session.socket);
    assert.equal(session.socket.send("b"), session.socket);
    assert.deepEqual(await session.peer.receive(2), [message("a"), message("b")]);
  },

  "what is sent in the connection listener comes right behind the open packet": async (stage) => {
    stage.engine.on("connection", (socket: { send(data: string): void }) => socket.send("first"));
    const session = await stage.connect();
    const next = session.first.length > 1 ? session.first[1] : (await session.peer.receive(1))[0];
    assert.deepEqual(next, message("first"));
  },

  "sessions do not hear each other": async (stage) => {
    const [one, other] = [await stage.connect(), await stage.connect()];
    one.socket.send("to one");
    other.socket.send("to the other");
    assert.deepEqual(await one.peer.receive(1), [message("to one")]);
    assert.deepEqual(await other.peer.receive(1), [message("to the other")]);
    await one.peer.send(message("from one"));
    await one.heard(1);
    assert.deepEqual([one.messages, other.messages], [["from one"], []]);
  },
};

async function echoes(stage: Stage, data: string | Buffer): Promise<void> {
  const session = await stage.connect();
  assert.deepEqual(await session.echo(data), data);
  assert.deepEqual(session.messages, [data]);
}

/** Text and bytes by turns. */
function mixed(count: number): EnginePacket[] {
  return Array.from({ length: count }, (_, i) => message(i % 3 === 2 ? Buffer.from([i]) : `message ${i}`));
}
