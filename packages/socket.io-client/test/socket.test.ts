import assert from "node:assert/strict";
import test from "node:test";
import { accept, connected, logOf, opening, record } from "./fake-engine.ts";

test("joins with CONNECT, and is connected by the answer", () => {
  const { manager, socket, log } = opening();
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [false, true, true, undefined]);
  manager.wire.open();
  assert.deepEqual(manager.wire.written, ["0"]);
  assert.deepEqual(log, []);
  manager.wire.receive('0{"sid":"id"}');
  assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [true, false, true, "id"]);
  assert.deepEqual(log, [["connect"]]);
});

test("auth goes with CONNECT: an object, which may be changed or replaced between connections", () => {
  const { manager, socket } = opening({ auth: { token: "a" } }, "/admin");
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ['0/admin,{"token":"a"}']);
  (socket.auth as { token: string }).token = "b";
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ['0/admin,{"token":"b"}']);
  socket.auth = { other: 1 };
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ['0/admin,{"other":1}']);
});

test("an auth function is called at every connection, and may take its time", () => {
  const calls: ((data: object) => void)[] = [];
  const { manager } = opening({ auth: (cb) => calls.push(cb) });
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), []);
  calls[0]!({ n: 1 });
  assert.deepEqual(manager.wire.take(), ['0{"n":1}']);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  calls[1]!({ n: 2 });
  assert.deepEqual(manager.wire.take(), ['0{"n":2}']);
});

test("an auth function that answers twice, or too late, joins once", () => {
  const calls: ((data: object) => void)[] = [];
  const { manager, socket } = opening({ auth: (cb) => calls.push(cb) });
  manager.wire.open();
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  calls[0]!({ late: true });
  assert.deepEqual(manager.wire.take(), []);
  calls[1]!({ n: 1 });
  calls[1]!({ n: 2 });
  assert.deepEqual(manager.wire.take(), ['0{"n":1}']);
  socket.disconnect();
  calls[1]!({ n: 3 });
  assert.deepEqual(manager.wire.take(), []);
});

test("connect() while connecting does not join twice", () => {
  const { manager, socket } = opening();
  assert.equal(socket.connect(), socket);
  manager.wire.open();
  socket.open().connect();
  assert.deepEqual(manager.wire.written, ["0"]);
  manager.wire.receive('0{"sid":"id"}');
  socket.connect();
  assert.deepEqual(manager.wire.written, ["0"]);
});

test("a Socket made by a listener of another's connection joins once", () => {
  const { manager } = opening({ auth: () => void manager.socket("/late") });
  manager.wire.open();
  assert.deepEqual(manager.wire.written, ["0/late,"]);
});

test("an old server's CONNECT without sid is told as such, and the Socket keeps waiting", () => {
  for (const answer of ["0", "0{}"]) {
    const { manager, socket, log } = opening();
    manager.wire.open();
    manager.wire.receive(answer);
    assert.equal(log.length, 1);
    assert.match(
      String(log[0]![1]),
      /^It seems you are trying to reach a Socket\.IO server in v2\.x with a v3\.x client, but they are not compatible \(.+migrating-from-2-x-to-3-0\/\)$/,
    );
    assert.deepEqual([socket.active, manager.wire.readyState], [true, "open"]);
  }
});

