import assert from "node:assert/strict";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

const TIMEOUT = { message: "operation has timed out" };

/** What a socket of the server sends, and who answers (rows S-141 to S-144, S-148, S-152, S-154). */
export const socketEmits: Behaviours = {
  "emit sends any arguments and returns true": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    assert.equal(socket.emit("a", 1, "two", null, undefined, { b: [true] }), true);
    assert.equal(socket.emit("bare"), true);
    assert.deepEqual(await peer.receive(2), ['2["a",1,"two",null,null,{"b":[true]}]', '2["bare"]']);
  },

  "emit is for the client: listeners of the socket do not hear it": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    socket.on("a", () => assert.fail("it was meant for the client"));
    socket.emit("a");
    assert.equal(await peer.next(), '2["a"]');
  },

  "a function at the end asks for an answer, by the ids of the namespace": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const other = await stage.join(io);
    insides(io.sockets)._ids = 41;
    const answer = new Promise((resolve) => socket.emit("a", 1, (...args: unknown[]) => resolve(args)));
    other.socket.emit("b", () => {});
    assert.equal(insides(io.sockets)._ids, 43);
    assert.deepEqual([await peer.next(), await other.peer.next()], ['241["a",1]', '242["b"]']);
    peer.send('341["x",{"y":1}]', '341["again"]');
    assert.deepEqual(await answer, ["x", { y: 1 }]);
  },

  "emits after the end are dropped without a word": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const gone = stage.event(socket, "disconnect");
    peer.close();
    await gone;
    const written: unknown[] = [];
    socket.conn.on("packetCreate", (packet) => written.push(packet));
    assert.equal(socket.emit("a"), true);
    assert.equal(
      socket.emit("b", () => assert.fail("nobody can answer")),
      true,
    );
    assert.equal(socket.send("c"), socket);
    assert.deepEqual(written, []);
  },

  "emitWithAck resolves with the first value of the answer": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const answer = socket.emitWithAck("a", 1);
    assert.equal(await peer.next(), '20["a",1]');
    peer.send('30["first","second"]');
    assert.equal(await answer, "first");
  },

  "emitWithAck with a timeout resolves with the answer, or rejects when time is up": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const [answered, late] = [socket.timeout(1000).emitWithAck("a"), socket.timeout(1000).emitWithAck("b")];
    peer.send("30[1]");
    assert.equal(await answered, 1);
    assert.equal(await stage.stateOf(late.catch(() => stage)), "pending");
    const rejected = assert.rejects(late, TIMEOUT);
    stage.clock.advance(1001);
    await rejected;
  },

  "emitWithAck rejects when the client goes away": {
    upstreamDiffers: "Q-9",
    async run(stage) {
      const { socket, peer } = await stage.join(await stage.serve());
      const waiting = socket.emitWithAck("a");
      const gone = stage.event(socket, "disconnect");
      peer.close();
      await gone;
      assert.equal(await stage.stateOf(waiting), "rejected");
    },
  },

  "emitWithAck rejects when the client has gone": {
    upstreamDiffers: "Q-9",
    async run(stage) {
      const { socket } = await stage.join(await stage.serve());
      socket.disconnect();
      assert.equal(await stage.stateOf(socket.emitWithAck("a")), "rejected");
    },
  },

  "what waits for an answer is forgotten with the socket": {
    upstreamDiffers: "Q-9",
    async run(stage) {
      const { socket } = await stage.join(await stage.serve());
      socket.emit("a", () => {});
      socket.emitWithAck("b").catch(() => {});
      socket.disconnect();
      assert.equal(insides(socket).acks.size, 0);
    },
  },

  "timeout gives the callback null and the answer": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    assert.equal(socket.timeout(1000), socket);
    const answer = new Promise((resolve) => socket.emit("a", (...args: unknown[]) => resolve(args)));
    peer.send("30[1,2]");
    assert.deepEqual(await answer, [null, 1, 2]);
    stage.clock.advance(5000);
  },

  "timeout gives the callback an error when time is up, and late answers are ignored": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const calls: Error[][] = [];
    socket.timeout(1000).emit("a", (...args: Error[]) => calls.push(args));
    stage.clock.advance(900);
    assert.equal(calls.length, 0);
    stage.clock.advance(101);
    const [[error, ...rest] = []] = calls;
    assert.ok(error instanceof Error);
    assert.deepEqual([error.message, rest, calls.length], [TIMEOUT.message, [], 1]);
    peer.send("30[1]");
    peer.emit("after");
    await stage.event(socket, "after");
    assert.equal(calls.length, 1);
  },

  "timeout counts for the next emit alone": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    socket.timeout(1000).emit("a");
    const answer = new Promise((resolve) => socket.emit("b", (...args: unknown[]) => resolve(args)));
    peer.send("30[1]");
    assert.deepEqual(await answer, [1]);
  },

  "when the client goes, callbacks are dropped, and those with a timeout wait for its end": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    const calls: unknown[] = [];
    socket.emit("a", () => calls.push("plain"));
    socket.timeout(1000).emit("b", (error: Error) => calls.push(error.message));
    const gone = stage.event(socket, "disconnect");
    peer.close();
    await gone;
    await stage.quiet();
    assert.deepEqual(calls, []);
    stage.clock.advance(900);
    assert.deepEqual(calls, []);
    stage.clock.advance(101);
    assert.deepEqual(calls, [TIMEOUT.message]);
  },

  "a callback with a timeout that is given after the end gets the error in its time": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    socket.disconnect();
    const calls: unknown[] = [];
    socket.timeout(1000).emit("a", (error: Error) => calls.push(error.message));
    await stage.quiet();
    assert.deepEqual(calls, []);
    stage.clock.advance(1001);
    assert.deepEqual(calls, [TIMEOUT.message]);
  },

  "compress and volatile return the socket and hold for one packet": async (stage) => {
    const { socket } = await stage.join(await stage.serve());
    const options: unknown[] = [];
    const { conn } = socket;
    const write = conn.write.bind(conn);
    conn.write = ((data: never, given: { volatile?: boolean; compress?: boolean }) => {
      options.push([given.volatile === true, given.compress !== false]);
      return write(data, given);
    }) as typeof conn.write;
    assert.equal(socket.compress(false), socket);
    socket.emit("a");
    await stage.quiet();
    assert.equal(socket.volatile, socket);
    socket.emit("b");
    await stage.quiet();
    socket.emit("c");
    await stage.quiet();
    socket.volatile.compress(false).emit("d");
    assert.deepEqual(options, [
      [false, false],
      [true, true],
      [false, true],
      [true, false],
    ]);
  },

  "send and write emit a message and return the socket": async (stage) => {
    const { socket, peer } = await stage.join(await stage.serve());
    assert.equal(socket.send(1, "x"), socket);
    assert.equal(socket.write(2), socket);
    assert.deepEqual(await peer.receive(2), ['2["message",1,"x"]', '2["message",2]']);
  },

  "outgoing catch-all listeners hear emits and broadcasts, but no answers": async (stage) => {
    const io = await stage.serve();
    const { socket, peer } = await stage.join(io);
    const heard: unknown[][] = [];
    const listener = (...args: unknown[]): unknown => heard.push(args);
    assert.deepEqual(socket.listenersAnyOutgoing(), []);
    assert.equal(socket.onAnyOutgoing(listener), socket);
    assert.equal(
      socket.prependAnyOutgoing((...args) => heard.push(["first", ...args])),
      socket,
    );
    socket.on("question", (answer: (value: number) => void) => answer(1));
    socket.emit("a", 1, () => {});
    io.emit("b", Buffer.from([2]));
    io.to(socket.id).emit("c");
    socket.broadcast.emit("not to itself");
    peer.send('27["question"]');
    assert.equal((await peer.receive(5)).at(-1), "37[1]");
    assert.deepEqual(heard, [
      ["first", "a", 1],
      ["a", 1],
      ["first", "b", Buffer.from([2])],
      ["b", Buffer.from([2])],
      ["first", "c"],
      ["c"],
    ]);
    const list = socket.listenersAnyOutgoing();
    assert.equal(list.length, 2);
    assert.equal(socket.offAnyOutgoing(listener), socket);
    assert.equal(list.length, 1);
    assert.equal(socket.offAnyOutgoing(), socket);
    assert.deepEqual(socket.listenersAnyOutgoing(), []);
    socket.emit("d");
    assert.equal(heard.length, 6);
  },
};
