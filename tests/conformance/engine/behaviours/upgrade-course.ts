import assert from "node:assert/strict";
import { once } from "node:events";
import { overWebSocket } from "../behaviour.ts";
import { message, packet } from "../codec.ts";
import type { EngineTransport } from "../engine.ts";
import { frameOf } from "../peers.ts";
import { finish, probed, RELEASE_MS, upgraded, type UpgradeBehaviours } from "../upgrading.ts";

/** Upgrades that succeed, and what goes on meanwhile and afterwards. */
export const upgradeCourse: UpgradeBehaviours = {
  "as clients do it": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      assert.equal(session.socket.transport.name, stage.cell.transport);
      await candidate.send(message("over there"));
      assert.deepEqual(await session.heard(1), ["over there"]);
      session.socket.send("and back");
      session.socket.send(Buffer.from([1, 2]));
      assert.deepEqual(await candidate.receive(2), [message("and back"), message(Buffer.from([1, 2]))]);
    },
  },

  "what is announced": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const { socket } = session;
      const seen: unknown[] = [];
      const to = stage.cell.transport;
      socket.on("upgrading", ({ name }: EngineTransport) => seen.push("upgrading", name, socket.transport.name));
      socket.on("upgrade", ({ name }: EngineTransport) => seen.push("upgrade", name, socket.transport.name));
      const { transport } = socket;
      const candidate = await probed(session);
      assert.deepEqual([socket.upgrading, socket.upgraded], [true, false]);
      await finish(session, candidate);
      assert.deepEqual([socket.upgrading, socket.upgraded, socket.readyState], [false, true, "open"]);
      assert.deepEqual(seen, ["upgrading", to, "polling", "upgrade", to, to]);
      assert.deepEqual([transport.discarded, socket.transport.discarded], [true, false]);
    },
  },

  "a held GET is let go": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      await session.ready();
      const candidate = await probed(session);
      stage.clock.advance(RELEASE_MS);
      assert.deepEqual(await session.peer.receive(1), [packet("noop")]);
      await finish(session, candidate);
    },
  },

  "a held GET is let go as soon as the probe arrives": {
    upstreamDiffers: "9.1, 6; Engine.IO server, whole",
    async run(stage, from) {
      const session = await stage.connectBy(from);
      await session.ready();
      await probed(session);
      // There and back once: a server that lets go at once has done so.
      await session.peer.send(packet("noop"));
      assert.equal(session.socket.transport.writable, false);
      assert.deepEqual(await session.peer.receive(1), [packet("noop")]);
    },
  },

  "without a probe": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = stage.candidate(session.socket.id);
      await finish(session, candidate);
      assert.equal(session.socket.transport.name, stage.cell.transport);
    },
  },

  "with everything in the first bytes": {
    cells: overWebSocket,
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const { codec } = stage;
      const packets = [packet("ping", "probe"), packet("upgrade"), message("hello")];
      const early = Buffer.concat(packets.map((one) => frameOf(codec.frame(one))));
      const candidate = stage.websocket(session.socket.id, early);
      assert.deepEqual(await candidate.receive(1), [packet("pong", "probe")]);
      assert.deepEqual(await session.heard(1), ["hello"]);
      assert.equal(session.socket.transport.name, stage.cell.transport);
    },
  },

  "with a probe that is repeated": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      await candidate.send(packet("ping", "probe"));
      assert.deepEqual(await candidate.receive(1), [packet("pong", "probe")]);
      await finish(session, candidate);
    },
  },

  "messages flow on over polling until it is done": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      await session.peer.send(message("to the server"));
      assert.deepEqual(await session.heard(1), ["to the server"]);
      session.socket.send("to the client");
      assert.deepEqual((await session.peer.receive(1))[0], message("to the client"));
      await finish(session, candidate);
      assert.deepEqual(session.messages, ["to the server"]);
    },
  },

  "what was queued leaves over the new transport, in order": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      const sent = Array.from({ length: 20 }, (_, i) => message(i % 2 === 0 ? `message ${i}` : Buffer.from([i])));
      for (const { data } of sent) session.socket.send(data);
      await finish(session, candidate);
      session.socket.send("last");
      assert.deepEqual(await candidate.receive(21), [...sent, message("last")]);
    },
  },

  "messages right behind the packet upgrade": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      await session.peer.send(message("one"));
      await candidate.send(packet("upgrade"), message("two"), message(Buffer.from([3])));
      assert.deepEqual(await session.heard(3), ["one", "two", Buffer.from([3])]);
    },
  },

  "messages sent in the upgrade listener": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      session.socket.send("before");
      session.socket.on("upgrade", () => session.socket.send("within"));
      const candidate = stage.candidate(session.socket.id);
      await finish(session, candidate);
      session.socket.send("after");
      const received = await candidate.receive(3);
      assert.deepEqual(received, [message("before"), message("within"), message("after")]);
    },
  },

  "callbacks of what was queued are called with the new transport": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const sent = new Promise<unknown>((resolve) => session.socket.send("queued", {}, resolve));
      const candidate = stage.candidate(session.socket.id);
      await finish(session, candidate);
      assert.deepEqual(await candidate.receive(1), [message("queued")]);
      assert.equal(await sent, session.socket.transport);
    },
  },

  "though upgrades are not announced": {
    options: { allowUpgrades: false },
    async run(stage, from) {
      const session = await stage.connectBy(from);
      assert.deepEqual(session.handshake.upgrades, []);
      await upgraded(session);
      assert.equal(session.socket.transport.name, stage.cell.transport);
    },
  },

  "allowRequest is not asked again": {
    options: {
      allowRequest: (req: { asked?: boolean; _query: object }, done: (error: null, success: boolean) => void) =>
        done(null, !("sid" in req._query)),
    },
    run: async (stage, from) => void (await upgraded(await stage.connectBy(from))),
  },

  "the heartbeat goes on": {
    upstreamDiffers: ({ revision }) => (revision === 3 ? "9.2, 1" : undefined),
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      stage.clock.advance(26_500);
      if (stage.cell.revision === 4) assert.deepEqual(await candidate.receive(1), [packet("ping")]);
      stage.clock.advance(21_500);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
      assert.equal(await candidate.end(), "close");
    },
  },

  "the heartbeat goes on though an answer was awaited": {
    upstreamDiffers: ({ revision }) => (revision === 3 ? "9.2, 1" : "9.2, 2"),
    async run(stage, from) {
      const session = await stage.connectBy(from);
      stage.clock.advance(26_500);
      if (stage.cell.revision === 4) assert.deepEqual(await session.peer.receive(1), [packet("ping")]);
      await upgraded(session);
      stage.clock.advance(41_000);
      assert.deepEqual(session.ending, { reason: "ping timeout" });
    },
  },

  "heartbeats are answered over the new transport": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      const heard = once(session.socket, "heartbeat");
      if (stage.cell.revision === 3) {
        await candidate.send(packet("ping"));
        assert.deepEqual(await candidate.receive(1), [packet("pong")]);
      } else {
        stage.clock.advance(26_500);
        assert.deepEqual(await candidate.receive(1), [packet("ping")]);
        await candidate.send(packet("pong"));
      }
      await heard;
      assert.equal(session.ending, null);
    },
  },
};
