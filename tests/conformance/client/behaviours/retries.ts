import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";

/** The option `retries` (rows C-54, C-118 to C-123). */
export const retries: Behaviours = {
  "one event is under way at a time, in order, each waiting for its answer, also without a callback": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 2, ackTimeout: 100 });
    socket.emit("a");
    socket.emit("b", 1, () => {});
    assert.equal(await wire.next(), '20["a"]');
    await stage.quiet();
    assert.deepEqual(socket.sendBuffer, []);
    wire.send("30[]");
    assert.equal(await wire.next(), '21["b",1]');
  },

  "what is emitted while not connected waits in the queue, and not in sendBuffer": async (stage) => {
    const { socket, wire } = await stage.joining({ retries: 1, ackTimeout: 100 });
    socket.emit("a");
    socket.emit("b");
    assert.deepEqual(socket.sendBuffer, []);
    // Waiting is no try.
    stage.clock.advance(1000);
    wire.send('0{"sid":"x"}');
    assert.equal(await wire.next(), '20["a"]');
    wire.send("30[]");
    assert.equal(await wire.next(), '21["b"]');
  },

  "an event without an answer in time is sent again by another number, retries + 1 times in all": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 2, ackTimeout: 100 });
    const results: unknown[][] = [];
    socket.emit("a", (...args: unknown[]) => results.push(args));
    socket.emit("b");
    for (const id of [0, 1, 2]) {
      assert.equal(await wire.next(), `2${id}["a"]`);
      assert.deepEqual(results, []);
      stage.clock.advance(100);
    }
    assert.equal(await wire.next(), '23["b"]');
    const [[error, ...more] = []] = results;
    assert.deepEqual([(error as Error).message, more, results.length], ["operation has timed out", [], 1]);
  },

  "the callback takes an error first, which is null with an answer to whichever try": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 2, ackTimeout: 100 });
    const answer = new Promise((resolve) => socket.emit("a", (...args: unknown[]) => resolve(args)));
    assert.equal(await wire.next(), '20["a"]');
    stage.clock.advance(100);
    assert.equal(await wire.next(), '21["a"]');
    wire.send("31[1,2]");
    assert.deepEqual(await answer, [null, 1, 2]);
  },

  "emitWithAck() resolves with the answer, and rejects once all tries have failed": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 1, ackTimeout: 100 });
    const answered = socket.emitWithAck("a");
    await wire.next();
    wire.send('30["x"]');
    assert.equal(await answered, "x");
    const rejected = assert.rejects(socket.emitWithAck("b"), { message: "operation has timed out" });
    for (let tries = 0; tries < 2; tries++) {
      await wire.next();
      stage.clock.advance(100);
    }
    await rejected;
  },

  "after a reconnection the first of the queue is sent again at once, and that is a try": async (stage) => {
    const { socket, wire, server } = await stage.joined({ retries: 1, ackTimeout: 10_000, reconnection: true });
    const failed = new Promise<Error>((resolve) => socket.emit("a", resolve));
    socket.emit("b");
    assert.equal(await wire.next(), '20["a"]');
    wire.cut();
    const next = await stage.whileTimePasses(server.join());
    assert.equal(await next.next(), '21["a"]');
    stage.clock.advance(10_000);
    assert.equal((await failed).message, "operation has timed out");
    assert.equal(await next.next(), '22["b"]');
  },

  "timeout() takes the place of ackTimeout for its event": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 1, ackTimeout: 10_000 });
    socket.timeout(50).emit("a");
    assert.equal(await wire.next(), '20["a"]');
    stage.clock.advance(50);
    assert.equal(await wire.next(), '21["a"]');
    stage.clock.advance(50);
    await stage.quiet();
    socket.emit("b");
    assert.equal(await wire.next(), '22["b"]');
    stage.clock.advance(9999);
    await stage.quiet();
    stage.clock.advance(1);
    assert.equal(await wire.next(), '23["b"]');
  },

  "without any timeout a lost answer is noticed at the end of the connection": async (stage) => {
    const { socket, wire, server } = await stage.joined({ retries: 1, reconnection: true });
    socket.emit("a");
    assert.equal(await wire.next(), '20["a"]');
    stage.clock.advance(40_000);
    await stage.quiet();
    wire.cut();
    const next = await stage.whileTimePasses(server.join());
    assert.equal(await next.next(), '21["a"]');
  },

  "volatile events don't wait in the queue": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 1, ackTimeout: 100 });
    socket.emit("a");
    assert.equal(await wire.next(), '20["a"]');
    socket.volatile.emit("b");
    assert.equal(await wire.next(), '2["b"]');
  },

  "an answer to a try that was given up does not answer the next event": async (stage) => {
    const { socket, wire } = await stage.joined({ retries: 1, ackTimeout: 100 });
    const results: unknown[] = [];
    socket.emit("a", (error: Error | null) => results.push(["a", error?.message]));
    socket.emit("b", (error: Error | null) => results.push(["b", error]));
    for (const id of [0, 1]) {
      assert.equal(await wire.next(), `2${id}["a"]`);
      stage.clock.advance(100);
    }
    assert.equal(await wire.next(), '22["b"]');
    wire.send("30[]", "31[]");
    await stage.quiet();
    assert.deepEqual(results, [["a", "operation has timed out"]]);
    wire.send("32[]");
    await stage.until(() => results.length === 2);
    assert.deepEqual(results[1], ["b", null]);
  },
};
