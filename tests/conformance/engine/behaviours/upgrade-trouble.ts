import assert from "node:assert/strict";
import { once } from "node:events";
import { until } from "../../../support/until.ts";
import { endsKindly, overWebSocket } from "../behaviour.ts";
import { message, packet } from "../codec.ts";
import { finish, probed, RELEASE_MS, upgraded, type UpgradeBehaviours } from "../upgrading.ts";

/** Upgrades that fail, come twice, or come when the session ends. */
export const upgradeTrouble: UpgradeBehaviours = {
  "any other packet than a probe closes the candidate, and the session goes on": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      for (const wrong of [packet("ping"), packet("ping", "PROBE"), message("hello"), packet("noop")]) {
        const candidate = stage.candidate(session.socket.id);
        await candidate.send(wrong);
        assert.equal(await candidate.end(), "close");
      }
      assert.equal(await session.echo("still polling"), "still polling");
      assert.deepEqual(session.messages, ["still polling"]);
      assert.equal(session.socket.transport.name, "polling");
    },
  },

  "a candidate that breaks off leaves the session as it was, and another may come": {
    cells: endsKindly,
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const first = await probed(session);
      first.drop();
      await until(() => !session.socket.upgrading);
      stage.clock.advance(RELEASE_MS);
      session.socket.send("still polling");
      assert.deepEqual(await session.polling.receive(1), [message("still polling")]);
      await finish(session, await probed(session));
      assert.equal(session.socket.transport.name, stage.cell.transport);
    },
  },

  "a candidate that stops after its probe is closed after upgradeTimeout": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const upgrading = once(session.socket, "upgrading");
      const candidate = stage.candidate(session.socket.id);
      await candidate.send(packet("ping", "probe"));
      await upgrading;
      stage.clock.advance(9_900);
      assert.equal(session.socket.upgrading, true);
      stage.clock.advance(700);
      assert.equal(session.socket.upgrading, false);
      assert.equal(await candidate.end(), "close");
      assert.equal(await session.echo("still polling"), "still polling");
    },
  },

  "upgradeTimeout may be given": {
    options: { upgradeTimeout: 200 },
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      stage.clock.advance(220);
      assert.equal(await candidate.end(), "close");
      assert.equal(session.socket.upgrading, false);
    },
  },

  "a second candidate at the same time is closed, the first one goes on": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const first = await probed(session);
      const second = stage.candidate(session.socket.id);
      assert.equal(await second.end(), "close");
      await finish(session, first);
    },
  },

  "a candidate for a session that has moved is closed, the session goes on": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      const second = stage.candidate(session.socket.id);
      assert.equal(await second.end(), "close");
      await candidate.send(message("hello"));
      assert.deepEqual(await session.heard(1), ["hello"]);
    },
  },

  "requests of polling are refused afterwards": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      for (const method of ["GET", "POST"]) {
        const { status, body } = await session.polling.ask(method).answer;
        assert.deepEqual([status, body], [400, '{"code":3,"message":"Bad request"}']);
        const context = { name: "TRANSPORT_MISMATCH", transport: "polling", previousTransport: stage.cell.transport };
        assert.deepEqual(stage.reported.splice(0), [{ code: 3, message: "Bad request", context }]);
      }
      await candidate.send(message("hello"));
      assert.deepEqual(await session.heard(1), ["hello"]);
    },
  },

  "a WebSocket of the other revision is refused": {
    cells: overWebSocket,
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const [previousProtocol, protocol] = stage.cell.revision === 3 ? [3, 4] : [4, 3];
      const answer = await stage.refused({ sid: session.socket.id, EIO: String(protocol) });
      assert.deepEqual(answer, stage.refusal(3, "Bad request"));
      const context = { name: "PROTOCOL_MISMATCH", protocol, previousProtocol };
      assert.deepEqual(stage.reported, [{ code: 3, message: "Bad request", context }]);
    },
  },

  "the client closes the new transport afterwards": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      await candidate.leave();
      assert.deepEqual(await session.ended(), { reason: "transport close" });
    },
  },

  "the server closes afterwards": {
    cells: endsKindly,
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await upgraded(session);
      session.socket.send("last");
      session.socket.close();
      assert.deepEqual(await candidate.receive(1), [message("last")]);
      assert.equal(await candidate.end(), "close");
      assert.deepEqual(await session.ended(), { reason: "forced close" });
    },
  },

  "the server closes at once while it is under way": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      session.socket.close(true);
      assert.equal(await candidate.end(), "close");
      assert.deepEqual(session.ending, { reason: "forced close" });
    },
  },

  "the server closes while it is under way: the session ends with the packet upgrade": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      session.socket.close();
      assert.deepEqual([session.ending, session.socket.readyState], [null, "closing"]);
      await candidate.send(packet("upgrade"));
      assert.equal(await candidate.end(), "close");
      assert.deepEqual(await session.ended(), { reason: "forced close" });
    },
  },

  "the server closes while it is under way: the session ends with the next GET": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      session.socket.close();
      assert.equal(await session.peer.end(), "close packet");
      assert.deepEqual(await session.ended(), { reason: "forced close" });
      assert.equal(await candidate.end(), "close");
    },
  },

  "the session ends by the polling client while it is under way": {
    async run(stage, from) {
      const session = await stage.connectBy(from);
      const candidate = await probed(session);
      await session.peer.leave();
      assert.deepEqual(await session.ended(), { reason: "transport close" });
      assert.equal(await candidate.end(), "close");
    },
  },
};
