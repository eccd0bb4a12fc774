import assert from "node:assert/strict";
import { once } from "node:events";
import { message, packet } from "../codec.ts";
import { inRevision3, inRevision4, overPolling, type Behaviours } from "../behaviour.ts";
import type { Session } from "../session.ts";

/** Who is alive (protocols.md 1.9, 2.5). Deadlines may be noticed a twentieth late, and up to a second. */
export const heartbeat: Behaviours = {
  "revision 4: a ping leaves after the interval, and not before": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      const sent = recordSent(session);
      await session.ready();
      stage.clock.advance(24_900);
      assert.deepEqual(sent, []);
      stage.clock.advance(1_300);
      assert.deepEqual(sent, ["ping"]);
      assert.deepEqual(await session.peer.receive(1), [packet("ping")]);
    },
  },

  "revision 4: pings go on as long as they are answered": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      for (let i = 0; i < 5; i++) {
        stage.clock.advance(26_200);
        assert.deepEqual(await session.peer.receive(1), [packet("ping")]);
        const heard = once(session.socket, "heartbeat");
        await session.peer.send(packet("pong"));
        await heard;
      }
      assert.equal(session.ending, null);
    },
  },

  "revision 4: the interval begins with the answer": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      const sent = recordSent(session);
      await session.ready();
      stage.clock.advance(26_200);
      await session.peer.receive(1);
      await session.ready();
      stage.clock.advance(15_000);
      const heard = once(session.socket, "heartbeat");
      await session.peer.send(packet("pong"));
      await heard;
      stage.clock.advance(24_900);
      assert.deepEqual(sent, ["ping"]);
      stage.clock.advance(1_300);
      assert.deepEqual(sent, ["ping", "ping"]);
    },
  },

  "revision 4: without an answer the session ends with ping timeout": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      stage.clock.advance(26_200);
      stage.clock.advance(18_500);
      assert.equal(session.ending, null);
      stage.clock.advance(2_500);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
      assert.equal(session.socket.readyState, "closed");
      assert.equal(stage.engine.clientsCount, 0);
    },
  },

  "revision 4: another packet prolongs the wait for an answer, once": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      stage.clock.advance(26_200);
      stage.clock.advance(18_000);
      await session.peer.send(message("busy"));
      await session.heard(1);
      stage.clock.advance(18_000);
      assert.equal(session.ending, null);
      await session.peer.send(message("still busy"));
      await session.heard(2);
      stage.clock.advance(3_500);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
    },
  },

  "revision 4: messages do not put off the ping": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      const sent = recordSent(session);
      await session.ready();
      stage.clock.advance(20_000);
      await session.peer.send(message("hello"));
      await session.heard(1);
      stage.clock.advance(6_300);
      assert.deepEqual(sent, ["ping"]);
    },
  },

  "revision 4: a pong that nobody asked for is no fault": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      const heard = once(session.socket, "heartbeat");
      await session.peer.send(packet("pong"));
      await heard;
      assert.equal(await session.echo("hello"), "hello");
    },
  },

  "revision 4: a ping of the client is a fault": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(packet("ping"));
      assert.deepEqual(await session.ended(), {
        reason: "transport error",
        description: "invalid heartbeat direction",
      });
      await session.peer.end();
    },
  },

  "revision 3: a ping is answered": {
    cells: inRevision3,
    async run(stage) {
      const session = await stage.connect();
      const heard = once(session.socket, "heartbeat");
      await session.peer.send(packet("ping"));
      await heard;
      assert.deepEqual(await session.peer.receive(1), [packet("pong")]);
    },
  },

  "revision 3: the data of a ping is not repeated": {
    cells: inRevision3,
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(packet("ping", "foo"));
      assert.deepEqual(await session.peer.receive(1), [packet("pong")]);
    },
  },

  "revision 3: the server never pings": {
    cells: inRevision3,
    async run(stage) {
      const session = await stage.connect();
      const sent = recordSent(session);
      await session.ready();
      stage.clock.advance(44_000);
      assert.deepEqual(sent, []);
    },
  },

  "revision 3: a silent client is dropped after interval and timeout": {
    cells: inRevision3,
    async run(stage) {
      const session = await stage.connect();
      stage.clock.advance(44_900);
      assert.equal(session.ending, null);
      stage.clock.advance(1_300);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
    },
  },

  "revision 3: each ping begins a new wait": {
    cells: inRevision3,
    async run(stage) {
      const session = await stage.connect();
      for (let i = 0; i < 3; i++) {
        stage.clock.advance(40_000);
        await session.peer.send(packet("ping"));
        assert.deepEqual(await session.peer.receive(1), [packet("pong")]);
      }
      stage.clock.advance(44_900);
      assert.equal(session.ending, null);
      stage.clock.advance(1_300);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
    },
  },

  "revision 3: a pong of the client is a fault": {
    cells: inRevision3,
    async run(stage) {
      const session = await stage.connect();
      await session.peer.send(packet("pong"));
      assert.deepEqual(await session.ended(), {
        reason: "transport error",
        description: "invalid heartbeat direction",
      });
    },
  },

  "interval and timeout may be given": {
    options: { pingInterval: 300, pingTimeout: 200 },
    async run(stage) {
      const session = await stage.connect();
      stage.clock.advance(320);
      assert.equal(session.ending, null);
      stage.clock.advance(220);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
    },
  },

  "revision 4: a timeout that is changed holds for the next ping of a session": {
    cells: inRevision4,
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      const sent = recordSent(session);
      stage.clock.advance(24_900);
      Object.assign(stage.engine.opts, { pingTimeout: 300 });
      for (let i = 0; i < 130 && sent.length === 0; i++) stage.clock.advance(10);
      assert.deepEqual(sent, ["ping"]);
      stage.clock.advance(290);
      assert.equal(session.ending, null);
      stage.clock.advance(30);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
    },
  },

  "a ping is announced when its time has come, though it waits for a GET": {
    cells: (cell) => overPolling(cell) && inRevision4(cell),
    async run(stage) {
      const session = await stage.connect();
      const sent = recordSent(session);
      stage.clock.advance(26_200);
      assert.deepEqual(sent, ["ping"]);
      assert.deepEqual(await session.peer.receive(1), [{ type: "ping" }]);
      assert.deepEqual(sent, ["ping"]);
    },
  },

  "a client that was dropped is told": {
    options: { pingInterval: 300, pingTimeout: 200 },
    async run(stage) {
      const session = await stage.connect();
      await session.ready();
      stage.clock.advance(320);
      if (stage.cell.revision === 4) await session.peer.receive(1);
      await session.ready();
      stage.clock.advance(240);
      assert.equal(await session.peer.end(), stage.goodbye);
    },
  },
};

/** Types of the packets that leave from now on. */
function recordSent(session: Session): string[] {
  const types: string[] = [];
  session.socket.on("packetCreate", ({ type }: { type: string }) => types.push(type));
  return types;
}
