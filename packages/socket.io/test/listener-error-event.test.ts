import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test, { describe } from "node:test";
import type { Server } from "socket.io";
import { serve, ticks } from "./support/fake-engine.ts";
import { capture, connected, fail, reject, watched } from "./support/listener-errors.ts";
import { processErrors } from "./support/process-errors.ts";

describe("listener_error", () => {
  test("a listener that throws stops those after it, as in Node, and nobody else", async () => {
    const { io, engine, reports } = watched();
    const log: string[] = [];
    io.on("connection", (socket) => {
      socket.on("order", (n: number) => {
        log.push(`first ${n}`);
        if (n === 1) throw new Error("one");
      });
      socket.on("order", (n: number) => log.push(`second ${n}`));
    });
    const [a, b] = [engine.connect(), engine.connect()];
    await a.join();
    await b.join();
    a.receive('2["order",1]', '2["order",2]');
    b.receive('2["order",3]');
    await ticks();
    assert.deepEqual(log, ["first 1", "first 2", "second 2", "first 3", "second 3"]);
    assert.deepEqual(
      reports.map(([message]) => message),
      ["one"],
    );
  });

  test("gets what was thrown as it is, whatever it is, and names that are symbols", async () => {
    const { io, socket, peer, reports } = await connected();
    for (const [name, thrown] of [
      ["undefined", undefined],
      ["text", "text"],
      ["null", null],
    ] as const) {
      socket.on(name, () => {
        throw thrown;
      });
      peer.receive(`2["${name}"]`);
    }
    const name = Symbol("hidden");
    io.on(name as never, fail("symbol") as never);
    io.sockets._onServerSideEmit([name as never]);
    await ticks();
    assert.deepEqual(reports.slice(1).concat(reports.slice(0, 1)), [
      [undefined, socket.id, "undefined"],
      ["text", socket.id, "text"],
      [null, socket.id, "null"],
      ["symbol", undefined, name],
    ]);
  });

  test("comes on what io.sockets is now", async () => {
    const { io, socket, peer } = await connected();
    const log: unknown[] = [];
    const other = io.of("/other");
    (io as { sockets: Server["sockets"] }).sockets = other;
    other.on("listener_error" as never, ((error: Error) => log.push(error.message)) as never);
    socket.on("order", fail("oops"));
    peer.receive('2["order"]');
    await ticks();
    assert.deepEqual(log, ["oops"]);
  });

  test("cannot be triggered by a peer, nor by other servers", async () => {
    const { io, socket, peer, reports } = await connected();
    const log: unknown[] = [];
    for (const name of ["connect", "connection", "new_namespace"] as const) {
      io.on(name, (...args: unknown[]) => log.push([name, ...args]));
    }
    peer.receive('2["listener_error",1]');
    await ticks();
    for (const name of ["connect", "connection", "new_namespace", "listener_error"]) {
      io.sockets._onServerSideEmit([name, "from another server"]);
      assert.throws(() => io.serverSideEmit(name as never), { message: `"${name}" is a reserved event name` });
      assert.throws(() => io.of("/x").serverSideEmit(name as never), { message: `"${name}" is a reserved event name` });
    }
    assert.deepEqual(reports, []);
    assert.equal(log.length, 1, "of the namespace that the test has made");
    assert.ok(socket.connected);
  });

  test("a listener of it that fails is printed and not told again", async (t) => {
    for (const make of [fail, reject]) {
      const printed = capture(t);
      const { io, engine } = serve();
      let calls = 0;
      io.on("listener_error", () => {
        calls++;
        return make("in the listener of errors")() as never;
      });
      io.on("connection", fail("oops"));
      await engine.connect().join();
      await ticks();
      assert.equal(calls, 1);
      assert.equal(printed.length, 1);
      assert.match(printed[0]!, /listener of "listener_error".*in the listener of errors/s);
    }
  });

  test("a listener of it that makes another one fail does not go round", async (t) => {
    const printed = capture(t);
    const { io, engine } = serve();
    const told: unknown[] = [];
    io.on("listener_error", (error, socket) => {
      told.push((error as Error).message);
      socket?.emit("sorry");
    });
    io.on("connection", (socket) => {
      socket.onAnyOutgoing(fail("outgoing"));
      throw new Error("connection");
    });
    await engine.connect().join();
    assert.deepEqual(told, ["connection"]);
    assert.match(printed.join(), /"sorry".*outgoing/s);
  });

  test("karma's EventEmitter.prototype.emit.apply(socket, …) throws at its caller, and its promises are watched", async () => {
    const { socket, reports } = await connected();
    socket.on("sync", fail("sync"));
    socket.on("async", reject("async"));
    assert.throws(() => EventEmitter.prototype.emit.apply(socket, ["sync"]), /sync/);
    EventEmitter.prototype.emit.apply(socket, ["async"]);
    await ticks();
    assert.deepEqual(reports, [["async", socket.id, "async"]]);
  });

  test("an error in a loop over many sockets reaches all the others", async () => {
    const { io, engine, reports } = watched();
    io.on("connection", (socket) => socket.on("disconnect", fail("disconnect")));
    for (let i = 0; i < 3; i++) await engine.connect().join();
    await io.close();
    assert.equal(reports.length, 3);
    assert.equal(io.sockets.sockets.size, 0);
    assert.equal(engine.closed, 1);
  });
});

