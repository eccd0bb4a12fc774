import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test, { describe, type TestContext } from "node:test";
import { Adapter } from "socket.io-adapter";
import type { Server, ServerOptions } from "socket.io";
import { serve, ticks } from "./support/fake-engine.ts";
import { processErrors } from "./support/process-errors.ts";

type Report = [message: unknown, socket: string | undefined, event: string | symbol];

/** A server whose errors of listeners are kept. */
function watched(options: Partial<ServerOptions> = {}) {
  const served = serve(options);
  const reports: Report[] = [];
  served.io.on("listener_error", (error, socket, event) =>
    reports.push([error instanceof Error ? error.message : error, socket?.id, event]),
  );
  return { ...served, reports };
}

async function connected(options: Partial<ServerOptions> = {}) {
  const served = watched(options);
  const peer = served.engine.connect();
  const socket = served.io.sockets.sockets.get(await peer.join())!;
  return { ...served, peer, socket };
}

const fail = (message: string) => () => {
  throw new Error(message);
};
const reject =
  (message: string): (() => unknown) =>
  async () => {
    await Promise.resolve();
    throw new Error(message);
  };
/** The two ways to fail. */
const WAYS = [
  ["throws", fail],
  ["rejects", reject],
] as const;

describe("what fails is given to listener_error, with the socket and the event", () => {
  for (const [how, make] of WAYS) {
    test(`a listener that ${how}, of an event of the client`, async () => {
      const { socket, peer, reports } = await connected();
      socket.on("order", make("oops"));
      socket.once("order once", make("oops once"));
      socket.use((_event, next) => next());
      peer.receive('2["order",1]', '2["order once"]');
      await ticks();
      assert.deepEqual(reports, [
        ["oops", socket.id, "order"],
        ["oops once", socket.id, "order once"],
      ]);
      assert.equal(peer.readyState, "open");
    });

    test(`a listener of connect, connection or new_namespace that ${how}`, async () => {
      const { io, engine, reports } = watched();
      io.on("new_namespace", make("namespace"));
      const admin = io.of("/admin");
      admin.on("connect", make("connect"));
      admin.on("connection", make("connection"));
      const id = await engine.connect().join("/admin");
      assert.deepEqual(sorted(reports), [
        ["connect", id, "connect"],
        ["connection", id, "connection"],
        ["namespace", undefined, "new_namespace"],
      ]);
      assert.ok(admin.sockets.get(id)!.connected);
    });

    test(`a listener of new_namespace that ${how}, when a client makes the namespace`, async () => {
      const { io, engine, reports } = watched();
      io.on("new_namespace", make("namespace"));
      io.of(/^\/dynamic/);
      await engine.connect().join("/dynamic-1");
      assert.deepEqual(reports, [["namespace", undefined, "new_namespace"]]);
    });

    test(`listeners of disconnecting and disconnect that ${how}`, async () => {
      const { io, socket, peer, reports } = await connected();
      socket.on("disconnecting", make("going"));
      socket.on("disconnect", make("gone"));
      peer.end("transport close");
      await ticks();
      assert.deepEqual(sorted(reports), [
        ["going", socket.id, "disconnecting"],
        ["gone", socket.id, "disconnect"],
      ]);
      assert.equal(io.sockets.sockets.size, 0);
      assert.equal(io.sockets.adapter.sids.size, 0);
    });

    test(`a listener of error that ${how}`, async () => {
      const { socket, peer, reports } = await connected();
      socket.on("error", make("about an error"));
      socket.use((_event, next) => next(new Error("dropped")));
      peer.receive('2["order"]');
      await ticks();
      peer.receive("undecodable");
      await ticks();
      assert.deepEqual(reports, [
        ["about an error", socket.id, "error"],
        ["about an error", socket.id, "error"],
      ]);
      assert.equal(peer.readyState, "closed");
    });

    test(`catch-all listeners that ${how}: the event goes on its way`, async () => {
      const { io, socket, peer, reports } = await connected();
      const log: unknown[] = [];
      socket.onAny(make("incoming"));
      socket.onAnyOutgoing(make("outgoing"));
      socket.on("order", () => log.push("order"));
      peer.receive('2["order"]');
      await ticks();
      socket.emit("direct");
      io.emit("broadcast");
      await ticks();
      assert.deepEqual(log, ["order"]);
      assert.deepEqual(peer.take(), ['2["direct"]', '2["broadcast"]']);
      assert.deepEqual(reports, [
        ["incoming", socket.id, "order"],
        ["outgoing", socket.id, "direct"],
        ["outgoing", socket.id, "broadcast"],
      ]);
    });

    test(`callbacks of acknowledgements that ${how}: answered or late, of one or of many`, async () => {
      const { io, socket, peer, clock, reports } = await connected();
      socket.emit("plain", make("plain"));
      socket.timeout(100).emit("timed", make("timed"));
      socket.timeout(100).emit("late", make("late"));
      io.timeout(100).emit("all", make("all"));
      io.timeout(100).emit("all late", make("all late"));
      io.timeout(100).to("nobody").emit("none", make("none"));
      peer.receive("30[]", "31[]", "33[]");
      await ticks();
      clock.advance(100);
      await ticks();
      assert.deepEqual(sorted(reports), [
        ["all late", undefined, "all late"],
        ["all", undefined, "all"],
        ["late", socket.id, "late"],
        ["none", undefined, "none"],
        ["plain", socket.id, "plain"],
        ["timed", socket.id, "timed"],
      ]);
      assert.equal(socket["acks"].size, 0);
    });

    test(`a middleware that ${how} before it has answered also refuses, with message and data`, async () => {
      const { io, engine, reports } = watched();
      let refused = "";
      io.use((socket) => {
        refused = socket.id;
        return make("not today")() as never;
      });
      io.of("/data").use((() => Promise.reject(Object.assign(new Error("no"), { data: { retry: 5 } }))) as never);
      const peer = engine.connect();
      peer.receive("0");
      await ticks();
      peer.receive("0/data,");
      await ticks();
      assert.deepEqual(peer.take(), ['4{"message":"not today"}', '4/data,{"message":"no","data":{"retry":5}}']);
      assert.deepEqual(reports[0], ["not today", refused, "connection"]);
      assert.equal(reports.length, 2);
    });

    test(`a middleware that ${how} after it has answered lets the client in`, async () => {
      const { io, engine, reports } = watched();
      io.use((_socket, next) => {
        next();
        return make("too late")() as never;
      });
      const id = await engine.connect().join();
      assert.deepEqual(reports, [["too late", id, "connection"]]);
    });

    test(`a middleware of a socket that ${how} drops its event, as next(err)`, async () => {
      const { socket, peer, reports } = await connected();
      const log: unknown[] = [];
      socket.use((event, next) => {
        if (event[0] === "late") next();
        return make(`before ${event[0]}`)() as never;
      });
      socket.on("error", (error) => log.push(error.message));
      socket.on("order", () => log.push("order"));
      socket.on("late", () => log.push("late"));
      peer.receive('2["order"]', '2["late"]');
      await ticks();
      assert.deepEqual(sorted(log), ["before order", "late"]);
      assert.deepEqual(reports, [
        ["before order", socket.id, "order"],
        ["before late", socket.id, "late"],
      ]);
    });

    test(`a matcher of dynamic namespaces that ${how} has said no`, async () => {
      const { io, engine, reports } = watched();
      io.of(make("matcher"));
      io.of((_name, _auth, next) => {
        next(null, true);
        return make("late matcher")() as never;
      });
      await engine.connect().join("/x");
      await ticks();
      assert.deepEqual(reports, [
        ["matcher", undefined, "connection"],
        ["late matcher", undefined, "connection"],
      ]);
    });

    test(`a listener of what other servers send that ${how}, and the callback of serverSideEmit`, async () => {
      const answers: ((error: unknown, values: unknown[]) => void)[] = [];
      class Cluster extends Adapter {
        override serverSideEmit(message: unknown[]): void {
          answers.push(message.at(-1) as () => void);
        }
      }
      const { io, reports } = watched({ adapter: Cluster });
      io.on("sync", make("sync"));
      io.sockets._onServerSideEmit(["sync", 1]);
      await ticks();
      io.serverSideEmit("ask", make("answer"));
      answers[0]!(null, []);
      await ticks();
      assert.deepEqual(reports, [
        ["sync", undefined, "sync"],
        ["answer", undefined, "ask"],
      ]);
    });
  }

  test("a listener of rooms that throws while a client comes or goes keeps nothing from going on", async () => {
    const { io, engine, reports } = watched();
    io.sockets.adapter.on("join-room", fail("join"));
    io.sockets.adapter.on("leave-room", fail("leave"));
    const peer = engine.connect();
    const id = await peer.join();
    let left = false;
    io.sockets.sockets.get(id)!.on("disconnect", () => (left = true));
    peer.end("transport close");
    assert.ok(left);
    assert.equal(io.sockets.sockets.size, 0);
    assert.deepEqual(reports, [
      ["join", id, "connection"],
      ["leave", id, "disconnect"],
    ]);
  });
});

