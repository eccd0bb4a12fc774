import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Socket } from "engine.io";
import type { RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, RawConnection, pollingSession, serve, type Served } from "./support.ts";

/** A polling session, a WebSocket that wants to carry it, and the events of the server's end. */
async function upgrading(served: Served): Promise<[RawPolling, RawWebSocket, Socket, string[]]> {
  const [peer, socket] = await pollingSession(served);
  const events: string[] = [];
  socket.on("upgrading", (transport) => events.push(`upgrading to ${transport.name}`));
  socket.on("upgrade", (transport) => events.push(`upgrade to ${transport.name}`));
  const candidate = await served.websocket(`&sid=${peer.sid}`).opened();
  return [peer, candidate, socket, events];
}

async function probe(candidate: RawWebSocket): Promise<void> {
  candidate.send("2probe");
  assert.deepEqual(await candidate.receive(1), ["3probe"]);
}

async function complete(candidate: RawWebSocket, socket: Socket): Promise<void> {
  const upgrade = once(socket, "upgrade");
  candidate.send("5");
  await upgrade;
}

describe("upgrade", () => {
  test("probe, release of the held GET at once, then the switch", async (t) => {
    const served = await serve(t);
    const [peer, candidate, socket, events] = await upgrading(served);
    const held = peer.poll();
    await peer.post("4x");
    await probe(candidate);
    assert.equal((await held).body, "6");
    assert.equal(socket.upgrading, true);
    assert.equal(socket.transport.name, "polling");
    await complete(candidate, socket);
    socket.send("hello");
    assert.deepEqual(await candidate.receive(1), ["4hello"]);
    assert.deepEqual(events, ["upgrading to websocket", "upgrade to websocket"]);
    assert.equal(socket.transport.name, "websocket");
    assert.deepEqual([socket.upgrading, socket.upgraded], [false, true]);
    for (const late of [await peer.poll(), await peer.post("4late")]) {
      assert.deepEqual([late.status, late.body], [400, '{"code":3,"message":"Bad request"}']);
    }
    assert.equal(socket.readyState, "open");
    candidate.close();
  });

  test("until the switch packets travel by polling in both directions; what is left then goes by WebSocket", async (t) => {
    const served = await serve(t);
    const [peer, candidate, socket] = await upgrading(served);
    await probe(candidate);
    socket.send("one");
    assert.equal((await peer.poll()).body, "4one");
    const message = once(socket, "message");
    assert.equal((await peer.post("4in")).body, "ok");
    assert.deepEqual(await message, ["in"]);
    socket.send("two");
    candidate.send("5");
    assert.deepEqual(await candidate.receive(1), ["4two"]);
    candidate.close();
  });

  test("a switch without a probe is taken", async (t) => {
    const served = await serve(t);
    const [, candidate, socket] = await upgrading(served);
    await complete(candidate, socket);
    candidate.send("4hi");
    assert.deepEqual(await once(socket, "message"), ["hi"]);
    candidate.close();
  });

  test("a repeated probe is answered again", async (t) => {
    const served = await serve(t);
    const [, candidate, , events] = await upgrading(served);
    await probe(candidate);
    await probe(candidate);
    assert.deepEqual(events, ["upgrading to websocket", "upgrading to websocket"]);
    candidate.close();
  });

  for (const [name, message] of [
    ["a message", "4x"],
    ["a ping without probe", "2"],
    ["a probe in capitals", "2PROBE"],
    ["no packet", "abc"],
  ] as const) {
    test(`${name} on the candidate costs the candidate, not the session`, async (t) => {
      const served = await serve(t);
      const [peer, candidate, socket] = await upgrading(served);
      candidate.send(message);
      assert.deepEqual(await candidate.receive(1), ["closed 1005"]);
      socket.send("still here");
      assert.equal((await peer.poll()).body, "4still here");
      assert.equal(socket.upgrading, false);
    });
  }

  test("a candidate that goes away leaves the session on polling, and another may try", async (t) => {
    const served = await serve(t);
    const [peer, candidate, socket] = await upgrading(served);
    await probe(candidate);
    candidate.terminate();
    socket.send("still");
    assert.equal((await peer.poll()).body, "4still");
    while (socket.upgrading) await peer.post("4tick");
    const second = await served.websocket(`&sid=${peer.sid}`).opened();
    await probe(second);
    await complete(second, socket);
    assert.equal(socket.transport.name, "websocket");
    second.close();
  });

  test("a second candidate, and one after the upgrade, are closed without harm", async (t) => {
    const served = await serve(t);
    const [peer, candidate, socket] = await upgrading(served);
    await probe(candidate);
    const second = await served.websocket(`&sid=${peer.sid}`).opened();
    assert.deepEqual(await second.receive(1), ["closed 1005"]);
    await complete(candidate, socket);
    const third = await served.websocket(`&sid=${peer.sid}`).opened();
    assert.deepEqual(await third.receive(1), ["closed 1005"]);
    candidate.send("4fine");
    assert.deepEqual(await once(socket, "message"), ["fine"]);
    candidate.close();
  });

  test("a session that began on a WebSocket has no use for another", async (t) => {
    const served = await serve(t);
    const connection = served.connection();
    const peer = await served.websocket().opened();
    const { id } = await connection;
    const second = await served.websocket(`&sid=${id}`).opened();
    assert.deepEqual(await second.receive(1), ["closed 1005"]);
    assert.equal(served.engine.clientsCount, 1);
    peer.close();
  });

  test("without the switch within upgradeTimeout the candidate is closed and the session goes on", async (t) => {
    const served = await serve(t, { upgradeTimeout: 30 });
    const [peer, candidate, socket] = await upgrading(served);
    await probe(candidate);
    assert.deepEqual(await candidate.receive(1), ["closed 1005"]);
    socket.send("still here");
    assert.equal((await peer.poll()).body, "4still here");
  });

  test("allowUpgrades: false announces none, but one is served", async (t) => {
    const served = await serve(t, { allowUpgrades: false });
    const peer = served.polling();
    const connection = served.connection();
    assert.match(await peer.handshake(), /"upgrades":\[\]/);
    const socket = await connection;
    const candidate = await served.websocket(`&sid=${peer.sid}`).opened();
    await probe(candidate);
    await complete(candidate, socket);
    candidate.close();
  });

  test("transport=polling in the query of the candidate is closed at once", async (t) => {
    const served = await serve(t);
    const [peer] = await pollingSession(served);
    const target = `${PATH}?EIO=4&transport=polling&sid=${peer.sid}`;
    const candidate = new RawConnection(served.port, upgradeRequest(target));
    await candidate.received("\x88\0");
    assert.equal(served.engine.clientsCount, 1);
    candidate.socket.destroy();
  });
});

