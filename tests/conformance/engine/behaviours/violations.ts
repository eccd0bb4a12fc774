import assert from "node:assert/strict";
import { until } from "../../../support/until.ts";
import { message, packet, type EnginePacket } from "../codec.ts";
import { inRevision3, overPlainPolling, overPolling, overWebSocket, type Behaviours } from "../behaviour.ts";
import type { Stage } from "../stage.ts";

/** What clients must not send, and what they may though it means nothing (protocols.md 1.3, 1.5, 2.2, 2.4). */
export const violations: Behaviours = {
  "a packet of an unknown type": (stage) => breaks(stage, (text) => text("7")),
  "a packet that begins with a letter": (stage) => breaks(stage, (text) => text("hello")),
  "a packet of nothing": {
    // An empty payload is one empty packet, an empty frame as well; in a form it is no payload.
    cells: (cell) => cell.transport !== "jsonp",
    run: (stage) => breaks(stage, () => ""),
  },
  "a packet with a sign before its type": (stage) => breaks(stage, (text) => text("-4hello")),
  "a packet that begins with a space": (stage) => breaks(stage, (text) => text(" 4hello")),

  "packets before a broken one are heard, those behind it are not": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      const body = (...data: string[]): string => String(stage.codec.body(data.map(message), false));
      const broken = stage.cell.revision === 4 ? "\u001e9\u001e" : "1:9";
      const unit = body("one", "two") + broken + body("three");
      await session.peer.sendRaw(unit);
      assert.deepEqual(await session.ended(), { reason: "parse error" });
      assert.deepEqual(session.messages, ["one", "two"]);
    },
  },

  "frames behind a broken one are not heard": {
    cells: overWebSocket,
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(message("one"));
      await session.peer.sendRaw("9");
      await session.peer.send(message("two"));
      assert.deepEqual(await session.ended(), { reason: "parse error" });
      assert.equal(await session.peer.end(), "close");
      assert.deepEqual(session.messages, ["one"]);
    },
  },

  "a payload of revision 3 with a length too long": inPayload("10:4hello"),
  "a payload of revision 3 without a length": inPayload(":4hello"),
  "a payload of revision 3 without a colon": inPayload("4hello"),
  "a payload of revision 3 whose length is no number": inPayload("x:4hello"),
  "a payload of revision 3 with something behind its last packet": inPayload("6:4hello7", ["hello"]),

  "bytes of revision 3 with a length without an end": {
    cells: (cell) => overPlainPolling(cell) && inRevision3(cell),
    run: (stage) => breaks(stage, () => Buffer.from([0, ...Array.from({ length: 400 }, () => 9)])),
  },

  "a frame of bytes of an unknown type means nothing in revision 3": {
    cells: (cell) => overWebSocket(cell) && inRevision3(cell),
    async run(stage) {
      const session = await stage.connect();
      await session.peer.sendRaw(Buffer.from([9, 1]));
      assert.equal(await session.echo("hello"), "hello");
      assert.deepEqual(session.messages, ["hello"]);
    },
  },

  "types that mean nothing here are ignored": async (stage) => {
    const session = await stage.connect();
    const heard: unknown[] = [];
    session.socket.on("packet", ({ type }: EnginePacket) => heard.push(type));
    await session.peer.send(packet("open", "{}"), packet("upgrade"), packet("noop"));
    assert.equal(await session.echo("hello"), "hello");
    assert.deepEqual(heard, ["open", "upgrade", "noop", "message"]);
  },

  "bytes in base64 are bytes": async (stage) => {
    const session = await stage.connect();
    const text = stage.cell.revision === 4 ? "bAQIDBA==" : "b4AQIDBA==";
    await session.peer.sendRaw(
      overWebSocket(stage.cell) || stage.cell.revision === 4 ? text : `${text.length}:${text}`,
    );
    assert.deepEqual(await session.heard(1), [Buffer.from([1, 2, 3, 4])]);
  },

  "a broken packet ends the session for the client too": async (stage) => {
    const session = await stage.connect();
    await session.ready();
    await session.peer.sendRaw(textUnit("9", stage));
    assert.deepEqual(await session.ended(), { reason: "parse error" });
    assert.equal(await session.peer.end(), stage.goodbye);
  },

  "the packet close over polling ends the session": {
    cells: overPolling,
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      const { answer } = session.polling.poll();
      await session.peer.send(packet("close"));
      assert.deepEqual(session.polling.read(await answer), [packet("noop")]);
      assert.deepEqual(await session.ended(), { reason: "transport close" });
    },
  },

  "the packet close over WebSocket ends the session": {
    cells: overWebSocket,
    upstreamDiffers: "9.1, 2",
    async run(stage) {
      const session = await stage.connect();
      const packets = [packet("close"), message("behind")];
      await session.peer.send(...packets);
      await until(() => session.ending !== null || session.messages.length > 0);
      assert.deepEqual(session.ending, { reason: "transport close" });
      assert.equal(await session.peer.end(), "close");
    },
  },
};

/** A payload in text that only revision 3 reads so. */
function inPayload(body: string, heard: string[] = []): Behaviours[string] {
  return {
    cells: (cell) => overPolling(cell) && inRevision3(cell),
    run: (stage) => breaks(stage, () => body, heard),
  };
}

/** Sends a unit and sees the session end. */
async function breaks(
  stage: Stage,
  unit: (text: (packet: string) => string) => string | Buffer,
  heard: string[] = [],
): Promise<void> {
  const session = await stage.connect();
  await session.peer.sendRaw(unit((text) => textUnit(text, stage)));
  assert.deepEqual(await session.ended(), { reason: "parse error" });
  assert.equal(stage.engine.clientsCount, 0);
  assert.deepEqual(session.messages, heard);
}

/** A packet's text that need not be right, as a body or a frame holds it. */
function textUnit(text: string, { cell }: Stage): string {
  return overWebSocket(cell) || cell.revision === 4 ? text : `${text.length}:${text}`;
}