describe("an adapter whose promises are rejected ends no process", () => {
  /** Its methods do nothing, and say so. */
  class Failing extends Adapter {
    override broadcast = reject("broadcast");
    override broadcastWithAck = reject("broadcastWithAck");
    override addSockets = reject("addSockets");
    override delSockets = reject("delSockets");
    override disconnectSockets = reject("disconnectSockets");
    override serverSideEmit = reject("serverSideEmit");
  }

  test("of what is for many sockets, the event or the method is named", async () => {
    const { io, reports } = watched({ adapter: Failing });
    io.emit("to all");
    io.to("room")
      .timeout(10_000)
      .emit("asked", () => {});
    io.socketsJoin("room");
    io.in("room").socketsLeave("room");
    io.disconnectSockets();
    io.serverSideEmit("sync");
    const parent = io.of(/^\/dynamic/);
    io.of("/dynamic-1");
    parent.emit("to all children");
    await ticks();
    assert.deepEqual(reports, [
      ["broadcast", undefined, "to all"],
      ["broadcastWithAck", undefined, "asked"],
      ["addSockets", undefined, "socketsJoin"],
      ["delSockets", undefined, "socketsLeave"],
      ["disconnectSockets", undefined, "disconnectSockets"],
      ["serverSideEmit", undefined, "sync"],
      ["broadcast", undefined, "to all children"],
    ]);
    await io.close();
  });

  test("of an event that is kept for a socket that may come back, the socket and the event", async () => {
    const { socket, reports } = await connected({ adapter: Failing, connectionStateRecovery: {} });
    socket.emit("news");
    await ticks();
    assert.deepEqual(reports, [["broadcast", socket.id, "news"]]);
  });

  test('unless onListenerError is "throw"', async () => {
    const { io, reports } = watched({ adapter: Failing, onListenerError: "throw" });
    const { uncaught, rejected } = await processErrors(async () => {
      io.emit("to all");
      await ticks();
    });
    assert.deepEqual([reports, uncaught, rejected.map(String)], [[], [], ["Error: broadcast"]]);
  });
});

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

/** Rejections come later than throws: in an order that does not matter here. */
function sorted<T>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** What is printed to stderr instead of being printed. */
function capture(t: TestContext, inspect?: (value: unknown) => void): string[] {
  const printed: string[] = [];
  t.mock.method(console, "error", (...args: unknown[]) => {
    for (const arg of args) inspect?.(arg);
    printed.push(args.map((arg) => (arg instanceof Error ? arg.stack : String(arg))).join(" "));
  });
  return printed;
}