test("a refusal brings connect_error with message and data, and is not retried", () => {
  const refusals: [string, string, unknown][] = [
    ['4{"message":"no","data":{"a":1}}', "no", { a: 1 }],
    ['4{"message":"no"}', "no", undefined],
    ['4"text of an old peer"', "", undefined],
    ["4", "", undefined],
  ];
  for (const [packet, message, data] of refusals) {
    const { manager, socket } = opening();
    const errors: (Error & { data?: unknown })[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    manager.wire.open();
    manager.wire.receive(packet);
    assert.equal(errors.length, 1, packet);
    assert.ok(errors[0] instanceof Error);
    assert.ok(Object.hasOwn(errors[0], "data"));
    assert.deepEqual([errors[0].message, errors[0].data], [message, data]);
    assert.deepEqual([socket.active, manager.wire.readyState], [false, "closed"]);
    manager.clock.advance(100_000);
    assert.equal(manager.engines.length, 1);
  }
});

test("a connect_error before the handshake can be any value that the engine gives", () => {
  const { manager, socket } = opening();
  const errors: unknown[] = [];
  socket.on("connect_error", (error) => errors.push(error));
  manager.wire.fail("No transports available");
  assert.deepEqual(errors, ["No transports available"]);
  assert.equal(socket.active, true);
});

test("errors of the engine while connected are the Manager's business", () => {
  const { manager, log } = connected();
  const errors = logOf(manager, "error");
  manager.wire.fail(new Error("websocket error"));
  assert.deepEqual(errors, [["error", "websocket error"]]);
  assert.deepEqual(log, [["disconnect", "transport error", "websocket error"]]);
});

test("disconnect reasons of the engine are handed on with their description, and id is gone before", () => {
  for (const reason of ["ping timeout", "transport close", "transport error"]) {
    const { manager, socket, log } = connected();
    socket.on("disconnect", () => assert.deepEqual([socket.id, socket.connected], [undefined, false]));
    const description = { description: "why", context: 1 };
    manager.wire.end(reason, description);
    assert.deepEqual(log, [["disconnect", reason, description]]);
    assert.equal(socket.active, true);
  }
});

test("disconnect() leaves, tells, and comes back by connect() alone", () => {
  const { manager, socket, log } = connected();
  assert.equal(socket.disconnect(), socket);
  assert.deepEqual(manager.wire.written, ["1"]);
  assert.deepEqual(log, [["disconnect", "io client disconnect", undefined]]);
  assert.deepEqual([socket.id, socket.active, manager.wire.readyState], [undefined, false, "closed"]);
  socket.close();
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
  assert.equal(log.length, 1);
  socket.connect();
  accept(manager);
  assert.equal(log.at(-1)![0], "connect");
});

test("disconnect() before the connection is made ends the attempt without an event", () => {
  const { manager, socket, log } = opening();
  socket.disconnect();
  manager.wire.open();
  manager.clock.advance(100_000);
  assert.deepEqual([log, manager.engines.length, manager.wire.written], [[], 1, []]);
});

test("the server's DISCONNECT ends the Socket for good, until connect()", () => {
  const { manager, socket, log } = connected();
  manager.wire.receive("1");
  assert.deepEqual(log, [["disconnect", "io server disconnect", undefined]]);
  assert.deepEqual([socket.active, manager.wire.readyState], [false, "closed"]);
  manager.clock.advance(100_000);
  assert.equal(manager.engines.length, 1);
});

test("connect() from the disconnect listener works, whoever disconnected", () => {
  for (const end of ["server", "client"]) {
    const { manager, socket } = connected();
    socket.once("disconnect", () => socket.connect());
    if (end === "server") manager.wire.receive("1");
    else socket.disconnect();
    accept(manager);
    assert.equal(socket.connected, true, end);
  }
});

test("the server's DISCONNECT leaves the Sockets of other namespaces alone", () => {
  const { manager, socket } = connected();
  const other = manager.socket("/other");
  manager.wire.receive('0/other,{"sid":"x"}', "1/other,");
  assert.deepEqual([socket.connected, other.connected, other.active], [true, false, false]);
  assert.equal(manager.wire.readyState, "open");
});

test("a second CONNECT from the server is a new connection", () => {
  const { manager, socket, log } = connected();
  manager.wire.receive('0{"sid":"second"}');
  assert.deepEqual([log, socket.id], [[["connect"]], "second"]);
});

test("events reach their listeners with all arguments, in wire order", () => {
  const { manager, socket } = connected();
  const log = logOf(socket, "a", "b", "5", "error", "connection", "__proto__");
  manager.wire.receive('2["a",1,{"x":[true,null]}]', '2["b"]', '2["a"]', '2[5,"n"]', '2["error"]', '2["__proto__",1]');
  assert.deepEqual(log, [["a", 1, { x: [true, null] }], ["b"], ["a"], ["5", "n"], ["error"], ["__proto__", 1]]);
});

test("binary at any depth crosses in both directions", () => {
  const { manager, socket } = connected();
  const bytes = new Uint8Array([1, 2, 3]);
  const log = logOf(socket, "b");
  manager.wire.receive('51-["b",{"x":[{"_placeholder":true,"num":0}]}]', bytes);
  assert.deepEqual(log, [["b", { x: [bytes] }]]);
  socket.emit("b", { x: [bytes] });
  assert.deepEqual(manager.wire.written, ['51-["b",{"x":[{"_placeholder":true,"num":0}]}]', bytes]);
});

test("an event may be answered once", () => {
  const { manager, socket } = connected();
  socket.on("q", (value: number, answer: (...args: unknown[]) => void) => {
    answer(value + 1, "x");
    answer("again");
  });
  manager.wire.receive('237["q",1]');
  assert.deepEqual(manager.wire.written, ['337[2,"x"]']);
});

test("an answer that comes after its connection ended is not sent into the next", () => {
  const { manager, socket } = connected();
  const answers: (() => void)[] = [];
  socket.on("q", (answer: () => void) => answers.push(answer));
  manager.wire.receive('20["q"]');
  manager.wire.end("transport close");
  answers[0]!();
  manager.wire.receive('21["q"]');
  manager.clock.advance(1000);
  accept(manager);
  answers[0]!();
  assert.deepEqual(manager.wire.written, []);
});

test("after leaving a namespace nothing is sent or heard in its name", () => {
  const { manager, socket } = connected();
  manager.socket("/other");
  const answers: (() => void)[] = [];
  socket.on("q", (answer: () => void) => answers.push(answer));
  manager.wire.receive('20["q"]');
  socket.disconnect();
  manager.wire.take();
  answers[0]!();
  manager.wire.receive('21["q"]', '0{"sid":"late"}', "4");
  assert.deepEqual(manager.wire.written, []);
  assert.deepEqual([answers.length, socket.receiveBuffer, socket.connected], [1, [], false]);
});

test("events before CONNECT wait, frozen, and are delivered just before connect", () => {
  const { manager, socket, log } = opening();
  socket.on("early", () => assert.equal(socket.connected, true));
  record(log, socket, "early");
  manager.wire.open();
  manager.wire.receive('2["early",1]', '2["early",2]');
  assert.deepEqual(
    [log, socket.receiveBuffer],
    [
      [],
      [
        ["early", 1],
        ["early", 2],
      ],
    ],
  );
  assert.ok(Object.isFrozen(socket.receiveBuffer[0]));
  manager.wire.receive('0{"sid":"id"}');
  assert.deepEqual(log, [["early", 1], ["early", 2], ["connect"]]);
  assert.deepEqual(socket.receiveBuffer, []);
});

test("events of a connection that was never made are not delivered in the next", () => {
  const { manager, log, socket } = opening();
  record(log, socket, "early");
  manager.wire.open();
  manager.wire.receive('2["early",1]');
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  accept(manager);
  assert.deepEqual(log, [["disconnect", "transport close", undefined], ["connect"]]);
});

test("a server that sends events without end before CONNECT is cut off", () => {
  const { manager, socket } = opening();
  manager.wire.open();
  for (let i = 0; i < 100_001; i++) manager.wire.receive('2["early"]');
  assert.equal(manager.engines[0]!.readyState, "closed");
  assert.equal(socket.receiveBuffer.length, 0);
});

test("what a listener throws becomes an uncaught exception and harms nobody else", (t) => {
  const thrown: unknown[] = [];
  t.mock.method(globalThis, "queueMicrotask", (rethrow: () => void) => {
    try {
      rethrow();
    } catch (error) {
      thrown.push((error as Error).message);
    }
  });
  const { manager, socket } = connected();
  const other = manager.socket("/other");
  const log = logOf(other, "disconnect");
  const boom = (where: string) => () => {
    throw new Error(where);
  };
  socket.on("a", boom("listener"));
  socket.onAny(boom("any"));
  socket.onAnyOutgoing(boom("outgoing"));
  socket.on("disconnect", boom("disconnect"));
  manager.on("close", boom("close"));
  manager.wire.take();
  socket.emit("q", boom("ack"));
  manager.wire.receive('2["a"]', "30[]", '0/other,{"sid":"x"}');
  assert.equal(other.connected, true);
  assert.deepEqual(manager.wire.take(), ['20["q"]']);
  manager.wire.end("transport close");
  assert.deepEqual(log, [["disconnect", "transport close", undefined]]);
  assert.deepEqual(thrown, ["outgoing", "any", "listener", "ack", "disconnect", "close"]);
  manager.clock.advance(1000);
  assert.equal(manager.engines.length, 2);
});

test("catch-all listeners hear everything before the listeners of the event", () => {
  const { manager, socket } = connected();
  const log: unknown[][] = [];
  socket.on("a", (...args: unknown[]) => log.push(["on", ...args]));
  const last = (...args: unknown[]) => log.push(["last", ...args]);
  const first = (...args: unknown[]) => log.push(["first", ...args]);
  assert.equal(socket.onAny(last).prependAny(first), socket);
  manager.wire.receive('2["a",1]', '2["b"]');
  assert.deepEqual(log.splice(0), [
    ["first", "a", 1],
    ["last", "a", 1],
    ["on", 1],
    ["first", "b"],
    ["last", "b"],
  ]);
  assert.deepEqual(socket.listenersAny(), [first, last]);
  socket.offAny(first);
  socket.offAny(() => {});
  assert.deepEqual(socket.listenersAny(), [last]);
  assert.equal(socket.offAny(), socket);
  assert.deepEqual(socket.listenersAny(), []);
});

test("an event does not leave once an outgoing catch-all listener has disconnected its socket", () => {
  const { manager, socket } = connected();
  manager.socket("/other");
  manager.wire.receive('0/other,{"sid":"x"}');
  manager.wire.take();
  socket.onAnyOutgoing(() => socket.disconnect());
  socket.emit("a");
  assert.deepEqual(manager.wire.take(), ["1"]);
});

test("outgoing catch-all listeners hear of events when they are sent, not of answers and dropped ones", () => {
  const { manager, socket } = opening();
  const log: unknown[][] = [];
  const last = (...args: unknown[]) => log.push(["last", ...args]);
  const first = (...args: unknown[]) => log.push(["first", ...args]);
  assert.equal(socket.onAnyOutgoing(last).prependAnyOutgoing(first), socket);
  assert.deepEqual(socket.listenersAnyOutgoing(), [first, last]);
  socket.offAnyOutgoing(last);
  socket.emit("buffered", 1);
  assert.deepEqual(log, []);
  accept(manager);
  socket.emit("now", 2);
  manager.wire.transport.writable = false;
  socket.volatile.emit("dropped");
  socket.on("q", (answer: () => void) => answer());
  manager.wire.receive('21["q"]');
  assert.deepEqual(log, [
    ["first", "buffered", 1],
    ["first", "now", 2],
  ]);
  socket.offAnyOutgoing();
  assert.deepEqual(socket.listenersAnyOutgoing(), []);
});

test("a pid is kept and sent with the last offset, under the auth payload", () => {
  const { manager, socket } = opening({ auth: { token: "t" } });
  const last = () => {
    manager.wire.end("transport close");
    manager.clock.advance(1000);
    manager.wire.open();
    return manager.wire.take();
  };
  manager.wire.open();
  manager.wire.receive('0{"sid":"a","pid":"p1"}', '2["x",1,"off1"]', '2["x",5]', '27["x","no offset"]');
  assert.equal(socket.recovered, false);
  assert.deepEqual(last(), ['0{"pid":"p1","offset":"off1","token":"t"}']);
  manager.wire.receive('2["x","off2"]', '0{"sid":"a","pid":"p1"}');
  assert.deepEqual([socket.recovered, socket.id], [true, "a"]);
  assert.deepEqual(last(), ['0{"pid":"p1","offset":"off2","token":"t"}']);
  manager.wire.receive('0{"sid":"b","pid":"p2"}');
  assert.equal(socket.recovered, false);
  assert.deepEqual(last(), ['0{"pid":"p2","token":"t"}']);
  socket.auth = { pid: "mine" };
  assert.deepEqual(last(), ['0{"pid":"mine"}']);
});

test("what was missed is delivered once, whether it comes before or after CONNECT's answer, or twice because that was lost", () => {
  const { manager, socket } = opening();
  const heard: unknown[] = [];
  socket.on("n", (n) => heard.push(n));
  const comeBack = () => {
    manager.wire.end("transport close");
    manager.clock.advance(1000);
    manager.wire.open();
    return manager.wire.take();
  };
  manager.wire.open();
  manager.wire.receive('0{"sid":"a","pid":"p"}', '2["n",1,"off1"]');
  comeBack();
  manager.wire.receive('2["n",2,"off2"]', '0{"sid":"a","pid":"p"}', '2["n",3,"off3"]');
  assert.deepEqual([socket.recovered, heard], [true, [1, 2, 3]]);
  comeBack();
  manager.wire.receive('2["n",4,"off4"]');
  // The answer is lost: the events before it were not delivered, and the offset says so.
  assert.deepEqual(comeBack(), ['0{"pid":"p","offset":"off3"}']);
  manager.wire.receive('2["n",4,"off4"]', '0{"sid":"a","pid":"p"}');
  assert.deepEqual(heard, [1, 2, 3, 4]);
});

test("without a pid no offset is kept, and the connection is never recovered", () => {
  const { manager, socket } = connected();
  manager.wire.receive('2["x","off"]');
  assert.equal((socket as unknown as { _lastOffset: unknown })._lastOffset, undefined);
  manager.wire.end("transport close");
  manager.clock.advance(1000);
  manager.wire.open();
  assert.deepEqual(manager.wire.take(), ["0"]);
  manager.wire.receive('0{"sid":"b"}');
  assert.equal(socket.recovered, false);
});

test("the methods of the emitter are those that downstream packages look for, and no others", () => {
  const { socket } = opening({ autoConnect: false });
  const has = (name: string) => typeof (socket as unknown as Record<string, unknown>)[name] === "function";
  for (const name of [
    ...["on", "once", "off", "emit", "emitReserved", "listeners", "hasListeners"],
    ...["addEventListener", "removeListener", "removeAllListeners", "removeEventListener"],
  ]) {
    assert.ok(has(name), name);
  }
  for (const name of ["addListener", "prependListener", "setMaxListeners", "eventNames", "write"]) {
    assert.ok(!has(name), name);
  }
});

test("a Socket works behind a Proxy, as reactive frameworks make them", () => {
  const { manager, socket } = opening();
  const proxy = new Proxy(socket, {});
  const log = logOf(proxy, "connect", "a");
  proxy.timeout(100).emit("q", () => {});
  accept(manager);
  manager.wire.receive('2["a"]');
  proxy.disconnect();
  assert.deepEqual(log, [["connect"], ["a"]]);
});