describe("without a listener of listener_error", () => {
  test("errors are printed with event, socket and stack", async (t) => {
    const printed = capture(t);
    const { io, engine } = serve();
    io.on("connection", (socket) => socket.on("order", fail("oops")));
    const peer = engine.connect();
    const id = await peer.join();
    peer.receive('2["order"]');
    await ticks();
    assert.equal(printed.length, 1);
    assert.match(printed[0]!, new RegExp(`"order", socket ${id} of "/".*Error: oops\\n +at `, "s"));
  });

  test("at most ten a second are printed, and then how many there were besides", async (t) => {
    const printed = capture(t);
    const { io, engine, clock } = serve();
    io.on("connection", (socket) => socket.on("order", fail("oops")));
    const peer = engine.connect();
    await peer.join();
    const flood = async (count: number): Promise<number> => {
      const before = printed.length;
      for (let i = 0; i < count; i++) peer.receive('2["order"]');
      await ticks();
      return printed.length - before;
    };
    assert.equal(await flood(35), 10);
    clock.advance(999);
    assert.equal(await flood(1), 0);
    clock.advance(1);
    assert.match(printed.at(-1)!, /26 more errors/);
    assert.equal(await flood(3), 3);
    assert.equal(await flood(20), 7);
    await io.close();
    assert.match(printed.at(-1)!, /13 more errors/);
  });

  test("names that a peer chose are printed on one line, cut short", async (t) => {
    const printed = capture(t);
    const { io, engine } = serve();
    io.on("connection", (socket) => socket.onAny(fail("oops")));
    const peer = engine.connect();
    await peer.join();
    peer.receive(JSON.stringify([`a\nfake line ${"x".repeat(1000)}`]).replace(/^/, "2"));
    await ticks();
    const [first] = printed[0]!.split("\n");
    assert.match(first!, /^socket\.io: .*"a\\nfake line x{50,}….*listener_error/);
    assert.ok(first!.length < 300);
  });

  test("errors that cannot be shown are no trouble", async (t) => {
    const printed = capture(t, (value) => {
      if (typeof value === "object") throw new Error("cannot be shown");
    });
    const { io, engine } = serve();
    io.on("connection", fail("oops"));
    const peer = engine.connect();
    await peer.join();
    assert.match(printed.join(), /"connection"/);
  });
});

describe('onListenerError: "throw"', () => {
  test("what listeners and callbacks throw is an uncaught exception, what they reject with an unhandled rejection", async () => {
    const { io, engine, clock, reports } = watched({ onListenerError: "throw" });
    const errors = await processErrors(async () => {
      io.on("connection", (socket) => {
        socket.on("throw", fail("thrown"));
        socket.on("reject", reject("rejected"));
        socket.on("disconnect", fail("disconnect"));
        socket.emit("ask", fail("ack"));
        socket.timeout(5).emit("ask", reject("late ack"));
      });
      const peer = engine.connect();
      await peer.join();
      peer.receive('2["throw"]', '2["reject"]', "30[]");
      clock.advance(5);
      await ticks();
      peer.end("transport close");
    });
    const messages = (list: unknown[]): string[] => list.map((error) => (error as Error).message).toSorted();
    assert.deepEqual(messages(errors.uncaught), ["ack", "disconnect", "thrown"]);
    assert.deepEqual(messages(errors.rejected), ["late ack", "rejected"]);
    assert.deepEqual(reports, []);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("a middleware that fails refuses all the same", async () => {
    const { io, engine } = watched({ onListenerError: "throw" });
    io.use(fail("thrown"));
    io.of("/b").use(reject("rejected") as never);
    const peer = engine.connect();
    const errors = await processErrors(async () => {
      peer.receive("0", "0/b,");
      await ticks();
    });
    assert.deepEqual(peer.take(), ['4{"message":"thrown"}', '4/b,{"message":"rejected"}']);
    assert.deepEqual([errors.uncaught.length, errors.rejected.length], [1, 1]);
  });
});
