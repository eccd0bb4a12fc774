import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { RawWebTransport } from "../../../tests/support/memory-webtransport.ts";
import { until } from "../../../tests/support/until.ts";
import { POLLING, pollingSession, serve, type Served } from "./support.ts";
import { OPTIONS, arrive } from "./webtransport-support.ts";

describe("webtransport: upgrade from polling", { timeout: 60_000 }, () => {
  const join = async (served: Served, sid: string): Promise<RawWebTransport> => {
    const [peer, done] = await arrive(served);
    await peer.send({ type: "open", data: JSON.stringify({ sid }) });
    await done;
    return peer;
  };

  test("is offered, probed, and carries what was held back", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    const events: string[] = [];
    socket.on("upgrading", (transport) => events.push(`upgrading to ${transport.name}`));
    socket.on("upgrade", (transport) => events.push(`upgrade to ${transport.name}`));
    const held = polling.poll();
    const peer = await join(served, polling.sid);
    await peer.send({ type: "ping", data: "probe" });
    assert.deepEqual(await peer.receive(), { type: "pong", data: "probe" });
    assert.equal((await held).body, "6");
    socket.send("waits for a poll, or for the switch");
    const message = once(socket, "message");
    await peer.send({ type: "upgrade" }, { type: "message", data: "hi" });
    assert.deepEqual(await message, ["hi"]);
    assert.deepEqual(await peer.receive(), { type: "message", data: "waits for a poll, or for the switch" });
    assert.deepEqual(events, ["upgrading to webtransport", "upgrade to webtransport"]);
    assert.equal(socket.transport.name, "webtransport");
    assert.equal(socket.request.url?.startsWith(POLLING), true);
    assert.equal((await polling.poll()).status, 400);
    assert.equal(socket.readyState, "open");
  });

  test("open, probe and upgrade in one chunk: what waits leaves although the probe's answer is still on its way", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    socket.send("queued");
    const [peer] = await arrive(served);
    await peer.send(
      { type: "open", data: JSON.stringify({ sid: polling.sid }) },
      { type: "ping", data: "probe" },
      { type: "upgrade" },
    );
    assert.deepEqual(await peer.receive(), { type: "pong", data: "probe" });
    assert.deepEqual(await peer.receive(), { type: "message", data: "queued" });
  });

  test("is listed in the handshake only where it is enabled", async (t) => {
    const on = await serve(t, OPTIONS);
    const off = await serve(t);
    assert.deepEqual(on.engine.upgrades("polling"), ["websocket", "webtransport"]);
    assert.deepEqual(off.engine.upgrades("polling"), ["websocket"]);
    assert.deepEqual(on.engine.upgrades("webtransport"), []);
  });

  test("is given up after upgradeTimeout, and the session stays where it was", async (t) => {
    const served = await serve(t, { ...OPTIONS, upgradeTimeout: 20 });
    const [polling, socket] = await pollingSession(served);
    const peer = await join(served, polling.sid);
    await peer.closed;
    assert.equal(socket.transport.name, "polling");
    assert.equal(socket.upgrading, false);
    assert.equal(socket.readyState, "open");
  });

  test("a candidate that breaks, or says something else than the probe, harms nothing; the next one may try", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    for (const act of [
      (peer: RawWebTransport) => peer.close(),
      (peer: RawWebTransport) => peer.endStream(),
      (peer: RawWebTransport) => peer.sendHex("0131"),
      (peer: RawWebTransport) => peer.sendHex("00"),
      (peer: RawWebTransport) => peer.sendHex("023461"),
    ]) {
      const peer = await join(served, polling.sid);
      assert.equal(socket.upgrading, true);
      act(peer);
      await peer.closed;
      await until(() => !socket.upgrading);
      assert.equal(socket.readyState, "open");
    }
    const peer = await join(served, polling.sid);
    await peer.send({ type: "ping", data: "probe" });
    assert.equal((await peer.receive())?.type, "pong");
  });

  test("a second candidate is turned away, and so is one after the upgrade", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    const first = await join(served, polling.sid);
    const second = await join(served, polling.sid);
    await second.closed;
    assert.equal(first.isClosed, false);
    const upgrade = once(socket, "upgrade");
    await first.send({ type: "ping", data: "probe" }, { type: "upgrade" });
    await first.receive();
    await upgrade;
    const third = await join(served, polling.sid);
    await third.closed;
    assert.equal(socket.readyState, "open");
  });

  test("sessions of revision 3 can't take it", async (t) => {
    const served = await serve(t, { ...OPTIONS, allowEIO3: true });
    const connection = served.connection();
    void fetch(`http://127.0.0.1:${served.port}/engine.io/?EIO=3&transport=polling`);
    const socket = await connection;
    const peer = await join(served, socket.id);
    await peer.closed;
    assert.equal(socket.readyState, "open");
  });
});
