import assert from "node:assert/strict";
import { binary, close, continuation, frame, ping, text } from "../../../support/raw-frames.ts";
import { overWebSocket, type Behaviour, type Behaviours } from "../behaviour.ts";
import { WebSocketPeer } from "../peers.ts";
import type { Session } from "../session.ts";

/** What frames of RFC 6455 mean for a session (protocols.md 1.7). */
export const websocket: Behaviours = {
  "a second WebSocket for a session that began on one is closed, the session goes on": {
    cells: overWebSocket,
    upstreamDiffers: "9.1, 10",
    async run(stage) {
      const session = await stage.connect();
      const second = stage.websocket(session.socket.id);
      await second.opened();
      assert.equal(session.socket.upgrading, false);
      assert.equal(await second.end(), "close");
      assert.equal(await session.echo("still here"), "still here");
    },
  },

  ...frames({
    "a message in fragments is one message": async (session) => {
      bytes(session, text("4hel", { fin: false }), continuation("l", { fin: false }), continuation("o"));
      assert.deepEqual(await session.heard(1), ["hello"]);
    },

    "bytes in fragments are one message": async (session) => {
      const type = session.stage.cell.revision === 3 ? [4] : [];
      bytes(session, binary(Buffer.from([...type, 1, 2]), { fin: false }), continuation(Buffer.from([3])));
      assert.deepEqual(await session.heard(1), [Buffer.from([1, 2, 3])]);
    },

    "a ping of the WebSocket between fragments is answered, and is no heartbeat": async (session) => {
      let heartbeats = 0;
      session.socket.on("heartbeat", () => heartbeats++);
      bytes(session, text("4hel", { fin: false }), ping("are you there"), continuation("lo"));
      assert.deepEqual(await session.heard(1), ["hello"]);
      const [line] = await peerOf(session).lines(1);
      assert.equal(line, `pong ${Buffer.from("are you there").toString("hex")}`);
      assert.equal(heartbeats, 0);
    },

    "several frames in one packet of TCP": async (session) => {
      bytes(session, text("4a"), text("4b"), text("4c"));
      assert.deepEqual(await session.heard(3), ["a", "b", "c"]);
    },

    "a frame in single bytes": async (session) => {
      for (const byte of text("4h€llo")) bytes(session, Buffer.from([byte]));
      assert.deepEqual(await session.heard(1), ["h€llo"]);
    },

    "a close frame with a code is answered with it": async (session) => {
      bytes(session, close(1001));
      assert.deepEqual(await session.ended(), { reason: "transport close" });
      assert.equal(await session.peer.end(), "close 1001");
    },

    "a close frame with a reason": async (session) => {
      bytes(session, close(4000, "bye"));
      assert.deepEqual(await session.ended(), { reason: "transport close" });
    },

    "a message that fails to leave is an error": async (session) => {
      peerOf(session).reset();
      session.socket.send("lost");
      assert.deepEqual(await session.ended(), { reason: "transport error", description: "write error" });
    },

    "a frame without a mask is an error": (session) => fails(session, text("4hello", { mask: null }), 1002),
    "an unknown opcode is an error": (session) => fails(session, frame({ opcode: 3, payload: "4hello" }), 1002),
    "reserved bits are an error": (session) => fails(session, text("4hello", { rsv: 1 }), 1002),
    "a continuation of nothing is an error": (session) => fails(session, continuation("4hello"), 1002),
    "text that is no UTF-8 is an error": (session) => fails(session, text(Buffer.from([0x34, 0xff, 0xfe])), 1007),
    "a close frame with a code that does not exist is an error": (session) => fails(session, close(999), 1002),
  }),
};

function frames(given: Readonly<Record<string, (session: Session) => Promise<void>>>): Behaviours {
  const entries = Object.entries(given).map(([title, run]): [string, Behaviour] => [
    title,
    { cells: overWebSocket, run: async (stage) => run(await stage.connect()) },
  ]);
  return Object.fromEntries(entries);
}

async function fails(session: Session, wrong: Buffer, code: number): Promise<void> {
  bytes(session, wrong, text("4behind it"));
  const { reason, description } = await session.ended();
  assert.equal(reason, "transport error");
  assert.equal(typeof description, "string");
  assert.match(await session.peer.end(), new RegExp(`^close ${code}`));
  assert.deepEqual(session.messages, []);
}

function bytes(session: Session, ...parts: Buffer[]): void {
  peerOf(session).write(...parts);
}

function peerOf({ peer }: Session): WebSocketPeer {
  if (peer instanceof WebSocketPeer) return peer;
  throw new Error("the session has no WebSocket");
}