describe("a session that ends while it is upgrading", () => {
  test("close() with a held GET: it is answered 1, and the candidate is closed", async (t) => {
    const served = await serve(t);
    const [peer, candidate, socket] = await upgrading(served);
    await probe(candidate);
    const held = peer.poll();
    // The first GET after the probe is released; the next one as well, then they are answered slowly.
    assert.equal((await held).body, "6");
    socket.close();
    assert.match((await peer.poll()).body, /1$/);
    assert.deepEqual(await candidate.receive(1), ["closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });

  test("close() without a GET waits for the switch, and closes the WebSocket then", async (t) => {
    const served = await serve(t);
    const [, candidate, socket] = await upgrading(served);
    await probe(candidate);
    socket.send("last words");
    socket.close();
    assert.equal(socket.readyState, "closing");
    candidate.send("5");
    assert.deepEqual(await candidate.receive(2), ["4last words", "closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "forced close", description: undefined }]);
  });

  test("the client's close packet by polling closes the candidate too", async (t) => {
    const served = await serve(t);
    const [peer, candidate] = await upgrading(served);
    await probe(candidate);
    await peer.post("1");
    assert.deepEqual(await candidate.receive(1), ["closed 1005"]);
    assert.deepEqual(served.endings, [{ reason: "transport close", description: undefined }]);
  });
});

test("under load in both directions nothing is lost or reordered by the upgrade", async (t) => {
  const served = await serve(t);
  const [peer, candidate, socket] = await upgrading(served);
  const count = 600;
  const up: string[] = [];
  const down: string[] = [];
  const expected = Array.from({ length: count }, (_, i) => String(i));
  const arrived = new Promise<void>((resolve) => {
    socket.on("message", (data: string) => {
      up.push(data);
      if (up.length === count) resolve();
    });
  });
  let sentDown = 0;
  const sendDown = (): void => {
    for (let i = 0; i < 3 && sentDown < count; i++) socket.send(String(sentDown++));
    if (sentDown < count) setImmediate(sendDown);
  };
  const nextUp = (): string[] => Array.from({ length: 3 }, () => `4${state.sentUp++}`);
  sendDown();

  // As a client does it: polls and posts go on while it probes, and come home before it switches.
  candidate.send("2probe");
  const answered = candidate.receive(1);
  const state = { sentUp: 0, isProbed: false };
  void answered.then(() => (state.isProbed = true));
  const polls = async (): Promise<void> => {
    while (!state.isProbed) {
      const { body } = await peer.poll();
      down.push(...body.split("\u001e").filter((packet) => packet !== "6"));
    }
  };
  const posts = async (): Promise<void> => {
    do await peer.post(...nextUp());
    while (!state.isProbed);
  };
  await Promise.all([polls(), posts()]);
  candidate.send("5");
  while (state.sentUp < count) candidate.send(...nextUp());
  await arrived;
  while (down.length < count) down.push(...((await candidate.receive(1)) as string[]));
  assert.deepEqual(up, expected);
  assert.deepEqual(
    down,
    expected.map((data) => `4${data}`),
  );
  assert.equal(socket.transport.name, "websocket");
  candidate.close();
});
