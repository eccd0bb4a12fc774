import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { ping, text } from "../../../tests/support/raw-frames.ts";
import {
  BINDINGS,
  echo,
  openEndpoint,
  type OpenedEndpoint,
  type Binding,
} from "../../../tests/support/websocket-bindings.ts";
import { writtenBuffers } from "../../../tests/support/written-buffers.ts";

async function open(t: TestContext, binding: Binding): Promise<OpenedEndpoint & { written: Buffer[][] }> {
  const opened = await openEndpoint(t, binding);
  return { ...opened, written: writtenBuffers(opened.connection) };
}

/** Lets the tick end, and what it left to be done. */
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const binding of BINDINGS) {
  describe(`writes of the ${binding} binding`, () => {
    test("what is sent within a tick leaves in one write, in order, control frames among it", async (t) => {
      const { peer, endpoint, written } = await open(t, binding);
      endpoint.send("a", false, false);
      endpoint.send(Buffer.from([1]), false, false);
      (endpoint.socket as { ping(data: string): void }).ping("p");
      endpoint.sendFrame([Buffer.from([0x81, 1]), Buffer.from("b")], false);
      endpoint.send("é", false, false);
      assert.equal(written.length, 0);
      assert.ok(endpoint.bufferedAmount > 0);
      await tick();
      assert.equal(written.length, 1);
      assert.deepEqual(await peer.received(5), ["text a", "binary 01", "ping 70", "text b", "text é"]);
      assert.equal(endpoint.bufferedAmount, 0);
    });

    test("what is sent in the tick after leaves in the write after", async (t) => {
      const { peer, endpoint, written } = await open(t, binding);
      for (const word of ["a", "b"]) {
        endpoint.send(word, false, false);
        endpoint.send(word, false, false);
        await tick();
      }
      assert.equal(written.length, 2);
      assert.deepEqual(await peer.received(4), ["text a", "text a", "text b", "text b"]);
    });

    test("answers leave at the end of the data handler, before any tick, pongs among them", async (t) => {
      const { peer, endpoint, connection, written } = await open(t, binding);
      echo(endpoint);
      let duringRead = -1;
      let afterRead = -1;
      // Before and after the listeners that read.
      connection.prependListener("data", () => (duringRead = written.length));
      connection.on("data", () => (afterRead = written.length));
      peer.send(ping("p"), text("a"), ping("q"), text("b"));
      assert.deepEqual(await peer.received(4), ["pong 70", "text a", "pong 71", "text b"]);
      assert.deepEqual([duringRead, afterRead, written.length], [0, 1, 1]);
    });

    test("with more than 16 KiB it leaves before the end of the tick", async (t) => {
      const { peer, endpoint, written } = await open(t, binding);
      endpoint.send("first", false, false);
      endpoint.send(Buffer.alloc(40_000, 1), false, false);
      assert.ok(written.length > 0);
      const early = written.length;
      endpoint.send("last", false, false);
      endpoint.send("words", false, false);
      assert.equal(written.length, early);
      const lines = await peer.received(4);
      assert.deepEqual(
        [lines[0], lines[1]?.length, ...lines.slice(2)],
        ["text first", 7 + 80_000, "text last", "text words"],
      );
    });

    test("a frame that was made beforehand is told of when it has been written", async (t) => {
      const { peer, endpoint, log } = await open(t, binding);
      assert.equal(endpoint.takesFrames, true);
      endpoint.sendFrame([Buffer.from([0x81, 1]), Buffer.from("a")], true);
      assert.deepEqual(log.lines, []);
      await log.until("written");
      assert.deepEqual(await peer.received(1), ["text a"]);
    });

    test("the close frame leaves behind all that was sent, at once", async (t) => {
      const { peer, endpoint, written } = await open(t, binding);
      endpoint.send("a", false, false);
      endpoint.close();
      assert.equal(written.length, 1);
      endpoint.send("too late", false, false);
      assert.deepEqual(await peer.received(2), ["text a", "close"]);
    });

    test("a connection that is cut off with something gathered just ends", async (t) => {
      const { endpoint, connection, log } = await open(t, binding);
      endpoint.send("a", false, false);
      endpoint.terminate();
      await once(connection, "close");
      await log.until("closed");
      endpoint.send("b", false, false);
      await tick();
    });
  });
}

test("connections that were sent the same frames in a tick write the same bytes, not a copy each", async (t) => {
  const [first, second, other] = await Promise.all([open(t, "own"), open(t, "own"), open(t, "own")]);
  const frames = ["a", "b"].map((letter) => [Buffer.concat([Buffer.from([0x81, 1]), Buffer.from(letter)])]);
  for (const { endpoint } of [first, second, other]) for (const frame of frames) endpoint.sendFrame(frame, false);
  other.endpoint.send("c", false, false);
  await tick();
  assert.equal(first.written[0]![0], second.written[0]![0]);
  assert.notEqual(first.written[0]![0], other.written[0]![0]);
  assert.deepEqual(await second.peer.received(2), ["text a", "text b"]);
  assert.deepEqual(await other.peer.received(3), ["text a", "text b", "text c"]);
});
