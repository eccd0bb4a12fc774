import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import fc from "fast-check";
import { RawWebTransport } from "../../../tests/support/memory-webtransport.ts";
import { serve } from "./support.ts";
import { OPTIONS, arrive, webtransportSession } from "./webtransport-support.ts";

describe("webtransport: the end", { timeout: 60_000 }, () => {
  /** How the session ends if the peer does this. */
  const endings: readonly [string, (peer: RawWebTransport) => unknown, string, unknown][] = [
    ["the peer closes the session", (peer) => peer.close(), "transport close", undefined],
    ["the peer ends its stream", (peer) => peer.endStream(), "transport close", undefined],
    ["the peer resets its stream", (peer) => peer.resetStream(new Error("reset")), "transport close", undefined],
    ["the peer sends a close packet", (peer) => peer.sendHex("0131"), "transport close", undefined],
    ["a frame has no length", (peer) => peer.sendHex("00"), "parse error", undefined],
    ["a frame is longer than maxHttpBufferSize", (peer) => peer.sendHex("7e03e9"), "parse error", "frame too large"],
    ["a frame claims 2^64 - 1 bytes", (peer) => peer.sendHex("7fffffffffffffffff"), "parse error", "frame too large"],
    ["a packet has no known type", (peer) => peer.sendHex("0139"), "parse error", undefined],
  ];
  for (const [what, act, reason, description] of endings) {
    test(`${what}: ${reason}`, async (t) => {
      const served = await serve(t, OPTIONS);
      const [peer] = await webtransportSession(served);
      const ending = served.ending();
      act(peer);
      assert.deepEqual(await ending, { reason, description });
      await peer.closed;
      assert.equal(served.engine.clientsCount, 0);
      const counted = description === "frame too large" ? [["maxHttpBufferSize", 1]] : [];
      assert.deepEqual([...served.engine.limitsReached.entries()], counted);
    });
  }

  test("whatever bytes come, however they are cut, the session ends cleanly and takes no other with it", async (t) => {
    const served = await serve(t, OPTIONS);
    const [, witness] = await webtransportSession(served);
    const property = fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 })), async (chunks) => {
      const [peer] = await webtransportSession(served);
      const ending = served.ending();
      for (const chunk of chunks) peer.sendHex(Buffer.from(chunk).toString("hex"));
      peer.endStream();
      assert.match((await ending).reason, /^(transport close|transport error|parse error)$/);
      await peer.closed;
    });
    await fc.assert(property, { numRuns: 200 });
    assert.equal(witness.readyState, "open");
    assert.equal(served.engine.clientsCount, 1);
  });

  test("a message of exactly maxHttpBufferSize arrives", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const message = once(socket, "message");
    await peer.send({ type: "message", data: "x".repeat(999) });
    assert.equal((await message)[0].length, 999);
  });

  test("a connection that fails: transport error, with what is known of it", async (t) => {
    const served = await serve(t, OPTIONS);
    const connection = served.connection();
    const [peer] = await arrive(served);
    await peer.send({ type: "open" });
    await connection;
    const ending = served.ending();
    peer.failSession(new Error("lost"));
    assert.deepEqual(await ending, { reason: "transport error", description: "webtransport error" });
  });

  test("close(): what was sent still arrives, then the stream ends, and then the peer ends the session", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const ending = served.ending();
    socket.send("last words");
    socket.close();
    assert.deepEqual(await peer.receive(), { type: "message", data: "last words" });
    assert.equal(await peer.receive(), null);
    assert.deepEqual(await ending, { reason: "forced close", description: undefined });
    assert.equal(peer.isClosed, false);
    peer.close();
    await peer.closed;
    assert.equal(peer.server.closedByServer, 0);
  });

  test("close(): a peer that ends its half of the stream as well is not waited for", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    socket.send("last words");
    socket.close();
    assert.equal((await peer.receive())?.data, "last words");
    assert.equal(peer.isClosed, false);
    peer.endStream();
    await peer.closed;
    assert.equal(peer.server.closedByServer, 1);
  });

  test("close(): a peer that does nothing at the end of the stream is cut off 5 s later", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    socket.close();
    await peer.send({ type: "message", data: "what still comes is dropped" });
    assert.equal(await peer.receive(), null);
    t.mock.timers.tick(4_999);
    assert.equal(peer.isClosed, false);
    t.mock.timers.tick(1);
    assert.equal(peer.isClosed, true);
  });

  test("close(): a peer that reads nothing is given up after 30 s", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const ending = served.ending();
    peer.stall();
    socket.close();
    assert.equal((await ending).reason, "forced close");
    t.mock.timers.tick(29_999);
    assert.equal(peer.isClosed, false);
    t.mock.timers.tick(1);
    assert.equal(peer.isClosed, true);
  });

  test("close(true) and the server's close: at once", async (t) => {
    const served = await serve(t, OPTIONS);
    const [first, socket] = await webtransportSession(served);
    const [second] = await webtransportSession(served);
    socket.close(true);
    assert.equal(first.isClosed, true);
    assert.equal(second.isClosed, false);
    served.engine.close();
    assert.equal(second.isClosed, true);
    assert.deepEqual(
      served.endings.map(({ reason }) => reason),
      ["forced close", "forced close"],
    );
  });

  test("a session that throws when it is closed twice does no harm", async (t) => {
    const served = await serve(t, OPTIONS);
    const connection = served.connection();
    const peer = await new RawWebTransport().open();
    const { server } = peer;
    const close = (): void => {
      throw new Error("closed already");
    };
    void served.engine.onWebTransportSession({ ...server, closed: peer.closed, close });
    await peer.send({ type: "open" });
    const socket = await connection;
    const ending = served.ending();
    socket.close(true);
    assert.equal((await ending).reason, "forced close");
  });
});

describe("webtransport: a slow reader", { timeout: 60_000 }, () => {
  test("makes the session keep what it can't take, in order, as one write each time", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const { transport } = socket;
    const batches: number[] = [];
    socket.on("flush", (batch: readonly unknown[]) => batches.push(batch.length));
    const count = 20;
    for (let i = 0; i < count; i++) socket.send(`m${i}`);
    assert.equal(transport.writable, false);
    assert.deepEqual(batches, [1]);
    const drained = once(socket, "drain");
    for (let i = 0; i < count; i++) assert.equal((await peer.receive())?.data, `m${i}`);
    await drained;
    assert.deepEqual(batches, [1, count - 1]);
  });
});
