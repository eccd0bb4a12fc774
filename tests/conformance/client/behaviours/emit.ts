import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Behaviours } from "../behaviour.ts";
import { insides } from "../stage.ts";

/** What a Socket sends, and how answers come back (rows C-55, C-86, C-90 to C-97, C-116, C-118). */
export const emit: Behaviours = {
  "emit() sends an event with all its arguments, send() one named message": async (stage) => {
    const { socket, wire } = await stage.joined();
    socket.emit("a", 1, "two", { three: [null] }, Buffer.from([4]));
    assert.equal(socket.send("x", 2), socket);
    assert.deepEqual(await wire.receive(3), [
      '51-["a",1,"two",{"three":[null]},{"_placeholder":true,"num":0}]',
      Buffer.from([4]),
      '2["message","x",2]',
    ]);
    assert.equal("write" in socket, false);
  },

  "emit() returns true": {
    upstreamDiffers: "row Q-10",
    run: async (stage) => assert.equal((await stage.joined()).socket.emit("a"), true),
  },

  "names of our own events are reserved, and no others": async (stage) => {
    const { socket, wire } = await stage.joined();
    const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
    for (const name of reserved) {
      assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
    }
    const free = ["connection", "error", "ping", "pong", "reconnect", "toString", "__proto__", "constructor", ""];
    for (const name of free) socket.emit(name);
    assert.deepEqual(
      await wire.receive(free.length),
      free.map((name) => `2${JSON.stringify([name])}`),
    );
  },

  "what was said about an event that is refused counts for the next one": async (stage) => {
    const { socket, wire } = await stage.joined();
    assert.throws(() => socket.timeout(50).emit("connect"));
    const errors: unknown[] = [];
    socket.emit("a", (error: unknown) => errors.push(error));
    await wire.next();
    stage.clock.advance(50);
    await stage.quiet();
    assert.match(String(errors), /operation has timed out/);
  },

  "an event that is emitted while the heartbeat is overdue waits, and the connection ends with 'ping timeout'": async (
    stage,
  ) => {
    const { socket, wire } = await stage.joined();
    const gone = stage.event(socket, "disconnect");
    // As after a sleep: the time has come, and no timer has gone off yet.
    const { now } = Date;
    Date.now = () => now() + 100_000;
    try {
      socket.emit("late");
      assert.equal(socket.sendBuffer.length, 1);
      assert.equal((await gone)[0], "ping timeout");
    } finally {
      Date.now = now;
    }
    assert.equal(await wire.next(), "closed 1005");
  },

  "an answer reaches its callback, with all its arguments, in whatever order": async (stage) => {
    const { socket, wire } = await stage.joined();
    const answers: unknown[][] = [];
    for (const name of ["a", "b"]) socket.emit(name, (...args: unknown[]) => answers.push([name, ...args]));
    assert.deepEqual(await wire.receive(2), ['20["a"]', '21["b"]']);
    wire.send("31[1,2]", '61-0[{"_placeholder":true,"num":0}]', Buffer.from([9]), "31[3]");
    await stage.until(() => answers.length === 2);
    await stage.quiet();
    assert.deepEqual(answers, [
      ["b", 1, 2],
      ["a", Buffer.from([9])],
    ]);
  },

  "a plain callback is forgotten when the connection ends": async (stage) => {
    const { socket, wire, server } = await stage.joined();
    socket.emit("a", () => assert.fail("answered"));
    assert.equal(await wire.next(), '20["a"]');
    const gone = stage.event(socket, "disconnect");
    wire.cut();
    await gone;
    socket.connect();
    const next = await server.join();
    await stage.until(() => socket.connected);
    next.send("30[]");
    await stage.quiet();
  },

  "timeout() makes the callback take an error first: null with an answer in time": async (stage) => {
    const { socket, wire } = await stage.joined();
    const answers: unknown[][] = [];
    socket.timeout(100).emit("a", (...args: unknown[]) => answers.push(args));
    await wire.next();
    wire.send("30[1,2]");
    await stage.until(() => answers.length > 0);
    stage.clock.advance(1000);
    assert.deepEqual(answers, [[null, 1, 2]]);
  },

  "without an answer in time the callback gets the error alone, and an answer after that is ignored": async (stage) => {
    const { socket, wire } = await stage.joined();
    let calls = 0;
    const answer = argumentsOf((callback) =>
      socket.timeout(100).emit("a", (...args: unknown[]) => {
        calls++;
        callback(...args);
      }),
    );
    await wire.next();
    stage.clock.advance(99);
    assert.equal(calls, 0);
    stage.clock.advance(1);
    const [error, ...more] = await answer;
    assert.ok(error instanceof Error);
    assert.deepEqual([error.message, more], ["operation has timed out", []]);
    wire.send("30[1]");
    await stage.quiet();
    assert.equal(calls, 1);
  },

  "an event that times out while it waits is not sent any more": async (stage) => {
    const { socket, wire } = await stage.joining();
    const answer = argumentsOf((callback) => socket.timeout(100).emit("a", callback));
    socket.emit("b");
    stage.clock.advance(100);
    assert.equal(((await answer)[0] as Error).message, "operation has timed out");
    assert.equal(socket.sendBuffer.length, 1);
    wire.send('0{"sid":"x"}');
    assert.equal(await wire.next(), '2["b"]');
  },

  "a callback with a timeout is told at once when the connection ends": async (stage) => {
    const { socket, wire } = await stage.joined();
    const answer = argumentsOf((callback) => socket.timeout(100).emit("a", callback));
    await wire.next();
    wire.cut();
    const [error, ...more] = await answer;
    assert.deepEqual([(error as Error).message, more], ["socket has been disconnected", []]);
  },

  "a callback with a timeout whose event still waits is not told of the end of a connection": async (stage) => {
    const { socket, wire } = await stage.joining();
    let told = 0;
    const answer = argumentsOf((callback) =>
      socket.timeout(100).emit("a", (...args: unknown[]) => {
        told++;
        callback(...args);
      }),
    );
    wire.cut();
    await stage.until(() => socket.io.engine.readyState === "closed");
    await stage.quiet();
    assert.equal(told, 0);
    stage.clock.advance(100);
    assert.equal(((await answer)[0] as Error).message, "operation has timed out");
  },

  "ackTimeout is the timeout of all events with a callback; timeout() replaces it": async (stage) => {
    const { socket } = await stage.joined({ ackTimeout: 100 });
    const log: unknown[] = [];
    socket.emit("a", (error: Error) => log.push(["a", error.message]));
    socket.timeout(200).emit("b", (error: Error) => log.push(["b", error.message]));
    stage.clock.advance(100);
    assert.deepEqual(log, [["a", "operation has timed out"]]);
    stage.clock.advance(100);
    assert.deepEqual(log.at(-1), ["b", "operation has timed out"]);
  },

  "with ackTimeout callbacks take an error first, which is null with an answer": async (stage) => {
    const { socket, wire } = await stage.joined({ ackTimeout: 100 });
    const answer = argumentsOf((callback) => socket.emit("a", callback));
    await wire.next();
    wire.send('30["x"]');
    assert.deepEqual(await answer, [null, "x"]);
  },

  "emitWithAck() resolves with the first value of the answer": async (stage) => {
    const { socket, wire } = await stage.joined();
    const plain = socket.emitWithAck("a");
    const timed = socket.timeout(100).emitWithAck("b");
    assert.deepEqual(await wire.receive(2), ['20["a"]', '21["b"]']);
    wire.send("30[1,2]", "31[3,4]");
    assert.deepEqual([await plain, await timed], [1, 3]);
  },

  "emitWithAck() rejects without an answer in time, and when the connection ends, even without a timeout": async (
    stage,
  ) => {
    const { socket, wire } = await stage.joined();
    const late = socket.timeout(100).emitWithAck("a");
    const never = socket.emitWithAck("b");
    const rejections = [
      assert.rejects(late, { message: "operation has timed out" }),
      assert.rejects(never, { message: "socket has been disconnected" }),
    ];
    await wire.receive(2);
    stage.clock.advance(100);
    wire.cut();
    await Promise.all(rejections);
  },

  "compress() is told to the engine, for one event": async (stage) => {
    const { socket } = await stage.joined();
    const flags: unknown[] = [];
    socket.io.engine.on("packetCreate", (packet) => flags.push(insides(packet).options?.compress !== false));
    assert.equal(socket.compress(false), socket);
    socket.emit("a");
    socket.emit("b");
    assert.deepEqual(flags, [false, true]);
  },

  "a volatile event is sent where it can leave, and dropped where there is no connection at all": async (stage) => {
    const { socket, wire, server } = await stage.joined();
    assert.equal(socket.volatile, socket);
    socket.emit("now");
    assert.equal(await wire.next(), '2["now"]');
    const idle = stage.io(server.url, { autoConnect: false });
    idle.volatile.emit("dropped");
    idle.emit("kept");
    assert.deepEqual(
      idle.sendBuffer.map(({ data }) => data),
      [["kept"]],
    );
  },

  "a volatile event is dropped while the socket is not connected, whatever its transport could do": {
    upstreamDiffers: 'the guide, "Volatile events (client)": kept before the answer to CONNECT and after a loss',
    run: async (stage) => {
      const { socket, wire } = await stage.joining();
      socket.volatile.emit("dropped");
      assert.deepEqual(socket.sendBuffer, []);
      const connected = stage.event(socket, "connect");
      wire.send('0{"sid":"x"}');
      await connected;
      const gone = stage.event(socket, "disconnect");
      wire.cut();
      await gone;
      socket.volatile.emit("dropped");
      assert.deepEqual(socket.sendBuffer, []);
    },
  },

  "a volatile event is dropped while a POST is under way": async (stage) => {
    const server = await stage.polling();
    const socket = stage.client("/", { transports: ["polling"] });
    const poll = await server.handshake();
    const join = await server.post();
    join.answer("ok");
    const connected = stage.event(socket, "connect");
    poll.answer('40{"sid":"x"}');
    await connected;
    socket.emit("first");
    const post = await server.post();
    socket.volatile.emit("dropped");
    socket.emit("second");
    post.answer("ok");
    assert.equal((await server.post()).body, '42["second"]');
  },

  "a volatile event that is emitted during an upgrade arrives": async (stage) => {
    const io = await stage.serve();
    const heard = new Promise((resolve) => io.on("connection", (socket) => socket.on("volatile", resolve)));
    const probe = new Promise<() => void>((resolve) => {
      io.engine.use((req: IncomingMessage, _res: ServerResponse, next: () => void) => {
        if (req.headers.upgrade === undefined) next();
        else resolve(next);
      });
    });
    const socket = stage.client("/", { transports: ["polling", "websocket"] });
    await stage.event(socket, "connect");
    const letProbe = await probe;
    // The request that brought CONNECT comes home.
    await stage.quiet();
    socket.io.engine.once("upgrading", () => queueMicrotask(() => socket.volatile.emit("volatile", 1)));
    letProbe();
    assert.equal(await heard, 1);
  },

  "catch-all listeners hear each event, with its arguments, before its own listeners": async (stage) => {
    const { socket, wire } = await stage.joined();
    const log: unknown[] = [];
    const any = (...args: unknown[]): void => void log.push(["any", ...args]);
    assert.equal(socket.onAny(any), socket);
    assert.equal(
      socket.prependAny(() => log.push("first")),
      socket,
    );
    socket.on("a", () => log.push("own"));
    assert.equal(socket.listenersAny().length, 2);
    const heard = stage.event(socket, "b");
    wire.send('2["a",1]', '2["b"]');
    await heard;
    assert.deepEqual(log, ["first", ["any", "a", 1], "own", "first", ["any", "b"]]);
    assert.equal(socket.offAny(any), socket);
    assert.equal(socket.listenersAny().length, 1);
    assert.equal(socket.offAny(), socket);
    assert.deepEqual(socket.listenersAny(), []);
  },

  "outgoing catch-all listeners hear what really leaves, when it leaves": async (stage) => {
    const { socket, wire } = await stage.joining();
    const log: unknown[] = [];
    const any = (...args: unknown[]): void => void log.push(args);
    assert.equal(socket.onAnyOutgoing(any), socket);
    socket.prependAnyOutgoing(() => log.push("first"));
    socket.on("ask", (answer: () => void) => answer());
    socket.emit("waits", 1);
    assert.deepEqual(log, []);
    const connected = stage.event(socket, "connect");
    wire.send('0{"sid":"x"}', '27["ask"]');
    await connected;
    socket.emit("at once", 2, () => {});
    assert.deepEqual((await wire.receive(3)).map(String).sort(), ['20["at once",2]', '2["waits",1]', "37[]"]);
    assert.deepEqual(log, ["first", ["waits", 1], "first", ["at once", 2]]);
    assert.equal(socket.listenersAnyOutgoing().length, 2);
    assert.equal(socket.offAnyOutgoing(any).offAnyOutgoing(), socket);
    assert.deepEqual(socket.listenersAnyOutgoing(), []);
  },

  "the lists of catch-all listeners follow those that are added and taken out": async (stage) => {
    const { socket } = await stage.joined();
    const [one, other] = [(): void => {}, (): void => {}];
    socket.onAny(one).onAnyOutgoing(one);
    const lists = [socket.listenersAny(), socket.listenersAnyOutgoing()];
    assert.equal(socket.prependAny(other), socket);
    assert.equal(socket.prependAnyOutgoing(other), socket);
    assert.deepEqual(lists, [
      [other, one],
      [other, one],
    ]);
    socket.offAny(one).offAnyOutgoing(one);
    assert.deepEqual(lists, [[other], [other]]);
  },

  "outgoing catch-all listeners come before the event leaves: they may change its arguments, and what they emit goes first":
    async (stage) => {
      const { socket, wire } = await stage.joining();
      socket.onAnyOutgoing((name: string, argument?: { note?: string }) => {
        if (argument === undefined) return;
        argument.note = `before ${name}`;
        socket.emit("first");
      });
      const connected = stage.event(socket, "connect");
      socket.emit("waits", {});
      wire.send('0{"sid":"x"}');
      await connected;
      socket.emit("at once", {});
      assert.deepEqual(await wire.receive(4), [
        '2["first"]',
        '2["waits",{"note":"before waits"}]',
        '2["first"]',
        '2["at once",{"note":"before at once"}]',
      ]);
    },

  "an event with a question is answered once, with whatever arguments": async (stage) => {
    const { socket, wire } = await stage.joined();
    socket.on("a", (value: unknown, answer: (...args: unknown[]) => void) => {
      answer(value, Buffer.from([7]), "three");
      answer("again");
    });
    wire.send('27["a",1]', '28["a",2]');
    const first = await wire.receive(4);
    assert.deepEqual(first, [
      ...['61-7[1,{"_placeholder":true,"num":0},"three"]', Buffer.from([7])],
      ...['61-8[2,{"_placeholder":true,"num":0},"three"]', Buffer.from([7])],
    ]);
    socket.emit("fence");
    assert.equal(await wire.next(), '2["fence"]');
  },

  "events are heard in the order of the wire, bytes at any depth": async (stage) => {
    const { socket, wire } = await stage.joined();
    const log: unknown[] = [];
    socket.onAny((...args: unknown[]) => log.push(args));
    const last = stage.event(socket, "c");
    wire.send('2["a"]', '51-["b",{"deep":[{"_placeholder":true,"num":0}]}]', Buffer.from([1, 2]), '2["c",null]');
    await last;
    assert.deepEqual(log, [["a"], ["b", { deep: [Buffer.from([1, 2])] }], ["c", null]]);
  },

  "a function in place of onevent hears all events, as applications from before onAny have it": async (stage) => {
    const { socket, wire } = await stage.joined();
    const log: unknown[] = [];
    const patched = socket as unknown as Patched;
    const { onevent } = patched;
    patched.onevent = function (packet) {
      const { data } = packet;
      onevent.call(this, packet);
      onevent.call(this, { ...packet, id: undefined, data: ["*", ...data] });
    };
    socket.on("*", (...args: unknown[]) => log.push(["*", ...args.filter((arg) => typeof arg !== "function")]));
    socket.on("a", (argument: unknown, answer: (text: string) => void) => {
      log.push(["a", argument]);
      answer("done");
    });
    wire.send('27["a",1]', '2["b"]');
    assert.equal(await wire.next(), '37["done"]');
    await stage.quiet();
    assert.deepEqual(log, [
      ["a", 1],
      ["*", "a", 1],
      ["*", "b"],
    ]);
  },

  "a function in place of onevent may answer by ack(), as socketio-wildcard does": async (stage) => {
    const { socket, wire } = await stage.joined();
    const patched = socket as unknown as Patched;
    patched.onevent = function ({ data, id }) {
      this.ack(id!)(...data);
    };
    wire.send('27["a",1]');
    assert.equal(await wire.next(), '37["a",1]');
  },
};

/** What such applications know of the inside of a Socket. */
interface Patched {
  onevent(this: Patched, packet: { readonly data: unknown[]; readonly id?: number | undefined }): void;
  ack(id: number): (...args: unknown[]) => void;
}

function argumentsOf(act: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => void act((...args) => resolve(args)));
}
